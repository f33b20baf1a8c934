/*
 * `syncsched doctor` and what it asks besides the database's catalogs: the function, time zone data,
 * the clocks, the schedules' rows. Each fault is made, alone, and mended by its hint.
 */
#include "integration/doctor_scene.h"
#include "support/front.h"
#include "support/suite.h"
#include "support/testdb.h"
#include "support/tunnel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DAILY    "0 2 * * *"

/* ---- The function ---- */

/* Covers: one request, OPTIONS, with the key; nothing is called, nothing is written. */
START_TEST(test_asks_options)
{
    json_t *others;
    json_t *headers;
    char *before = testdb_text("SELECT last_tick_at FROM sync_trigger_state");
    char *after;

    scene_seed(1, 2, "* * * * *");
    doctor_expect_good();
    others = function_others(scene_function());
    ck_assert_uint_eq(json_array_size(others), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(others, 0), "method")),
                     "OPTIONS");
    headers = json_object_get(json_array_get(others, 0), "headers");
    ck_assert_str_eq(json_string_value(json_object_get(headers, "apikey")), SCENE_KEY);
    ck_assert_str_eq(json_string_value(json_object_get(headers, "authorization")),
                     "Bearer " SCENE_KEY);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    after = testdb_text("SELECT last_tick_at FROM sync_trigger_state");
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
    json_decref(others);
}
END_TEST

static const struct {
    const char *script;
    const char *state;
    const char *message;
    const char *hint;
} answers[] = {
    {"OPTIONS status=401", "fail", "the key was refused: 401",
     "give SUPABASE_SERVICE_ROLE_KEY a secret key of this project"},
    {"OPTIONS status=403", "fail", "the key was refused: 403",
     "deploy run-integration --no-verify"},
    {"OPTIONS status=404", "fail", "/functions/v1/run-integration: 404",
     "supabase functions deploy run-integration --no-verify-jwt"},
    {"OPTIONS action=redirect", "fail", "sends callers elsewhere: 30", "set SUPABASE_URL, or "},
    {"OPTIONS status=503", "warning", "answered OPTIONS with 503",
     "let the function answer OPTIONS"},
    {"OPTIONS status=429", "warning", "answered OPTIONS with 429",
     "let the function answer OPTIONS"},
    {"OPTIONS action=close", "fail", " was not reached: ", "set SUPABASE_URL, or SYNCSCHED_FUNC"},
    {"OPTIONS action=garbage", "fail", " was not reached: ", "set SUPABASE_URL, or SYNCSCHED_FUNC"},
};

/* Covers: each answer that says something; mended where that is, at the function's end. */
START_TEST(test_answer)
{
    char *hint;

    function_script(scene_function(), answers[_i].script);
    hint = doctor_expect_fault("function", answers[_i].state, answers[_i].message, true);
    ck_assert_msg(strstr(hint, answers[_i].hint) != NULL, "%s", hint);
    function_script(scene_function(), "");
    doctor_expect_good();
    free(hint);
}
END_TEST

/* Covers: a function that does not know OPTIONS is there, all the same. */
START_TEST(test_other_answers)
{
    static const char *const scripts[] = {"OPTIONS status=200", "OPTIONS status=405",
                                          "OPTIONS status=400"};

    for (size_t i = 0; i < COUNT(scripts); i++) {
        function_script(scene_function(), scripts[i]);
        doctor_expect_good();
    }
}
END_TEST

static const struct {
    const char *name;
    const char *value;
    const char *message;
    const char *hint;
} addresses[] = {
    {"SUPABASE_URL", "http://127.0.0.1:1",
     "http://127.0.0.1:1/functions/v1/run-integration was not ",
     "set SUPABASE_URL, or SYNCSCHED_FUNCTION_URL, to where"},
    {"SUPABASE_URL", "", "SUPABASE_URL is not set", "set SUPABASE_URL=https://PROJECT.supabase.co"},
    {"SUPABASE_URL", "http://example.org", "http:// would send the key to example.org unprotected",
     "use https://, or set SYNCSCHED_ALLOW_HTTP=example.org"},
    {"SUPABASE_URL", "ftp://127.0.0.1", "must begin with https://", "correct that setting"},
    {"SUPABASE_URL", "https://abc.supabase.co/functions/v1",
     "SUPABASE_URL holds more than the project's address", "set SUPABASE_URL=https://abc."},
    {"SUPABASE_URL", "'https://abc.supabase.co'", "SUPABASE_URL has quotes around its value",
     "remove the quotes"},
    {"SYNCSCHED_REGION", "eu central", "SYNCSCHED_REGION may hold", "such as SYNCSCHED_REGION="},
    {"SYNCSCHED_FUNCTION", "a b", "SYNCSCHED_FUNCTION may hold letters", "correct that setting"},
    {"SYNCSCHED_CA_FILE", "/nonexistent", "cannot read SYNCSCHED_CA_FILE", "correct that setting"},
    {"SYNCSCHED_PROXY", "socks://x", "SYNCSCHED_PROXY must begin with", "correct that setting"},
};

START_TEST(test_address)
{
    char *hint;

    setenv(addresses[_i].name, addresses[_i].value, 1);
    hint = doctor_expect_fault("function", "fail", addresses[_i].message, true);
    ck_assert_msg(strstr(hint, addresses[_i].hint) != NULL, "%s", hint);
    unsetenv(addresses[_i].name);
    setenv("SUPABASE_URL", function_url(scene_function()), 1);
    doctor_expect_good();
    free(hint);
}
END_TEST

/* Covers: an authority that nobody knows, until it is named. */
START_TEST(test_untrusted)
{
    struct front *front = front_start("good", function_url(scene_function()));
    char *hint;

    setenv("SUPABASE_URL", front_url(front, "localhost"), 1);
    hint = doctor_expect_fault("function", "fail", " was not reached: ", true);
    ck_assert_msg(strstr(hint, "set SYNCSCHED_CA_FILE=FILE") == hint, "%s", hint);
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
    doctor_expect_good();
    free(hint);
    front_stop(front);
}
END_TEST

/* Covers: a proxy that makes no tunnel, until it does. */
START_TEST(test_proxy)
{
    struct front *front = front_start("good", function_url(scene_function()));
    struct tunnel *tunnel = tunnel_start(front_url(front, "function.test"));
    char proxy[100];
    char *hint;

    snprintf(proxy, sizeof proxy, "http://%s", tunnel->address);
    setenv("SUPABASE_URL", front_url(front, "function.test"), 1);
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
    setenv("SYNCSCHED_PROXY", proxy, 1);
    tunnel->status = 403;
    hint = doctor_expect_fault("function", "fail", " was not reached: ", true);
    ck_assert_msg(strstr(hint, "set SYNCSCHED_PROXY=") == hint, "%s", hint);
    tunnel->status = 200;
    doctor_expect_good();
    free(hint);
    front_stop(front);
}
END_TEST

/* ---- Rows ---- */

static const struct {
    const char *change; /* of the second of two integrations */
    const char *name;   /* by which the finding calls it then */
    const char *message;
} rows[] = {
    {"UPDATE organization_integrations SET cron_schedule = '5/10 * * * *'",
     "Nordlys / xledger (10000000)",
     "cron_schedule: minute \"5/10\" has a step after a single number (write \"5-59/10\")"},
    {"UPDATE organization_integrations SET cron_schedule = ''", "Nordlys / xledger (10000000)",
     "cron_schedule: "},
    {"UPDATE organization_integrations SET integration_type = 'visma'",
     "Nordlys / visma (10000000)",
     "integration_type \"visma\" is not known (it is one of xledger, dynamics, bufdir; "
     "SYNCSCHED_TYPES adds others)"},
    {"INSERT INTO organizations VALUES ('00000000-0000-4000-8000-00000000000b', 'x', "
     "'Europe/Olso');"
     "UPDATE organization_integrations SET org_id = '00000000-0000-4000-8000-00000000000b'",
     "x / xledger (10000000)", "time zone \"Europe/Olso\" is not known"},
    {"UPDATE organization_integrations SET org_id = '00000000-0000-4000-8000-00000000000b'",
     "organisation 00000000 / xledger (10000000)", "its organisation does not exist"},
};

START_TEST(test_row)
{
    char *hint;

    scene_seed(1, 2, DAILY);
    testdb_exec("%s WHERE integration_id = '%s'", rows[_i].change, scene_integration(2));
    hint = doctor_expect_fault("rows", "warning", rows[_i].name, true);
    ck_assert_ptr_nonnull(strstr(hint, scene_integration(2)));
    free(hint);
    doctor_expect_mended("rows", "warning", rows[_i].message);
    ck_assert_int_eq(/* nothing was disabled: these two, and the scene's own */
                     testdb_number(
                         "SELECT count(*) FROM organization_integrations WHERE is_enabled"),
                     3);
}
END_TEST

/* Covers: ten are named, the others counted, and are named when these are mended. */
START_TEST(test_many_rows)
{
    struct diagnosis diagnosis;

    scene_seed(1, 13, "every day");
    diagnosis = doctor_diagnose();
    ck_assert_uint_eq(diagnosis.failed, 0);
    ck_assert_uint_eq(diagnosis.warned, 11);
    ck_assert_str_eq(diagnosis_text(&diagnosis, diagnosis_first(&diagnosis) + 10, "message"),
                     "3 more schedules are not valid");
    for (size_t i = 0; i < 10; i++)
        doctor_apply(diagnosis_text(&diagnosis, diagnosis_first(&diagnosis) + i, "hint"));
    diagnosis_free(&diagnosis);
    diagnosis = doctor_diagnose();
    ck_assert_uint_eq(diagnosis.warned, 3);
    diagnosis_free(&diagnosis);
}
END_TEST

/* ---- Time ---- */

/* Covers: a failure only where a schedule needs the data, and then told once, not row by row. */
START_TEST(test_zones)
{
    scene_seed(1, 3, DAILY);
    if (_i == 1)
        testdb_exec("UPDATE organizations SET timezone = 'Europe/Oslo'");
    setenv("TZDIR", "/nonexistent", 1);
    doctor_expect_mended("zones", _i == 1 ? "fail" : "warning",
                         _i == 1 ? "this system has no time zone data; schedules that need it: 4"
                                 : "this system has no time zone data; schedules that need it: 0");
}
END_TEST

/* Covers: a database whose clock is not this host's, by a function of that name that goes first. */
START_TEST(test_clock)
{
    static const char *const texts[][2] = {
        {"+ '1 min'", " s behind the database's, by which ticks go"},
        {"- '50 s'", " s ahead of the database's, by which ticks go"}};
    char sql[400];
    char *hint;

    snprintf(sql, sizeof sql,
             "CREATE SCHEMA skewed; GRANT USAGE ON SCHEMA skewed TO PUBLIC;"
             "CREATE FUNCTION skewed.now() RETURNS timestamptz LANGUAGE sql STABLE"
             " AS $$ SELECT pg_catalog.now() %s::interval $$;"
             "ALTER ROLE {role} SET search_path = skewed, pg_catalog, public",
             texts[_i][0]);
    doctor_exec(sql);
    hint = doctor_expect_fault("clock", "warning", texts[_i][1], true);
    ck_assert_str_eq(hint, "timedatectl set-ntp true");
    doctor_exec("DROP SCHEMA skewed CASCADE"); /* as if it had been set right */
    doctor_expect_good();
    free(hint);
}
END_TEST

/* Covers: a table that somebody holds: the tick's own reading fails, although all is there. */
START_TEST(test_locked_table)
{
    PGconn *stranger = scene_stranger("LOCK TABLE organizations IN ACCESS EXCLUSIVE MODE");
    char *hint = doctor_expect_fault("schedules", "fail", "database: ", true);

    ck_assert_msg(strstr(hint, "another session holds a lock") == hint, "%s", hint);
    PQfinish(stranger);
    doctor_expect_good();
    free(hint);
}
END_TEST

SUITE(doctor_asks)
{
    TCase *function = tcase_create("doctor-function");
    TCase *others = tcase_create("doctor-others");

    tcase_add_checked_fixture(function, doctor_open, doctor_close);
    tcase_add_test(function, test_asks_options);
    tcase_add_loop_test(function, test_answer, 0, (int)COUNT(answers));
    tcase_add_test(function, test_other_answers);
    tcase_add_loop_test(function, test_address, 0, (int)COUNT(addresses));
    tcase_add_test(function, test_untrusted);
    tcase_add_test(function, test_proxy);
    suite_add_tcase(suite, function);
    tcase_add_checked_fixture(others, doctor_open, doctor_close);
    tcase_add_loop_test(others, test_row, 0, (int)COUNT(rows));
    tcase_add_test(others, test_many_rows);
    tcase_add_loop_test(others, test_zones, 0, 2);
    tcase_add_loop_test(others, test_clock, 0, 2);
    tcase_add_test(others, test_locked_table);
    suite_add_tcase(suite, others);
}
