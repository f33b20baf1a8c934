/*
 * next, through the real program: the upcoming slots of the schedules in the database, in order, for
 * people and for programs; and that it writes nothing. Its wrong usage is test_usage.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ORG(n)   "a0000000-0000-4000-8000-00000000000" #n
#define ID(n)    "b0000000-0000-4000-8000-00000000000" #n
#define NONE     "c0000000-0000-4000-8000-000000000001"

enum {
    QUICK_CPU_MS = 15000, /* all slots would take minutes */
#ifdef __SANITIZE_ADDRESS__
    MOST_KB = 1024 * 1024, /* it keeps what was freed for a while */
    HOURS = 24 * 60,       /* and takes its time */
#else
    MOST_KB = 32 * 1024, /* half of what the slots take as text */
    HOURS = 24 * 366,
#endif
};

/* Runs a shell's line, "$0" being the program. */
static struct program_result run_shell(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};
    const char *const env[] = {"SUPABASE_DB_URL", "TZ=America/New_York", NULL};

    return program_run(argv, env);
}

static struct program_result run(const char *options)
{
    char line[300];

    snprintf(line, sizeof line, "exec \"$0\" next %s", options);
    return run_shell(line);
}

static void add_organization(const char *id, const char *zone)
{
    testdb_exec(
        "INSERT INTO organizations (id, name, timezone) VALUES ('%s', 'N', nullif('%s', ''))", id,
        zone);
}

static void add_schedule(const char *org_id, const char *id, const char *cron)
{
    testdb_exec("INSERT INTO organization_integrations VALUES ('%s', '%s', 'bufdir', '%s', true)",
                org_id, id, cron);
}

/* ---- JSON ---- */

static const char *string_of(const json_t *slot, const char *name)
{
    const char *string = json_string_value(json_object_get(slot, name));

    ck_assert_msg(string != NULL, "no string \"%s\"", name);
    return string;
}

/* The slots of `next --json OPTIONS`, which goes well and warns of nothing, with all members. */
static json_t *read_slots(const char *options)
{
    static const char *const members[] = {"orgId",           "organization", "integrationId",
                                          "integrationType", "scheduledFor", "localTime",
                                          "schedule",        "timezone"};
    char all[200];
    struct program_result result;
    json_t *slots;

    snprintf(all, sizeof all, "--json %s", options);
    result = run(all);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, 0);
    slots = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_array(slots), "not an array: %s", result.out);
    for (size_t i = 0; i < json_array_size(slots); i++) {
        ck_assert_uint_eq(json_object_size(json_array_get(slots, i)), COUNT(members));
        for (size_t k = 0; k < COUNT(members); k++)
            string_of(json_array_get(slots, i), members[k]);
    }
    program_result_free(&result);
    return slots;
}

static void assert_slots(const char *options, size_t expected)
{
    json_t *slots = read_slots(options);

    ck_assert_msg(json_array_size(slots) == expected, "%s: %zu slots, not %zu", options,
                  json_array_size(slots), expected);
    json_decref(slots);
}

/* ---- Which slots, and in which order ---- */

/* Time, then key. */
static int compare_slots(const json_t *a, const json_t *b)
{
    int order = strcmp(string_of(a, "scheduledFor"), string_of(b, "scheduledFor"));

    if (order == 0)
        order = strcmp(string_of(a, "orgId"), string_of(b, "orgId"));
    return order != 0 ? order
                      : strcmp(string_of(a, "integrationId"), string_of(b, "integrationId"));
}

/*
 * Covers: slots come by time, those of one minute in key order. Whatever the time is now, the next
 * six hours have so many slots of schedules that divide the hour.
 */
START_TEST(test_order)
{
    static const struct {
        const char *org_id;
        const char *id;
        const char *cron;
        size_t an_hour;
    } schedules[] = {
        {ORG(3), ID(1), "*/20 * * * *", 3}, {ORG(1), ID(2), "0-59/15 * * * *", 4},
        {ORG(2), ID(9), "7 * * * *", 1},    {ORG(1), ID(1), "*/30 * * * *", 2},
        {ORG(2), ID(1), "0,30 * * * *", 2}, {ORG(3), ID(3), "@hourly", 1},
        {ORG(2), ID(5), "* * * * *", 60},   {ORG(1), ID(7), "*/10 * * * *", 6},
        {ORG(3), ID(2), "7,30 * * * *", 2}, {ORG(2), ID(2), "*/12 * * * *", 5},
    };
    size_t expected = 0;
    json_t *slots;

    add_organization(ORG(1), "Asia/Kathmandu"); /* other minutes, but as many in an hour */
    add_organization(ORG(2), "");
    add_organization(ORG(3), "Europe/Oslo");
    for (size_t i = 0; i < COUNT(schedules); i++) {
        add_schedule(schedules[i].org_id, schedules[i].id, schedules[i].cron);
        expected += 6 * schedules[i].an_hour;
    }
    slots = read_slots("--hours 6");
    ck_assert_uint_eq(json_array_size(slots), expected);
    for (size_t i = 1; i < expected; i++)
        ck_assert_msg(compare_slots(json_array_get(slots, i - 1), json_array_get(slots, i)) < 0,
                      "slots %zu and %zu are not in order", i - 1, i);
    json_decref(slots);
}
END_TEST

/* Waits until the minute lasts for margin_s more; returns it. */
static int64_t settle_minute(int margin_s)
{
    time_t now = time(NULL);

    if (now % 60 >= 60 - margin_s) {
        scene_sleep_ms((int)(60 - now % 60) * 1000 + 100);
        now = time(NULL);
    }
    return now / 60;
}

/* Covers: from strictly after this minute to exactly so many hours on. */
START_TEST(test_range)
{
    int64_t minute;
    json_t *slots;

    add_organization(ORG(1), "");
    add_schedule(ORG(1), ID(1), "* * * * *");
    minute = settle_minute(10);
    for (int hours = 1; hours <= 24; hours *= 24) {
        char options[40];

        snprintf(options, sizeof options, "--hours %d", hours);
        slots = read_slots(hours == 24 ? "" : options); /* a day is the default */
        ck_assert_uint_eq(json_array_size(slots), (size_t)hours * 60);
        ck_assert_str_eq(string_of(json_array_get(slots, 0), "scheduledFor"),
                         scene_minute_text(minute + 1));
        ck_assert_str_eq(string_of(json_array_get(slots, (size_t)hours * 60 - 1), "scheduledFor"),
                         scene_minute_text(minute + (int64_t)hours * 60));
        json_decref(slots);
    }
}
END_TEST

static const struct {
    const char *options;
    size_t slots;
} choices[] = {
    {"--hours 1", 20},
    {"--hours 1 --org " ORG(1), 3},
    {"--hours 1 --org A0000000-0000-4000-8000-000000000001", 3},
    {"--hours 1 --org " ORG(2), 17},
    {"--hours 1 --integration " ID(1), 6},
    {"--hours 1 --integration B0000000-0000-4000-8000-000000000001", 6},
    {"--hours 1 --org " ORG(2) " --integration " ID(1), 5},
    {"--hours 1 --org " ORG(1) " --integration " ID(2), 1},
};

/* Covers: only what was asked for, by organisation, by integration and by both, in any case. */
START_TEST(test_choice)
{
    add_organization(ORG(1), "");
    add_organization(ORG(2), "");
    add_schedule(ORG(1), ID(1), "10 * * * *");
    add_schedule(ORG(1), ID(2), "20 * * * *");
    add_schedule(ORG(1), ID(4), "40 * * * *");
    add_schedule(ORG(2), ID(1), "*/12 * * * *");
    add_schedule(ORG(2), ID(3), "*/5 * * * *");
    assert_slots(choices[_i].options, choices[_i].slots);
}
END_TEST

/* Covers: what is disabled or has no schedule is not listed; what never fires is no warning. */
START_TEST(test_not_active)
{
    add_organization(ORG(1), "");
    add_schedule(ORG(1), ID(1), "10 * * * *");
    add_schedule(ORG(1), ID(2), "20 * * * *");
    add_schedule(ORG(1), ID(3), "30 * * * *");
    add_schedule(ORG(1), ID(4), "0 0 30 2 *");
    testdb_exec("UPDATE organization_integrations SET is_enabled = cron_schedule <> '20 * * * *',"
                " cron_schedule = nullif(cron_schedule, '30 * * * *')");
    assert_slots("--hours 1", 1);
    assert_slots("--hours 8784 --integration " ID(4), 0);
}
END_TEST

/* Covers: rows that are not valid hide no other: the first is named, and how many more there are. */
START_TEST(test_broken_rows)
{
    static const char *const warnings[] = {
        "warning: N / bufdir (b0000000): cron_schedule: minute \"99\"",
        "warning: N / sap (b0000000): integration_type \"sap\"",
        "warning: N / bufdir (b0000000): time zone \"Mars/Olympus\" is not known",
    };
    struct program_result result;
    const char *at;
    int named = 0;

    add_organization(ORG(1), "");
    add_organization(ORG(2), "Mars/Olympus");
    add_schedule(ORG(1), ID(1), "99 * * * *");
    add_schedule(ORG(1), ID(2), "10 * * * *");
    add_schedule(ORG(1), ID(3), "20 * * * *");
    add_schedule(ORG(2), ID(4), "30 * * * *");
    testdb_exec("UPDATE organization_integrations SET integration_type = 'sap'"
                " WHERE integration_id = '" ID(2) "'");
    result = run("--hours 1");
    at = strchr(result.out, '\n') + 1; /* behind the heading */
    ck_assert_ptr_nonnull(strstr(at, " bufdir   b0000000 "));
    ck_assert_str_eq(strstr(at, " 20 * * * *"), " 20 * * * *\n");
    ck_assert_ptr_null(strchr(strchr(at, '\n') + 1, '\n'));
    at = result.err;
    for (size_t i = 0; i < COUNT(warnings); i++)
        named += strstr(result.err, warnings[i]) != NULL ? 1 : 0;
    ck_assert_msg(named == 1, "stderr: %s", result.err);
    at += strcspn(at, "\n") + 1;
    ck_assert_str_eq(
        at, "syncsched: warning: 2 more rows are not valid: syncsched status names them\n");
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *options;
    const char *out;
    const char *rest; /* of the warning */
} nothings[] = {
    {"", "", "\n"},
    {"--json", "[]\n", "\n"},
};

/* Covers: nothing to list is no error, but likely not what somebody expected. */
START_TEST(test_no_schedules)
{
    static const char warning[] = "syncsched: warning: no schedule is enabled";
    struct program_result result = run(nothings[_i].options);

    ck_assert_str_eq(result.out, nothings[_i].out);
    ck_assert_int_eq(strncmp(result.err, warning, sizeof warning - 1), 0);
    ck_assert_str_eq(result.err + sizeof warning - 1, nothings[_i].rest);
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}
END_TEST

/* ---- Local times ---- */

static const struct {
    const char *timezone; /* "": none */
    const char *named;    /* what the slot says of it */
    const char *judge;    /* the same for PostgreSQL, where offsets count the other way (POSIX) */
} zones[] = {
    {"", "UTC", "UTC"},
    {"+05:30", "+05:30", "UTC-05:30"},
    {"-0330", "-0330", "UTC+03:30"},
    {"Asia/Kathmandu", "Asia/Kathmandu", "Asia/Kathmandu"},
    {"Europe/Oslo", "Europe/Oslo", "Europe/Oslo"},
    {"America/St_Johns", "America/St_Johns", "America/St_Johns"},
};

/* Covers: the local time is the same instant by the zone's own clock; PostgreSQL is the judge. */
START_TEST(test_local_time)
{
    json_t *slots;

    add_organization(ORG(1), zones[_i].timezone);
    add_schedule(ORG(1), ID(1), "7 * * * *");
    slots = read_slots("--hours 24");
    ck_assert_uint_eq(json_array_size(slots), 24);
    for (size_t i = 0; i < 24; i++) {
        const json_t *slot = json_array_get(slots, i);
        const char *utc = string_of(slot, "scheduledFor");
        const char *local = string_of(slot, "localTime");
        char clock[40];

        ck_assert_str_eq(string_of(slot, "timezone"), zones[_i].named);
        snprintf(clock, sizeof clock, "%.13s:07:00", local);
        ck_assert_int_eq(strncmp(local, clock, strlen(clock)), 0);
        ck_assert_int_eq(testdb_number("SELECT ('%s'::timestamptz AT TIME ZONE '%s' = '%s'"
                                       " AND '%s'::timestamptz = '%s'::timestamptz)::int",
                                       utc, zones[_i].judge, clock, local, utc),
                         1);
    }
    json_decref(slots);
}
END_TEST

/* Covers: the lines for people, word for word, and cut to fit. */
START_TEST(test_text)
{
    int64_t slot = settle_minute(10) + 60;
    char options[40];
    char cron[32];
    char expected[400];
    struct program_result result;
    char *day;

    snprintf(cron, sizeof cron, "%d\t * * * *", (int)(slot % 60));
    add_organization(ORG(1), "+02:00");
    testdb_exec("UPDATE organizations SET name = 'Čáhcesuolu Mánáidgárdi'");
    add_schedule(ORG(1), ID(1), cron);
    day = testdb_text("SELECT CASE WHEN extract(year FROM t) = extract(year FROM n)"
                      " THEN to_char(t, 'Dy ') || lpad(to_char(t, 'FMDD'), 2)"
                      " || to_char(t, ' Mon HH24:MI') ELSE to_char(t, 'YYYY-MM-DD HH24:MI') END"
                      " FROM (SELECT '%s'::timestamptz AT TIME ZONE 'UTC-02:00' AS t,"
                      " now() AT TIME ZONE 'UTC-02:00' AS n) AS u",
                      scene_minute_text(slot));
    for (int width = 0; width <= 80; width += 80) {
        snprintf(options, sizeof options, width > 0 ? "--hours 1 --width %d" : "--hours 1", width);
        snprintf(expected, sizeof expected,
                 "SLOT             %-*s TYPE     ID          IN SCHEDULE\n"
                 "%-16s %s bufdir   b0000000   60m %d  * * * *\n",
                 width > 0 ? 14 : 30, "ORGANISATION", day,
                 width > 0 ? "Čáhcesuolu Má…" : "Čáhcesuolu Mánáidgárdi        ", (int)(slot % 60));
        result = run(options);
        ck_assert_str_eq(result.out, expected);
        ck_assert_str_eq(result.err, "");
        ck_assert_int_eq(result.status, 0);
        program_result_free(&result);
    }
    free(day);
}
END_TEST

/* ---- What it leaves behind ---- */

/* Covers: it reads and does nothing else, so it works where every write is refused. */
START_TEST(test_writes_nothing)
{
    const char *const tick[] = {PROGRAM, "run", NULL};
    const char *const env[] = {"SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY,
                               "SUPABASE_URL=http://127.0.0.1:1", "SUPABASE_DB_URL", NULL};
    struct program_result refused;

    add_organization(ORG(1), "Europe/Oslo");
    add_schedule(ORG(1), ID(1), "7 * * * *");
    testdb_exec("ALTER DATABASE %s SET default_transaction_read_only = on", getenv("PGDATABASE"));
    assert_slots("--hours 1", 1);
    refused = program_run(tick, env); /* what does write does notice */
    ck_assert_msg(strstr(refused.err, "read-only transaction") != NULL, "%s", refused.err);
    program_result_free(&refused);
    testdb_exec("ALTER DATABASE %s RESET default_transaction_read_only", getenv("PGDATABASE"));
    ck_assert_int_eq(testdb_number("SELECT (SELECT count(*) FROM sync_schedule_state)"
                                   " + (SELECT count(*) FROM sync_trigger_state)"
                                   " + (SELECT count(*) FROM sync_run_log)"),
                     0);
}
END_TEST

/* ---- How much ---- */

static const struct {
    const char *option;
    const char *counter;
} counted[] = {
    {"", "tail -n +2 | wc -l"},
    {"--json", "grep -c '\"scheduledFor\"'"},
};

/* Covers: a year of minutes is printed as it is found, and never all in memory. */
START_TEST(test_streams)
{
    struct program_result result;
    char line[100];

    add_organization(ORG(1), "Europe/Oslo");
    add_schedule(ORG(1), ID(1), "* * * * *");
    snprintf(line, sizeof line, "\"$0\" next %s --hours %d | %s", counted[_i].option, HOURS,
             counted[_i].counter);
    result = run_shell(line);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(strtol(result.out, NULL, 10), HOURS * 60);
    ck_assert_int_lt(result.most_kb, MOST_KB);
    program_result_free(&result);
}
END_TEST

/* Covers: when its reader has seen enough, it ends in silence. */
START_TEST(test_reader_goes_away)
{
    struct program_result result;

    add_organization(ORG(1), "");
    testdb_exec("INSERT INTO organization_integrations SELECT id, gen_random_uuid(), 'bufdir',"
                " '* * * * *', true FROM organizations, generate_series(1, 200)");
    result =
        run_shell("{ timeout 60 \"$0\" next --hours 8784; echo \"status $?\" >&2; } | head -n 1");
    ck_assert_uint_eq(strcspn(result.out, "\n") + 1, result.out_length);
    ck_assert_str_eq(result.err, "status 141\n"); /* SIGPIPE */
    ck_assert_int_lt(result.cpu_ms, QUICK_CPU_MS);
    program_result_free(&result);
}
END_TEST

SUITE(next)
{
    TCase *listed = tcase_create("next-listed");
    TCase *unlisted = tcase_create("next-unlisted");

    tcase_add_checked_fixture(listed, testdb_create, testdb_drop);
    tcase_add_test(listed, test_order);
    tcase_add_test(listed, test_range);
    tcase_add_loop_test(listed, test_choice, 0, COUNT(choices));
    tcase_add_loop_test(listed, test_local_time, 0, COUNT(zones));
    tcase_add_test(listed, test_text);
    tcase_add_loop_test(listed, test_streams, 0, COUNT(counted));
    suite_add_tcase(suite, listed);
    tcase_add_checked_fixture(unlisted, testdb_create, testdb_drop);
    tcase_add_test(unlisted, test_not_active);
    tcase_add_test(unlisted, test_broken_rows);
    tcase_add_loop_test(unlisted, test_no_schedules, 0, COUNT(nothings));
    tcase_add_test(unlisted, test_writes_nothing);
    tcase_add_test(unlisted, test_reader_goes_away);
    suite_add_tcase(suite, unlisted);
}
