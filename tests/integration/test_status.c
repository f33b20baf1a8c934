/*
 * status and health, through the real program: what needs a person and why, what ticks, the exit
 * status, JSON by its schema. How it looks is test_status_text.c's, what it costs
 * test_status_cost.c's.
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DAILY    "0 2 * * *"

static const char *string_of(const json_t *object, const char *name)
{
    const char *string = json_string_value(json_object_get(object, name));

    ck_assert_msg(string != NULL, "no string \"%s\"", name);
    return string;
}

/* The one integration of a document. */
static const json_t *only(const json_t *document)
{
    const json_t *integrations = json_object_get(document, "integrations");

    ck_assert_uint_eq(json_array_size(integrations), 1);
    return json_array_get(integrations, 0);
}

/* "degraded: given_up 2, failed 1" */
static void describe(const json_t *integration, char *text, size_t size)
{
    const json_t *reasons = json_object_get(integration, "reasons");

    snprintf(text, size, "%s:", string_of(integration, "condition"));
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        size_t used = strlen(text);

        snprintf(text + used, size - used, "%s %s %lld", i > 0 ? "," : "",
                 string_of(reason, "reason"),
                 (long long)json_integer_value(json_object_get(reason, "slots")));
    }
}

/* ---- What needs a person ---- */

/* A run that was accepted, and every slot since then waits for it. */
#define ACCEPTED(minutes)                                                                          \
    "UPDATE sync_run_log SET accepted_at = started_at WHERE status = 'running';"                   \
    "INSERT INTO sync_schedule_state SELECT org_id, integration_id, '* * * * * UTC',"              \
    " date_trunc('minute', now()) - interval '" minutes " minutes' FROM organization_integrations"

static const struct {
    const char *cron;
    const char *runs;
    const char *change; /* SQL besides; NULL: nothing */
    const char *condition;
    const char *said; /* by the text; NULL: no reason */
} needs[] = {
    {DAILY, "", NULL, "healthy:", NULL},
    {DAILY, "completed 2 days, completed 1 day", NULL, "healthy:", NULL},
    {DAILY, "failed 2 days, failed 1 day", NULL, "unhealthy: never_succeeded 2",
     "never succeeded: 2 slots since "},
    {DAILY, "given_up 2 days", NULL, "unhealthy: never_succeeded 1, given_up 1",
     "never succeeded: the slot of "},
    {"* * * * *", "completed 11 minutes",
     "INSERT INTO sync_schedule_state SELECT org_id, integration_id, '* * * * * UTC',"
     " date_trunc('minute', now()) - interval '10 minutes' FROM organization_integrations",
     "unhealthy: overdue 1", "overdue for "},
    {"* * * * *", "completed 11 minutes", /* the ticks do not go by this text yet */
     "INSERT INTO sync_schedule_state SELECT org_id, integration_id, '0 2 * * * UTC',"
     " date_trunc('minute', now()) - interval '10 minutes' FROM organization_integrations",
     "healthy:", NULL},
    {"* * * * *", "completed 1 minute", /* nor for as long as a tick may be late */
     "INSERT INTO sync_schedule_state SELECT org_id, integration_id, '* * * * * UTC',"
     " date_trunc('minute', now()) - interval '1 minute' FROM organization_integrations",
     "healthy:", NULL},
    {DAILY, "completed 1 day, pending 10 minutes", NULL, "unhealthy: overdue 1", "overdue for "},
    {DAILY, "completed 1 day, pending 0 minutes", NULL, "healthy:", NULL},
    {DAILY, "completed 1 day, running 10 minutes", NULL, "healthy:", NULL},
    {"* * * * *", "completed 11 minutes, running 10 minutes", ACCEPTED("10"), "healthy:", NULL},
    {"* * * * *", "completed 40 minutes, running 36 minutes", /* nobody abandons it */
     ACCEPTED("36"), "unhealthy: overdue 1", "overdue for "},
    {"* * * * *", "completed 11 minutes, running 10 minutes", /* it holds up later slots */
     ACCEPTED("10") "; UPDATE sync_run_log SET accepted_at = NULL", "unhealthy: overdue 1",
     "overdue for "},
    {DAILY, "completed 3 days, failed 1 day", NULL, "degraded: failing 1", "failing: the slot of "},
    {DAILY, "completed 4 days, failed 3 days, failed 2 days, failed 1 day", NULL,
     "unhealthy: failing 3", "failing: 3 slots since "},
    {DAILY, "completed 4 days, failed 1 day, failed#2 1 day, failed#3 1 day", NULL,
     "degraded: failing 1", "failing: the slot of "}, /* one slot, however often attempted */
    {DAILY, "completed 9 days, failed 8 days, failed 1 day", NULL, "degraded: failing 2",
     "failing: 2 slots since "},
    {DAILY, "completed 2 days, unknown 1 day", NULL, "degraded: failing 1, unknown 1", "failing: "},
    {DAILY, "unknown 3 days, completed 1 day", NULL, "degraded: unknown 1",
     "unknown outcome: the slot of "},
    {DAILY, "unknown 3 days, completed#2 3 days, completed 1 day", NULL, "healthy:", NULL},
    {DAILY, "unknown 8 days, completed 1 day", NULL, "healthy:", NULL},
    {DAILY, "completed 4 days, given_up 3 days, given_up 2 days, completed 1 day", NULL,
     "degraded: given_up 2", "given up: 2 slots since "},
    {DAILY, "completed 40 days, given_up 20 days", NULL, "degraded: given_up 1",
     "given up: the slot of "}, /* nothing has succeeded since */
    {DAILY, "completed 3 days, cancelled 2 days, completed 1 day", NULL, "healthy:", NULL},
    {DAILY, "completed 3 days, failed 2 days, completed 1 day", NULL, "degraded: failed 1",
     "failed: the slot of "},
    {DAILY, "completed 3 days, failed 2 days, completed#2 2 days, completed 1 day", NULL,
     "healthy:", NULL},
    {DAILY, "completed 3 days, failed 2 days, running#2 2 days", NULL, "healthy:", NULL},
    /* nothing follows for more than a day */
    {"0 0 29 2 *", "completed 40 days, failed 1 day", NULL, "unhealthy: failing 1",
     "failing: the slot of "},
    {"0 0 29 2 *", "completed 40 days, given_up 1 day", NULL, "unhealthy: given_up 1",
     "given up: the slot of "},
    {"0 0 29 2 *", "failed 1 day, completed 0 days", NULL, "degraded: failed 1",
     "failed: the slot of "},
    {"99 * * * *", "completed 1 day", NULL, "unhealthy: invalid 0",
     "invalid: cron_schedule: minute \"99\" is outside 0-59 (minutes go from 0 to 59)"},
    {DAILY, "", "UPDATE organizations SET timezone = 'Mars/Base'", "unhealthy: invalid 0",
     "invalid: time zone \"Mars/Base\" "},
    {DAILY, "", "UPDATE organization_integrations SET integration_type = 'sap'",
     "unhealthy: invalid 0", "invalid: integration_type \"sap\" is not known"},
    {DAILY, "", "DELETE FROM organizations", "unhealthy: invalid 0",
     "invalid: its organisation does not exist"},
    {"0 0 30 2 *", "completed 1 day", NULL, "degraded: never_fires 0", "never fires: "},
    {DAILY, "failed 1 day", "UPDATE organization_integrations SET is_enabled = false",
     "disabled:", NULL},
    {DAILY, "failed 1 day", "UPDATE organization_integrations SET cron_schedule = NULL",
     "disabled:", NULL},
};

/* The first line of the text that is indented as reasons are, without the indent; or NULL. */
static const char *find_reason(const char *out)
{
    for (const char *line = out; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strspn(line, " ") == 4)
            return line + 4;
    return NULL;
}

/* What a command says of the case, as JSON and to a person. */
static void assert_need(size_t n, const char *command, int status)
{
    struct program_result result = status_run(command, NULL);
    json_t *document = status_read(command, status);
    const char *said = find_reason(result.out);
    char condition[200];

    describe(only(document), condition, sizeof condition);
    ck_assert_msg(strcmp(condition, needs[n].condition) == 0, "%s, %s: %s", needs[n].cron,
                  needs[n].runs, condition);
    ck_assert_int_eq(result.status, status);
    ck_assert_msg(needs[n].said == NULL ? said == NULL
                                        : said != NULL && strstr(said, needs[n].said) == said,
                  "%s", result.out);
    program_result_free(&result);
    json_decref(document);
}

/* Covers: each reason, and what is none, alike in both commands. */
START_TEST(test_needs)
{
    for (size_t i = 0; i < COUNT(needs); i++) {
        bool is_unhealthy = strncmp(needs[i].condition, "unhealthy", strlen("unhealthy")) == 0;

        status_scene_reset();
        status_add(1, needs[i].cron);
        status_add_runs(1, needs[i].runs);
        if (needs[i].change != NULL)
            testdb_exec("%s", needs[i].change);
        assert_need(i, "status", 0);
        assert_need(i, "health", is_unhealthy ? 1 : 0);
    }
}
END_TEST

/* Covers: since when, for each condition. */
START_TEST(test_since)
{
    static const struct {
        const char *runs;
        const char *since; /* so long ago; NULL: not known */
    } cases[] = {
        {"", NULL},
        {"completed 5 days, completed 1 day", "5 days"},
        {"completed 9 days, failed 8 days, completed 7 days 1 hour, completed 1 day",
         "7 days 1 hour"},
        {"completed 5 days, failed 3 days, failed 2 days, failed 1 day", "3 days"},
        {"completed 5 days, given_up 4 days, failed 3 days, completed 1 day", "4 days"},
        {"failed 300 days, failed 1 day", "300 days"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *document;
        char *since = NULL;

        status_add((int)i, DAILY);
        status_add_runs((int)i, cases[i].runs);
        if (cases[i].since != NULL)
            since = testdb_text("SELECT to_char(scheduled_for AT TIME ZONE 'UTC',"
                                " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM sync_run_log"
                                " WHERE integration_id = '%s'"
                                " ORDER BY abs(extract(epoch FROM scheduled_for - now()"
                                " + interval '%s')) LIMIT 1",
                                status_integration((int)i), cases[i].since);
        document = status_read("status", 0);
        ck_assert_pstr_eq(json_string_value(json_object_get(only(document), "since")), since);
        testdb_exec("DELETE FROM organization_integrations");
        json_decref(document);
        free(since);
    }
}
END_TEST

/* Covers: an invalid row is so since a tick closed its state. */
START_TEST(test_since_invalid)
{
    json_t *document;

    status_add(1, "99 * * * *");
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id, '',"
                " '2024-05-01T02:00Z' FROM organization_integrations;"
                "INSERT INTO sync_schedule_journal SELECT org_id, integration_id,"
                " '2024-04-20T02:00Z', '0 2 * * * UTC', '2024-04-30T02:00Z'"
                " FROM organization_integrations");
    document = status_read("health", 1);
    ck_assert_str_eq(string_of(only(document), "since"), "2024-04-30T02:00:00Z");
    json_decref(document);
}
END_TEST

/* Covers: what needs a person first comes first, then by the organisation's name. */
START_TEST(test_order)
{
    static const int order[] = {4, 1, 3, 6, 5, 2, 7};
    json_t *document;
    const json_t *integrations;

    status_add(1, "99 * * * *");
    status_add(2, DAILY);
    status_add(3, DAILY);
    status_add_runs(3, "completed 3 days, failed 1 day");
    status_add(4, DAILY);
    status_add_runs(4, "failed 1 day");
    testdb_exec("INSERT INTO organizations VALUES ('%s', 'Aker')", status_integration(0));
    status_add(5, DAILY);
    testdb_exec("UPDATE organization_integrations SET org_id = '%s' WHERE integration_id = '%s'",
                status_integration(0), status_integration(5));
    status_add(6, DAILY);
    status_add_runs(6, "completed 3 days, given_up 2 days, completed 1 day");
    status_add(7, DAILY);
    testdb_exec("UPDATE organization_integrations SET is_enabled = false"
                " WHERE integration_id = '%s'",
                status_integration(7));
    document = status_read("status", 0);
    integrations = json_object_get(document, "integrations");
    ck_assert_uint_eq(json_array_size(integrations), COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++)
        ck_assert_str_eq(string_of(json_array_get(integrations, i), "integrationId"),
                         status_integration(order[i]));
    json_decref(document);
}
END_TEST

/* ---- What ticks ---- */

static const struct {
    const char *change;
    int status;
    const char *first; /* how the text begins */
    const char *further;
} triggers[] = {
    {"UPDATE sync_trigger_state SET last_tick_at = now() - interval '60 s'", 0, "ticking: ", NULL},
    {"UPDATE sync_trigger_state SET last_tick_at = now() - interval '190 s'", 1,
     "not ticking: ", NULL},
    {"DELETE FROM sync_trigger_state", 1,
     "not ticking: no tick was ever seen; start \"syncsched run\" once a minute\n", NULL},
    {"INSERT INTO sync_trigger_state VALUES ('pg_cron', 'beta', now() - interval '50 h')", 0,
     "ticking: ", "\nsilent: 2 d ago by pg_cron on beta\n"},
    {"INSERT INTO sync_trigger_state VALUES ('cron', 'beta', now() - interval '50 h')", 0,
     "ticking: ", " on alpha\n1 integration: 1 healthy\n"}, /* where it ticked last */
    {"UPDATE sync_trigger_state SET last_tick_at = now() - interval '3 h';"
     "INSERT INTO sync_trigger_state VALUES ('pg_cron', 'beta', now() - interval '2 h')",
     1, "not ticking: 2 h ago by pg_cron on beta\nnot ticking: 3 h ago by cron on alpha\n", NULL},
};

/* What a command says of who ticks. */
static void assert_ticking(size_t n, const char *command)
{
    struct program_result result = status_run(command, NULL);
    json_t *document = status_read(command, triggers[n].status);

    ck_assert_int_eq(result.status, triggers[n].status);
    ck_assert_msg(strstr(result.out, triggers[n].first) == result.out, "%s", result.out);
    if (triggers[n].further != NULL)
        ck_assert_msg(strstr(result.out, triggers[n].further) != NULL, "%s", result.out);
    ck_assert_int_eq(json_is_true(json_object_get(document, "ticking")), triggers[n].status == 0);
    program_result_free(&result);
    json_decref(document);
}

/* Covers: the first line, and what silence does to the exit status of both. */
START_TEST(test_ticking)
{
    for (size_t i = 0; i < COUNT(triggers); i++) {
        status_scene_reset();
        status_add(1, DAILY);
        testdb_exec("%s", triggers[i].change);
        assert_ticking(i, "status");
        assert_ticking(i, "health");
    }
}
END_TEST

/* ---- What is asked for ---- */

/* Covers: one organisation, one integration, in any case; the runs asked for, the newest first. */
START_TEST(test_choice)
{
    json_t *document;
    const json_t *runs;

    status_add(1, DAILY);
    status_add_runs(1, "completed 3 days, failed 2 days, failed#2 2 days, completed 1 day");
    testdb_exec("INSERT INTO organization_integrations VALUES ('%s', '%s', 'bufdir', '@daily')",
                status_integration(0), status_integration(2));
    document = status_read("status --org A0000000-0000-4000-8000-000000000001 --runs 3", 0);
    runs = json_object_get(only(document), "runs");
    ck_assert_uint_eq(json_array_size(runs), 3);
    ck_assert_str_eq(string_of(json_array_get(runs, 0), "status"), "completed");
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(runs, 1), "attempt")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(runs, 2), "attempt")), 1);
    json_decref(document);
    document = status_read("status --integration B0000000-0000-4000-8000-000000000001", 0);
    ck_assert_uint_eq(json_array_size(json_object_get(only(document), "runs")), 4);
    json_decref(document);
    document = status_read("health --org a0000000-0000-4000-8000-000000000001", 0);
    ck_assert_str_eq(string_of(only(document), "integrationId"), status_integration(1));
    json_decref(document);
}
END_TEST

/* Covers: all that is known of a run and of a schedule. */
START_TEST(test_run)
{
    json_t *document;
    const json_t *integration;
    const json_t *run;

    testdb_exec("UPDATE organizations SET timezone = 'Europe/Oslo'");
    status_add(1, "30 2 * * *");
    testdb_exec(
        "INSERT INTO sync_run_log VALUES (DEFAULT, '" STATUS_ORG "', '%s', 'xledger',"
        " '2024-05-01T02:00Z', '2024-05-01T01:00Z', 1, 'completed', 'k', 'catch_up', 'w',"
        " '2024-05-01T02:06:01Z', '2024-05-01T02:06:02.9Z', '2024-05-01T02:06:03Z', NULL, 7)",
        status_integration(1));
    document = status_read("status", 0);
    integration = only(document);
    run = json_array_get(json_object_get(integration, "runs"), 0);
    ck_assert_str_eq(string_of(integration, "schedule"), "30 2 * * *");
    ck_assert_str_eq(string_of(integration, "description"), "at 02:30 every day");
    ck_assert_str_eq(string_of(integration, "timezone"), "Europe/Oslo");
    ck_assert_str_eq(string_of(integration, "lastSuccessFor"), "2024-05-01T02:00:00Z");
    ck_assert_str_eq(string_of(integration, "lastSuccessAt"), "2024-05-01T02:06:03Z");
    ck_assert_str_eq(string_of(run, "coversFrom"), "2024-05-01T01:00:00Z");
    ck_assert_str_eq(string_of(run, "startedAt"), "2024-05-01T02:06:02Z");
    ck_assert_int_eq(json_integer_value(json_object_get(run, "lateSeconds")), 362);
    ck_assert_int_eq(json_integer_value(json_object_get(run, "recordsExported")), 7);
    json_decref(document);
}
END_TEST

/* Covers: that there is no integration is a warning, and no error; the JSON then still fits its schema. */
START_TEST(test_none)
{
    struct program_result result = status_run("status", NULL);

    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.err, "syncsched: warning: there is no integration\n");
    ck_assert_ptr_nonnull(strstr(result.out, "\n0 integrations\n"));
    program_result_free(&result);
    result = status_run("health --json", NULL);
    ck_assert_int_eq(result.status, 0);
    json_schema_check("health", result.out);
    program_result_free(&result);
}
END_TEST

/* Each of the commands that take --org and --integration, for people and for programs. */
static void expect_nobody(const char *choice, const char *said)
{
    static const char *const commands[] = {"status",        "status --json", "health",
                                           "health --json", "next",          "next --json"};

    for (size_t i = 0; i < COUNT(commands); i++) {
        char line[200];
        struct program_result result;

        snprintf(line, sizeof line, "%s %s", commands[i], choice);
        result = status_run(line, NULL);
        ck_assert_msg(result.status == 2 && *result.out == '\0' && strcmp(result.err, said) == 0,
                      "%s: exit %d: %s%s", line, result.status, result.out, result.err);
        program_result_free(&result);
    }
}

/* Covers: ids that nothing has, and those of what was deleted, are never green. */
START_TEST(test_nobody)
{
    static const char never[] =
        "syncsched: error: no integration has the ids of --org and --integration"
        " (syncsched status lists those that are there)\n";
    static const char deleted[] =
        "syncsched: error: no integration has the ids of --org and --integration any more: it was"
        " deleted (syncsched audit shows what its runs did)\n";
    char choice[100];
    struct program_result result;

    status_add(1, DAILY);
    expect_nobody("--integration c0000000-0000-4000-8000-000000000001", never);
    expect_nobody("--org c0000000-0000-4000-8000-000000000001", never);
    snprintf(choice, sizeof choice, "--org c0000000-0000-4000-8000-000000000001 --integration %s",
             status_integration(1));
    expect_nobody(choice, never);
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id, '',"
                " date_trunc('minute', now())"
                " FROM organization_integrations;"
                "UPDATE organization_integrations SET is_enabled = false");
    snprintf(choice, sizeof choice, "next --integration %s", status_integration(1));
    result = status_run(choice, NULL); /* it is there */
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
    testdb_exec("DELETE FROM organization_integrations");
    snprintf(choice, sizeof choice, "--integration %s", status_integration(1));
    expect_nobody(choice, deleted);
}
END_TEST

/* Something of everything there is, an integration a kind. */
static void seed_everything(void)
{
    for (size_t i = 0; i < COUNT(needs); i++) {
        status_add((int)i, needs[i].cron);
        status_add_runs((int)i, needs[i].runs);
    }
    testdb_exec("UPDATE organizations SET name = E'\\x01\\n\\x7f';"
                "UPDATE organization_integrations SET is_enabled = false"
                " WHERE integration_id = '%s';"
                "UPDATE organization_integrations SET cron_schedule = NULL, integration_type = ''"
                " WHERE integration_id = '%s';"
                "UPDATE sync_run_log SET error_message = E'\\x1b[2J\\x7f', host = NULL,"
                " trigger_name = NULL, created_at = 'infinity' WHERE status = 'failed';"
                "INSERT INTO sync_trigger_state VALUES ('pg_cron', '', '2024-05-01T02:00Z')",
                status_integration(1), status_integration(2));
}

/* Covers: both are clean, and by their schemas, which refuse a member too few or too many. */
START_TEST(test_schemas)
{
    static const char *const names[] = {"status", "health"};

    seed_everything();
    for (size_t i = 0; i < COUNT(names); i++) {
        json_t *document = status_read(names[i], i == 0 ? 0 : 1);
        json_t *integration = json_array_get(json_object_get(document, "integrations"), 0);
        json_t *since = json_incref(json_object_get(integration, "since"));
        char *whole = json_dumps(document, 0);
        char *lacking;
        char *exceeding;

        json_object_del(integration, "since");
        lacking = json_dumps(document, 0);
        json_object_set_new(integration, "since", since);
        json_object_set_new(integration, "more", json_true());
        exceeding = json_dumps(document, 0);
        json_schema_check(names[i], whole);
        ck_assert_ptr_null(strchr(whole, '\x7f'));
        ck_assert(!json_schema_allows(names[i], lacking));
        ck_assert(!json_schema_allows(names[i], exceeding));
        free(whole);
        free(lacking);
        free(exceeding);
        json_decref(document);
    }
}
END_TEST

/* Covers: neither writes anything. */
START_TEST(test_writes_nothing)
{
    static const char state[] =
        "SELECT md5(concat((SELECT string_agg(r::text, ',' ORDER BY run_id) FROM sync_run_log r),"
        " (SELECT string_agg(s::text, ',') FROM sync_schedule_state s),"
        " (SELECT string_agg(t::text, ',') FROM sync_trigger_state t)))";
    char *before;
    char *after;

    status_add(1, "* * * * *");
    status_add_runs(1, "failed 1 day, pending 10 minutes");
    before = testdb_text("%s", state);
    json_decref(status_read("status", 0));
    json_decref(status_read("health", 1));
    after = testdb_text("%s", state);
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

SUITE(status)
{
    TCase *tcase = tcase_create("status");

    tcase_add_checked_fixture(tcase, status_scene_open, testdb_drop);
    tcase_add_test(tcase, test_needs);
    tcase_add_test(tcase, test_since);
    tcase_add_test(tcase, test_since_invalid);
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_ticking);
    tcase_add_test(tcase, test_choice);
    tcase_add_test(tcase, test_run);
    tcase_add_test(tcase, test_none);
    tcase_add_test(tcase, test_nobody);
    tcase_add_test(tcase, test_schemas);
    tcase_add_test(tcase, test_writes_nothing);
    suite_add_tcase(suite, tcase);
}
