/* Covers lib/time/zones.c. */
#include "support/suite.h"

#include "time/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The hint where no name comes near. */
#define NO_SPELLING                                                                                \
    "write a name of the IANA database, such as \"Europe/Oslo\", or an offset, such as \"+02:00\""

static const struct {
    const char *text;
    int offset_minutes;
} good[] = {
    {NULL, 0},       {"UTC", 0},       {"utc", 0},       {"Z", 0},        {"z", 0},
    {"+00:00", 0},   {"-00:00", 0},    {"+02:00", 120},  {"+0200", 120},  {"+02", 120},
    {"-0330", -210}, {"-03:30", -210}, {"-00:30", -30},  {"+05:45", 345}, {"+14:00", 840},
    {"-12", -720},   {"+15:59", 959},  {"-15:59", -959},
};

static const struct {
    const char *text;
    const char *wrong; /* part of the message */
} bad[] = {
    {"+16:00", "is outside -15:59 to +15:59"},
    {"-16", "is outside -15:59 to +15:59"},
    {"+99:00", "is outside -15:59 to +15:59"},
    {"+02:60", "has more than 59 minutes"},
    {"+15:60", "has more than 59 minutes"},
    {"+", "is not an offset"},
    {"-", "is not an offset"},
    {"+2", "is not an offset"},
    {"+2:00", "is not an offset"},
    {"+02:", "is not an offset"},
    {"+02:0", "is not an offset"},
    {"+02:000", "is not an offset"},
    {"+02000", "is not an offset"},
    {"+020", "is not an offset"},
    {"+02:00:00", "is not an offset"},
    {"+-2:00", "is not an offset"},
    {"+02:00 ", "is not an offset"},
    {"", "\"\" is not a time zone"},
    {" ", "is not a time zone"},
    {"02:00", "is not a time zone"},
    {" +02:00", "is not a time zone"},
    {"UTC ", "is not a time zone"},
    {"\xe2\x88\x92"
     "02:00",
     "\"\\xe2\\x88\\x9202:00\" is not a time zone"},
    {"\n", "\"\\x0a\" is not a time zone"},
    {"../etc/passwd", "is not a time zone"},
    {"..", "is not a time zone"},
    {"/etc/localtime", "is not a time zone"},
    {":/etc/localtime", "is not a time zone"},
    {":Europe/Oslo", "is not a time zone"},
    {"Europe/../Europe/Oslo", "is not a time zone"},
    {"./Europe/Oslo", "is not a time zone"},
    {"Europe//Oslo", "is not a time zone"}, /* a path may be spelled so, a name has one spelling */
    {"<+02>-2", "is not a time zone"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "is not a time zone"},
    {"Europe/Osl\xc3\xb8", "is not a time zone"},
    {"Mars/Olympus_Mons", "\"Mars/Olympus_Mons\" is not known"},
    {"UTC+2", "is not known"}, /* glibc's TZ would read it, and as two hours west */
    {"UTC2", "is not known"},
    {"CET-1CEST", "is not known"},
    {"Europe", "is not known"}, /* a directory */
    {"Europe/", "is not known"},
    {"Europe/Oslo/", "is not known"},
    {"tzdata", "is not known"},
    {"localtime", "means another zone on each host"},
    {"posixrules", "means another zone on each host"},
    {"Factory", "means another zone on each host"},
};

START_TEST(test_zones_good)
{
    struct error err = {0};
    struct zones zones = {0};
    struct zone zone = {.offset_minutes = 1};

    ck_assert_msg(zones_find(&zones, good[_i].text, &zone, &err), "%s", err.message);
    ck_assert_ptr_null(zone.changes);
    ck_assert_int_eq(zone.offset_minutes, good[_i].offset_minutes);
}
END_TEST

START_TEST(test_zones_bad)
{
    struct error err = {0};
    struct zones zones = {0};
    struct zone zone = {0};

    ck_assert_msg(!zones_find(&zones, bad[_i].text, &zone, &err), "%s", bad[_i].text);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    ck_assert_msg(strstr(err.message, bad[_i].wrong) != NULL, "%s", err.message);
    ck_assert_str_eq(err.hint, NO_SPELLING);
}
END_TEST

START_TEST(test_zones_long_text_is_cut)
{
    char text[5000];
    struct error err = {0};
    struct zones zones = {0};
    struct zone zone = {0};

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert(!zones_find(&zones, text, &zone, &err));
    ck_assert_uint_lt(strlen(err.message), 200);
    ck_assert_ptr_nonnull(strstr(err.message, "aaa...\""));
}
END_TEST

static bool find(const char *name, struct zone *zone, struct error *err)
{
    static struct zones zones; /* of one test: each runs in a process of its own */

    *err = (struct error){0};
    return zones_find(&zones, name, zone, err);
}

START_TEST(test_zones_names)
{
    static const char *const names[] = {"Europe/Oslo",     "America/Argentina/Buenos_Aires",
                                        "Etc/GMT-14",      "America/Port-au-Prince",
                                        "Pacific/Chatham", "Asia/Kathmandu"};
    struct zone zone;
    struct zone again;
    struct error err;

    ck_assert_msg(find(names[_i], &zone, &err), "%s", err.message);
    ck_assert_ptr_nonnull(zone.changes);
    ck_assert(find(names[_i], &again, &err));
    ck_assert_ptr_eq(again.changes, zone.changes); /* read once */
}
END_TEST

static const struct {
    const char *text;
    const char *hint;
} spellings[] = {
    {"europe/oslo", "write \"Europe/Oslo\""},
    {"AMERICA/NEW_YORK", "write \"America/New_York\""},
    {"america/argentina/buenos_aires", "write \"America/Argentina/Buenos_Aires\""},
    {"factory", NO_SPELLING}, /* Factory depends on the host */
    {"europe", NO_SPELLING},  /* Europe is a directory */
    {"mars/olympus_mons", NO_SPELLING},
};

START_TEST(test_zones_hint_of_capitals)
{
    struct zone zone;
    struct error err;

    ck_assert(!find(spellings[_i].text, &zone, &err));
    ck_assert_str_eq(err.hint, spellings[_i].hint);
}
END_TEST

/* A directory of the test's own: what lies there is not to be trusted, and never waited for. */
START_TEST(test_zones_hostile_directory)
{
    char directory[] = "/tmp/syncsched-zones-XXXXXX";
    char path[64];
    struct zone zone;
    struct error err;
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("TZDIR", directory, 1);
    snprintf(path, sizeof path, "%s/Pipe", directory);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!find("Pipe", &zone, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "is not known"));
    unlink(path);
    snprintf(path, sizeof path, "%s/Rubbish", directory);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("no such thing", file);
    fclose(file);
    ck_assert(!find("Rubbish", &zone, &err));
    ck_assert_str_eq(err.message, "time zone \"Rubbish\" is not time zone data");
    ck_assert_int_eq(truncate(path, 10000000), 0);
    ck_assert(!find("Rubbish", &zone, &err));
    ck_assert(!find("Europe/Oslo", &zone, &err)); /* not there: TZDIR counts, and alone */
    ck_assert_ptr_nonnull(strstr(err.message, "is not known"));
    unlink(path);
    rmdir(directory);
    ck_assert(!find("Europe/Oslo", &zone, &err));
    ck_assert_int_eq(err.kind, ERROR_INTERNAL); /* not the name is wrong */
    ck_assert_str_eq(err.message, "time zone \"Europe/Oslo\" cannot be looked up: this system has "
                                  "no time zone data");
    ck_assert_str_eq(err.hint, "install the package tzdata, or set TZDIR to where the data are");
    setenv("TZDIR", "relative/directory", 1); /* not an absolute path: not taken */
    ck_assert_msg(find("Europe/Oslo", &zone, &err), "%s", err.message);
}
END_TEST

/* Covers: what cannot be opened may well be a zone, and the reason is told. */
START_TEST(test_zones_cannot_be_opened)
{
    char directory[] = "/tmp/syncsched-zones-XXXXXX";
    char path[64];
    struct rlimit files;
    struct zone zone;
    struct error err;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("TZDIR", directory, 1);
    snprintf(path, sizeof path, "%s/Loop", directory);
    ck_assert_int_eq(symlink("Loop", path), 0);
    ck_assert(!find("Loop", &zone, &err));
    ck_assert_ptr_eq(strstr(err.message, "time zone \"Loop\" cannot be opened: "), err.message);
    ck_assert_ptr_nonnull(strstr(err.hint, path));
    unlink(path);
    rmdir(directory);

    unsetenv("TZDIR");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert(!find("Europe/Oslo", &zone, &err));
    files.rlim_cur = files.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_str_eq(err.message,
                     "time zone \"Europe/Oslo\" cannot be opened: Too many open files");
    ck_assert(find("Europe/Oslo", &zone, &err));
}
END_TEST

/* Covers: a name of old, where the system has packed those apart. */
START_TEST(test_zones_legacy)
{
    char directory[] = "/tmp/syncsched-zones-XXXXXX";
    struct zone zone;
    struct error err;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("TZDIR", directory, 1);
    ck_assert(!find("Europe/Kiev", &zone, &err));
    ck_assert_str_eq(err.message, "time zone \"Europe/Kiev\" is not known");
    ck_assert_str_eq(err.hint, "install the package tzdata-legacy, or write \"Europe/Kyiv\"");
    ck_assert(!find("US/Pacific", &zone, &err));
    ck_assert_str_eq(err.hint,
                     "install the package tzdata-legacy, or write \"America/Los_Angeles\"");
    ck_assert(!find("US/Atlantic", &zone, &err));
    ck_assert_str_eq(err.hint, NO_SPELLING);
    rmdir(directory);
}
END_TEST

SUITE(zones)
{
    TCase *cases = tcase_create("zones");

    tcase_add_loop_test(cases, test_zones_good, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, test_zones_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(cases, test_zones_names, 0, 6);
    tcase_add_loop_test(cases, test_zones_hint_of_capitals, 0,
                        sizeof spellings / sizeof spellings[0]);
    tcase_add_test(cases, test_zones_hostile_directory);
    tcase_add_test(cases, test_zones_cannot_be_opened);
    tcase_add_test(cases, test_zones_legacy);
    tcase_add_test(cases, test_zones_long_text_is_cut);
    suite_add_tcase(suite, cases);
}
