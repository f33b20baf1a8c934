#include "time/zones.h"

#include "base/memory.h"
#include "base/quote.h"
#include "time/tzif.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
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

#define ZONE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A named zone in the tree. */
struct zones_named {
    char name[ZONE_NAME_MAX + 1];
    struct tzif changes;
};

static bool zone_fail(struct error *err, const char *text, const char *wrong)
{
    char quoted[QUOTE_SIZE];

    quote_string(text, quoted);
    error_set(err, ERROR_INVALID, "time zone \"%s\" %s", quoted, wrong);
    return error_hint(err, "write a name of the IANA database, such as \"Europe/Oslo\", or an "
                           "offset, such as \"+02:00\"");
}

/* ---- Fixed offsets ---- */

/* The number that two digits make, or -1. */
static int zone_two_digits(const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return -1;
    return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool zone_parse_offset(const char *text, struct zone *zone, struct error *err)
{
    const char *at = text + 1;
    int hours = zone_two_digits(at);
    int minutes = 0;

    if (hours < 0)
        return zone_fail(err, text, "is not an offset");
    at += 2;
    if (*at != '\0') {
        at += *at == ':' ? 1 : 0;
        minutes = zone_two_digits(at);
        if (minutes < 0 || at[2] != '\0')
            return zone_fail(err, text, "is not an offset");
    }
    if (minutes > 59)
        return zone_fail(err, text, "has more than 59 minutes");
    if (hours > ZONE_OFFSET_HOURS_MAX)
        return zone_fail(err, text, "is outside -15:59 to +15:59");
    zone->offset_minutes = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* ---- Names ---- */

/* Whether text is spelled like a name of the IANA database, such as Etc/GMT+5: never a path. */
static bool zone_looks_like_name(const char *text)
{
    size_t length = strlen(text);

    return length <= ZONE_NAME_MAX && strspn(text, ZONE_LETTERS) > 0 &&
           strspn(text, ZONE_LETTERS "0123456789/_+-") == length && strstr(text, "//") == NULL;
}

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
    size_t i;

    for (i = 0; i < ZONE_NAME_MAX && name[i] != '\0'; i++) {
        bool is_letter = (name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z';

        capitalized[i] = name[i];
        if (is_letter)
            capitalized[i] = (char)(is_first ? name[i] & ~0x20 : name[i] | 0x20);
        is_first = !is_letter;
    }
    capitalized[i] = '\0';
}

/* Reads a zone's file whole into bytes; the length, or -1 when there is none of that name. */
static ssize_t zones_read_file(const char *name, char bytes[ZONE_FILE_MAX])
{
    char path[ZONE_PATH_SIZE];
    int path_length = snprintf(path, sizeof path, "%s/%s", zones_directory(), name);
    struct stat status;
    size_t length = 0;
    ssize_t got = -1;
    int fd;

    if (path_length < 0 || (size_t)path_length >= sizeof path)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* whatever lies there */
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        while ((got = read(fd, bytes + length, ZONE_FILE_MAX - length)) > 0)
            length += (size_t)got;
    }
    close(fd);
    return got < 0 || length == ZONE_FILE_MAX ? -1 : (ssize_t)length;
}

/* Reads a zone from its file; false without an error when there is none of that name. */
static bool zones_read_known(const char *name, struct tzif *tzif, struct error *err)
{
    char bytes[ZONE_FILE_MAX];
    struct error wrong = {0};
    ssize_t length = zones_read_file(name, bytes);

    if (length < 0)
        return false;
    return tzif_parse(bytes, (size_t)length, tzif, &wrong) || zone_fail(err, name, wrong.message);
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
        zone_fail(err, name, "cannot be looked up: this system has no time zone data");
        return error_hint(err, "install the package tzdata, or set TZDIR to where the data are");
    }
    zone_fail(err, name, "is not known");
    zone_capitalize(name, capitalized);
    if (strcmp(name, capitalized) == 0 || zone_depends_on_host(capitalized) ||
        !zones_read_known(capitalized, tzif, &ignored))
        return false;
    tzif_free(tzif);
    return error_hint(err, "write \"%s\"", capitalized);
}

/* ---- The tree ---- */

static int zones_compare(const void *a, const void *b)
{
    return strcmp(((const struct zones_named *)a)->name, ((const struct zones_named *)b)->name);
}

static void zones_free_one(void *node)
{
    struct zones_named *named = node;

    tzif_free(&named->changes);
    free(named);
}

static bool zones_find_named(struct zones *zones, const char *name, struct zone *zone,
                             struct error *err)
{
    struct zones_named wanted;
    struct zones_named *named;
    void *found;

    snprintf(wanted.name, sizeof wanted.name, "%s", name);
    found = tfind(&wanted, &zones->by_name, zones_compare);
    if (found == NULL) {
        if (!zones_read(name, &wanted.changes, err))
            return false;
        named = memory_allocate(1, sizeof *named);
        *named = wanted;
        found = memory_or_exit(tsearch(named, &zones->by_name, zones_compare));
    }
    named = *(struct zones_named **)found;
    zone->changes = &named->changes;
    return true;
}

bool zones_find(struct zones *zones, const char *text, struct zone *zone, struct error *err)
{
    *zone = (struct zone){0};
    if (text == NULL || strcasecmp(text, "UTC") == 0 || strcasecmp(text, "Z") == 0)
        return true;
    if (text[0] == '+' || text[0] == '-')
        return zone_parse_offset(text, zone, err);
    if (!zone_looks_like_name(text))
        return zone_fail(err, text, "is not a time zone");
    if (zone_depends_on_host(text))
        return zone_fail(err, text, "means another zone on each host");
    return zones_find_named(zones, text, zone, err);
}

void zones_free(struct zones *zones)
{
    tdestroy(zones->by_name, zones_free_one);
    zones->by_name = NULL;
}
