/*
 * A run that failed says why on stderr, in the words of the log, each run once and up to a limit; and a
 * person who types a tick again hears why nothing happens.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

/* Takes out how long each call took, " after 0.1 s", and says how many of these there were. */
static int drop_durations(char *text)
{
    int count = 0;

    for (char *at = text; (at = strstr(at, " after ")) != NULL; at++) {
        int seconds;
        int tenths;
        int length = 0;

        if (sscanf(at, " after %d.%1d s%n", &seconds, &tenths, &length) != 2 || length == 0)
            continue;
        memmove(at, at + length, strlen(at + length) + 1);
        count++;
    }
    return count;
}

static const struct {
    const char *script;
    const char *said; /* behind the run's id */
} answers[] = {
    {"* status=401 body={\"message\":\"Unregistered-API-key\"}",
     "failed HTTP_401: Unregistered-API-key"},
    {"* status=500 body=oops", "failed HTTP_500: oops"},
    {"* body={\"error\":\"closed\"}", "failed HTTP_200: closed"},
    {"* action=close", "failed "},
};

/* Covers: the organisation, the run, and the log's own words. */
START_TEST(test_said)
{
    struct scene_tick tick;
    char *logged;
    char line[700];

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), answers[_i].script);
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_int_eq(drop_durations(tick.err), 1);
    logged = testdb_text(
        "SELECT format('syncsched: warning: Nordlys / xledger (10000000), run %%s:"
        " failed %%s: %%s (%%s)', left(run_id::text, 8), error_code, error_message,"
        " CASE WHEN http_status IN (401, 403, 404)"
        " THEN 'syncsched doctor says whether the key or the address is wrong, ' ELSE '' END"
        " || 'syncsched log ' || left(run_id::text, 8) || ' says what can be done')"
        " FROM sync_run_log");
    snprintf(line, sizeof line, "%s\n", logged);
    ck_assert_str_eq(tick.err, line);
    ck_assert_msg(strstr(tick.err, answers[_i].said) != NULL, "%s", tick.err);
    free(logged);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: five lines, and a count; with and without a command that gets alerts. */
START_TEST(test_limit)
{
    static const char *const options[] = {"--at " AT, "--on-failure true --at " AT};
    struct scene_tick tick;

    scene_seed(1, 8, DAILY);
    function_script(scene_function(), "* status=500 body=oops");
    tick = scene_run(options[_i]);
    scene_check(&tick, 8, 0, 8, 1);
    ck_assert_int_eq(drop_durations(tick.err), 5);
    ck_assert_msg(count_of(tick.err, ": failed HTTP_500: oops (") == 5, "%s", tick.err);
    ck_assert_msg(
        strstr(tick.err, "3 more runs failed: syncsched log --status failed lists them\n"), "%s",
        tick.err);
    ck_assert_uint_eq(count_lines(tick.err), 6);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: by name, the limit holds for all rounds together. */
START_TEST(test_by_hand)
{
    struct scene_tick tick;

    scene_seed(1, 1, "0 * * * *");
    function_script(scene_function(), "* status=500 body=oops");
    tick =
        scene_run("--integration 10000000 --from 2024-05-01T00:00Z --to 2024-05-01T07:00Z --again");
    scene_check(&tick, 7, 0, 7, 1);
    ck_assert_int_eq(drop_durations(tick.err), 5);
    ck_assert_msg(count_of(tick.err, ": failed HTTP_500: oops (") == 5, "%s", tick.err);
    ck_assert_msg(strstr(tick.err, "\nsyncsched: warning: 2 more runs failed: "), "%s", tick.err);
    ck_assert_uint_eq(count_lines(tick.err), 6);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: an end that could not be stored is in no log, and has its own line alone. */
START_TEST(test_unstored)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500 body=oops");
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one'; END $$;"
                "CREATE TRIGGER refuse BEFORE UPDATE ON sync_run_log"
                " FOR EACH ROW WHEN (NEW.status = 'failed') EXECUTE FUNCTION refuse()");
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_msg(strstr(tick.err, "it failed (unknown, HTTP_500), which could not be stored"),
                  "%s", tick.err);
    ck_assert_uint_eq(count_lines(tick.err), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: each run has its own reason, though one worker serves both. */
START_TEST(test_each)
{
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000001 status=500 body=oops\n"
                                      "* status=404 body=nobody");
    tick = scene_run("--concurrency 1 --at " AT);
    scene_check(&tick, 2, 0, 2, 1);
    ck_assert_int_eq(drop_durations(tick.err), 2);
    ck_assert_msg(strstr(tick.err, ": failed HTTP_500: oops ("), "%s", tick.err);
    ck_assert_msg(strstr(tick.err, ": failed HTTP_404: nobody ("), "%s", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* ---- The second tick ---- */

/* What a tick says on stderr, which is a terminal or goes into a pipe. */
static char *run_watched(bool is_watched)
{
    static char shown[8192];
    struct terminal terminal = terminal_open();
    struct scene_tick tick;
    char wrapper[64];

    snprintf(wrapper, sizeof wrapper, "exec \"$@\" 2>%s", terminal.path);
    scene_set_wrapper(is_watched ? wrapper : NULL);
    tick = scene_run("");
    ck_assert_int_eq(tick.status, 0);
    terminal_read(&terminal, shown, sizeof shown);
    if (!is_watched)
        snprintf(shown, sizeof shown, "%s", tick.err);
    terminal_close(&terminal);
    scene_tick_free(&tick);
    return shown;
}

/* Covers: what the log has already is skipped, which a person hears and another trigger does not. */
START_TEST(test_again)
{
    int64_t slot = scene_settle(20000);

    scene_seed(1, 2, scene_minute_cron(slot));
    function_script(scene_function(), "* body={\"recordsExported\":1}");
    ck_assert_ptr_null(strstr(run_watched(true), "skipped"));
    ck_assert_ptr_nonnull(strstr(run_watched(true),
                                 "2 integrations skipped, the log has the slot of "
                                 "this minute already: syncsched log --since"));
    ck_assert_str_eq(run_watched(false), "");
    ck_assert_int_eq(scene_count(NULL), 2);
}
END_TEST

SUITE(failures)
{
    TCase *tcase = tcase_create("failures");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_loop_test(tcase, test_said, 0, sizeof answers / sizeof *answers);
    tcase_add_loop_test(tcase, test_limit, 0, 2);
    tcase_add_test(tcase, test_by_hand);
    tcase_add_test(tcase, test_unstored);
    tcase_add_test(tcase, test_each);
    tcase_add_test(tcase, test_again);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
}
