#include "time/zones.h"

#include "base/memory.h"
#include "base/text.h"
#include "time/tzif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ZONE_OFFSET_HOURS_MAX = 15, /* PostgreSQL's MAX_TZDISP_HOUR: below 16 hours */
    ZONE_NAME_MAX = 64,
    ZONE_PATH_SIZE = 4096,
    ZONE_FILE_MAX = 32 * 1024, /* the largest of the database has 4 KiB */
};

#define ZONE_DIGITS  "0123456789"
#define ZONE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A named zone that has been read. */
struct zones_named {
    struct zones_named *next;
    char name[ZONE_NAME_MAX + 1];
    struct tzif changes;
};

static bool zone_fail(struct error *err, const char *text, const char *wrong)
{
    char quoted[TEXT_QUOTE_SIZE];

    text_quote_string(text, quoted);
    error_set(err, ERROR_INVALID, "time zone \"%s\" %s", quoted, wrong);
    return error_hint(err, "write a name of the IANA database, such as \"Europe/Oslo\", or an "
                           "offset, such as \"+02:00\"");
}

/* ---- Fixed offsets ---- */

/* Reads +hh, +hhmm or +hh:mm. */
static bool zone_parse_offset(const char *text, struct zone *zone, struct error *err)
{
    size_t digits = strspn(text + 1, ZONE_DIGITS);
    const char *rest = text + 1 + digits;
    int hours = (int)strtol(text + 1, NULL, 10);
    int minutes = 0;

    if (digits == 4) {
        minutes = hours % 100;
        hours /= 100;
    } else if (digits == 2 && rest[0] == ':' && strspn(rest + 1, ZONE_DIGITS) == 2) {
        minutes = (int)strtol(rest + 1, NULL, 10);
        rest += strlen(":mm");
    }
    if ((digits != 2 && digits != 4) || *rest != '\0')
        return zone_fail(err, text, "is not an offset");
    if (minutes > 59)
        return zone_fail(err, text, "has more than 59 minutes");
    if (hours > ZONE_OFFSET_HOURS_MAX)
        return zone_fail(err, text, "is outside -15:59 to +15:59");
    zone->offset_minutes = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* ---- Names ---- */

/* Names in the database's directory that stand for whatever a host's administrator chose. */
static bool zone_depends_on_host(const char *name)
{
    return strcmp(name, "localtime") == 0 || strcmp(name, "posixrules") == 0 ||
           strcmp(name, "Factory") == 0;
}

static const char *zones_directory(void)
{
    const char *directory = getenv("TZDIR");

    return directory != NULL && directory[0] == '/' ? directory : "/usr/share/zoneinfo";
}

/* Writes the name as the database capitalizes most of them: "Europe/Oslo" for "europe/oslo". */
static void zone_capitalize(const char *name, char capitalized[ZONE_NAME_MAX + 1])
{
    bool is_first = true;

    for (const char *c = name; *c != '\0'; c++, capitalized++) {
        bool is_letter = strchr(ZONE_LETTERS, *c) != NULL;

        *capitalized = (char)(!is_letter ? *c : is_first ? *c & ~0x20 : *c | 0x20);
        is_first = !is_letter;
    }
    *capitalized = '\0';
}

static bool zone_fail_to_open(struct error *err, const char *name, const char *path, int cause)
{
    error_set(err, ERROR_INTERNAL, "time zone \"%s\" cannot be opened: %s", name, strerror(cause));
    return error_hint(err, "the name may be right: make %s readable for this program", path);
}

/* Reads a zone from its file; false without an error when there is none of that name. */
static bool zones_read_known(const char *name, struct tzif *tzif, struct error *err)
{
    char path[ZONE_PATH_SIZE];
    char bytes[ZONE_FILE_MAX];
    struct error wrong = {0};
    struct stat status;
    size_t length = 0;
    ssize_t got = 0;
    bool is_file;
    int cause;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s", zones_directory(), name) >= (int)sizeof path)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* whatever lies there */
    if (fd < 0)
        return errno != ENOENT && errno != ENOTDIR && zone_fail_to_open(err, name, path, errno);
    is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    while (is_file && (got = read(fd, bytes + length, sizeof bytes - length)) > 0)
        length += (size_t)got;
    cause = errno;
    close(fd);
    if (got < 0)
        return zone_fail_to_open(err, name, path, cause);
    if (!is_file || length == sizeof bytes)
        return false;
    return tzif_parse(bytes, length, tzif, &wrong) || zone_fail(err, name, wrong.message);
}

/*
 * Names that the IANA database keeps for the sake of old texts, and what has taken their place.
 * Debian and Ubuntu have them in a package of their own, tzdata-legacy.
 */
static const struct {
    const char *name;
    const char *current;
} zones_legacy[] = {
    {"Asia/Calcutta", "Asia/Kolkata"},
    {"Asia/Katmandu", "Asia/Kathmandu"},
    {"Asia/Rangoon", "Asia/Yangon"},
    {"Asia/Saigon", "Asia/Ho_Chi_Minh"},
    {"America/Buenos_Aires", "America/Argentina/Buenos_Aires"},
    {"America/Godthab", "America/Nuuk"},
    {"America/Indianapolis", "America/Indiana/Indianapolis"},
    {"Atlantic/Faeroe", "Atlantic/Faroe"},
    {"Australia/ACT", "Australia/Sydney"},
    {"Australia/NSW", "Australia/Sydney"},
    {"Australia/North", "Australia/Darwin"},
    {"Australia/Queensland", "Australia/Brisbane"},
    {"Australia/South", "Australia/Adelaide"},
    {"Australia/Tasmania", "Australia/Hobart"},
    {"Australia/Victoria", "Australia/Melbourne"},
    {"Australia/West", "Australia/Perth"},
    {"Brazil/East", "America/Sao_Paulo"},
    {"Canada/Atlantic", "America/Halifax"},
    {"Canada/Central", "America/Winnipeg"},
    {"Canada/Eastern", "America/Toronto"},
    {"Canada/Mountain", "America/Edmonton"},
    {"Canada/Newfoundland", "America/St_Johns"},
    {"Canada/Pacific", "America/Vancouver"},
    {"Europe/Kiev", "Europe/Kyiv"},
    {"GB", "Europe/London"},
    {"NZ", "Pacific/Auckland"},
    {"US/Alaska", "America/Anchorage"},
    {"US/Arizona", "America/Phoenix"},
    {"US/Central", "America/Chicago"},
    {"US/Eastern", "America/New_York"},
    {"US/Hawaii", "Pacific/Honolulu"},
    {"US/Mountain", "America/Denver"},
    {"US/Pacific", "America/Los_Angeles"},
};

static bool zones_hint_of_legacy(const char *name, struct error *err)
{
    size_t i = 0;

    while (i < sizeof zones_legacy / sizeof *zones_legacy &&
           strcmp(zones_legacy[i].name, name) != 0)
        i++;
    if (i < sizeof zones_legacy / sizeof *zones_legacy)
        error_hint(err, "install the package tzdata-legacy, or write \"%s\"",
                   zones_legacy[i].current);
    return false;
}

/* Reads a zone from its file; says, when there is none, why that may be. */
static bool zones_read(const char *name, struct tzif *tzif, struct error *err)
{
    char capitalized[ZONE_NAME_MAX + 1];
    struct error ignored;

    err->kind = ERROR_NONE;
    if (zones_read_known(name, tzif, err))
        return true;
    if (err->kind != ERROR_NONE)
        return false;
    if (access(zones_directory(), R_OK | X_OK) != 0) {
        error_set(err, ERROR_INTERNAL,
                  "time zone \"%s\" cannot be looked up: this system has no time zone data", name);
        return error_hint(err, "install the package tzdata, or set TZDIR to where the data are");
    }
    zone_fail(err, name, "is not known");
    zone_capitalize(name, capitalized);
    if (strcmp(name, capitalized) == 0 || zone_depends_on_host(capitalized) ||
        !zones_read_known(capitalized, tzif, &ignored))
        return zones_hint_of_legacy(name, err);
    tzif_free(tzif);
    return error_hint(err, "write \"%s\"", capitalized);
}

/* ---- All of them ---- */

static bool zones_find_named(struct zones *zones, const char *name, struct zone *zone,
                             struct error *err)
{
    struct zones_named *named = zones->first;

    while (named != NULL && strcmp(named->name, name) != 0)
        named = named->next;
    if (named == NULL) {
        struct tzif changes;

        if (!zones_read(name, &changes, err))
            return false;
        named = memory_allocate(1, sizeof *named);
        snprintf(named->name, sizeof named->name, "%s", name);
        named->changes = changes;
        named->next = zones->first;
        zones->first = named;
    }
    zone->changes = &named->changes;
    return true;
}

bool zones_find(struct zones *zones, const char *text, struct zone *zone, struct error *err)
{
    size_t length = text != NULL ? strlen(text) : 0;

    *zone = (struct zone){0};
    if (text == NULL || strcasecmp(text, "UTC") == 0 || strcasecmp(text, "Z") == 0)
        return true;
    if (text[0] == '+' || text[0] == '-')
        return zone_parse_offset(text, zone, err);
    /* What is spelled like a name of the IANA database, such as Etc/GMT+5, is never a path. */
    if (length > ZONE_NAME_MAX || strspn(text, ZONE_LETTERS) == 0 ||
        strspn(text, ZONE_LETTERS ZONE_DIGITS "/_+-") != length || strstr(text, "//") != NULL)
        return zone_fail(err, text, "is not a time zone");
    if (zone_depends_on_host(text))
        return zone_fail(err, text, "means another zone on each host");
    return zones_find_named(zones, text, zone, err);
}

void zones_free(struct zones *zones)
{
    while (zones->first != NULL) {
        struct zones_named *named = zones->first;

        zones->first = named->next;
        tzif_free(&named->changes);
        free(named);
    }
}
