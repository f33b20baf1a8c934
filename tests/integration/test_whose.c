/*
 * Whom a tick's warnings and alerts are about: organisation, type and the first digits of the id for
 * people, whole ids for programs; and that no tick's work depends on a name.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define WHOSE    "Nordlys / xledger (10000000)"
#define NAMELESS "organisation 00000000 / xledger (10000000)"

/* A line of stderr, with the first digits of a run's id in it; run_id NULL: it has none. */
static void expect_line(const struct scene_tick *tick, const char *before, const char *run_id,
                        const char *after)
{
    char line[300];

    snprintf(line, sizeof line, "%s%.8s%s", before, run_id != NULL ? run_id : "", after);
    ck_assert_msg(strstr(tick->err, line) != NULL, "%s: %s", line, tick->err);
    ck_assert_ptr_null(strstr(tick->err, SCENE_ORG));
    ck_assert_ptr_null(strstr(tick->err, scene_integration(1)));
    ck_assert(run_id == NULL || strstr(tick->err, run_id) == NULL);
}

static const struct {
    const char *status;
    int slots_ago; /* in minutes */
    int started_minutes_ago;
    const char *before; /* the run's first digits */
    const char *after;
} ticks[] = {
    {"running", 20, 20, "warning: " WHOSE ": skipped, run ", " has been running for 20 minutes\n"},
    {"running", 90, 40, "warning: " WHOSE ": run ", " was abandoned, its outcome is unknown\n"},
    {"pending", 90, 10, "warning: " WHOSE ", run ", ": started "},
};

/* Covers: what a tick says of a run, and its workers. */
START_TEST(test_ticks)
{
    int64_t slot = scene_settle(20000);
    struct scene_tick tick;
    char *run_id;

    scene_seed(1, 1, scene_minute_cron(slot));
    run_id = scene_seed_run(1, ticks[_i].status, slot - ticks[_i].slots_ago,
                            ticks[_i].started_minutes_ago);
    tick = scene_run("--catch-up 2h");
    expect_line(&tick, ticks[_i].before, run_id, ticks[_i].after);
    scene_tick_free(&tick);
    free(run_id);
}
END_TEST

/* Covers: by hand, a slot that is covered; and an organisation without a name. */
START_TEST(test_by_hand)
{
    struct scene_tick tick;
    char *run_id;

    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    run_id = testdb_text("SELECT run_id FROM sync_run_log");
    testdb_exec("UPDATE organizations SET name = ''");
    tick = scene_run("--at " AT);
    expect_line(&tick, "warning: " NAMELESS ": skipped, the slot is covered by run ", run_id,
                ", which is completed\n");
    scene_tick_free(&tick);
    free(run_id);
}
END_TEST

/* Covers: names that cannot be read, or not in time: the tick does its work and shows ids. */
START_TEST(test_without_names)
{
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '99 * * * *'"
                " WHERE integration_id = '%s';"
                "ALTER TABLE organizations RENAME COLUMN name TO title",
                scene_integration(2));
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 0, 0);
    expect_line(&tick, "warning: " NAMELESS ": cron_schedule: minute ", NULL, "\"99\"");
    ck_assert_int_eq(scene_count("completed"), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a program's line has whole ids, and the run's. */
START_TEST(test_json)
{
    char *run_id;
    struct scene_tick tick;
    json_t *message;

    scene_seed(1, 1, "0 0 30 2 *");
    run_id = scene_seed_run(1, "pending", scene_settle(20000) - 90, 10);
    tick = scene_run("--catch-up 2h --log-format json");
    json_schema_check("log", tick.err);
    message = json_loads(tick.err, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(message, "orgId")), SCENE_ORG);
    ck_assert_str_eq(json_string_value(json_object_get(message, "organization")), "Nordlys");
    ck_assert_str_eq(json_string_value(json_object_get(message, "integrationId")),
                     scene_integration(1));
    ck_assert_str_eq(json_string_value(json_object_get(message, "runId")), run_id);
    json_decref(message);
    scene_tick_free(&tick);
    free(run_id);
}
END_TEST

/* Counts how often a name is read. */
static void count_readers(void)
{
    testdb_exec("CREATE SEQUENCE asked;"
                "CREATE FUNCTION counted(name text) RETURNS text STABLE LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM nextval('asked'); RETURN name; END $$;"
                "ALTER TABLE organizations RENAME TO places;"
                "CREATE VIEW organizations AS SELECT id, timezone,"
                " counted(name) AS name FROM places");
}

static int64_t names_asked(void)
{
    return testdb_number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM asked");
}

/* Covers: a tick that says nothing asks for no name, neither idle nor while a warning is quiet. */
START_TEST(test_quiet)
{
    scene_seed(1, 2, DAILY);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '99 * * * *'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    count_readers();
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(names_asked(), 1);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(names_asked(), 1);
    testdb_exec("DELETE FROM organization_integrations WHERE integration_id = '%s'",
                scene_integration(2));
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    ck_assert_int_eq(names_asked(), 1);
}
END_TEST

SUITE(whose)
{
    TCase *tcase = tcase_create("whose");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_loop_test(tcase, test_ticks, 0, sizeof ticks / sizeof *ticks);
    tcase_add_test(tcase, test_by_hand);
    tcase_add_test(tcase, test_without_names);
    tcase_add_test(tcase, test_json);
    tcase_add_test(tcase, test_quiet);
    suite_add_tcase(suite, tcase);
}
