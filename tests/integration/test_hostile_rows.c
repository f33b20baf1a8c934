/*
 * Rows that are rubbish: whatever the database holds stops no good row, and nothing of it drives
 * the terminal of whoever reads the messages.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"

/* The rows of rubbish; of these it is one in 20 that is disabled in its own way, and no fault. */
enum { RUBBISH = 10000, FAULTS = RUBBISH / 20 * 19, MOST_KB = 200 * 1024 };

/* Twenty kinds, in turn. Those of megabytes are few, for the test's sake. */
#define RUBBISH_SQL                                                                                \
    "ALTER TABLE organization_integrations ALTER is_enabled DROP NOT NULL,"                        \
    "    ALTER integration_type DROP NOT NULL;"                                                    \
    "INSERT INTO organizations (id, name, timezone) VALUES"                                        \
    "    ('00000000-0000-4000-8000-0000000000e1', E'\\x1b[2J\\n\\r\\t\\x07', "                     \
    "E'Mars/\\x1b[31m\\nX'),"                                                                      \
    "    ('00000000-0000-4000-8000-0000000000e2', NULL, repeat('Z', 5000000)),"                    \
    "    ('00000000-0000-4000-8000-0000000000e3', '', '../../etc/passwd'),"                        \
    "    ('00000000-0000-4000-8000-0000000000e4', NULL, '');"                                      \
    "INSERT INTO organization_integrations"                                                        \
    "        (org_id, integration_id, integration_type, cron_schedule, is_enabled)"                \
    "SELECT CASE n %% 20"                                                                          \
    "         WHEN 0 THEN '00000000-0000-4000-8000-0000000000e1'"                                  \
    "         WHEN 1 THEN '00000000-0000-4000-8000-0000000000e2'"                                  \
    "         WHEN 2 THEN '00000000-0000-4000-8000-0000000000e3'"                                  \
    "         WHEN 3 THEN '00000000-0000-4000-8000-0000000000e4'"                                  \
    "         WHEN 4 THEN 'ffffffff-0000-4000-8000-0000000000ff'" /* no such organisation */       \
    "         ELSE '" SCENE_ORG "' END::uuid,"                                                     \
    "       ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,"                         \
    "       CASE n %% 20"                                                                          \
    "         WHEN 5 THEN E'sap\\x1b]0;owned\\x07\\r\\n'"                                          \
    "         WHEN 6 THEN NULL"                                                                    \
    "         WHEN 7 THEN ''"                                                                      \
    "         WHEN 8 THEN repeat('xledger', 1000)"                                                 \
    "         ELSE 'xledger' END,"                                                                 \
    "       CASE n %% 20"                                                                          \
    "         WHEN 9 THEN E'0 2 * * *\\n* * * * *'"                                                \
    "         WHEN 10 THEN E'\\x1b[31m0 2 * * *'"                                                  \
    "         WHEN 11 THEN ''"                                                                     \
    "         WHEN 12 THEN '99 * * * *'"                                                           \
    "         WHEN 13 THEN U&'\\009B31m 2 * * *'" /* ESC [ in one character */                     \
    "         WHEN 14 THEN CASE WHEN n < 100 THEN repeat('0,', 2000000) ELSE '0,' END || ' 2 * * " \
    "*'"                                                                                           \
    "         WHEN 15 THEN repeat('* ', 300)"                                                      \
    "         WHEN 16 THEN U&'\\202E0 2 * * *'"                                                    \
    "         WHEN 17 THEN '@reboot'"                                                              \
    "         WHEN 18 THEN '0 2 * * * ; DROP TABLE sync_run_log'"                                  \
    "         ELSE '0 2 * * *' END,"                                                               \
    "       CASE WHEN n %% 20 = 19 THEN NULL ELSE true END"                                        \
    "  FROM generate_series(1, %d) AS n"

static void open_scene(void)
{
    scene_open();
    testdb_exec(RUBBISH_SQL, RUBBISH);
    scene_seed(1, 3, DAILY);
}

/* No control character but the line's end, in one byte or in two (U+0080 to U+009F). */
static void assert_printable(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        ck_assert_msg((*at >= ' ' || *at == '\n') && *at != 0x7F &&
                          !(*at == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0),
                      "byte %02x at %.60s", *at, (const char *)at);
}

/* One warning for the first row, and one that counts the rest. */
static void assert_warnings(const char *err)
{
    char rest[100];
    int lines = 0;

    assert_printable(err);
    for (const char *line = err; *line != '\0'; line = strchr(line, '\n') + 1) {
        ck_assert_msg(strncmp(line, "syncsched: warning: ", 20) == 0, "%.200s", line);
        lines++;
    }
    ck_assert_int_eq(lines, 2);
    snprintf(rest, sizeof rest,
             "syncsched: warning: %d more rows are not valid: syncsched status names them\n",
             FAULTS - 1);
    ck_assert_msg(strcmp(err + strlen(err) - strlen(rest), rest) == 0, "%.200s",
                  err + strlen(err) - strlen(rest));
}

/* Covers: three good rows among 10,000 bad ones are served; of the bad ones enough is told. */
START_TEST(test_run)
{
    struct scene_tick tick = scene_run("--at " AT);

    scene_check(&tick, 3, 0, 0, 0);
    assert_warnings(tick.err);
    for (int n = 1; n <= 3; n++)
        ck_assert_uint_eq(function_count(scene_function(), scene_integration(n)), 1);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_int_eq(scene_count(NULL), 3);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a plain tick, which also keeps the state of each of them, and the one after it. */
START_TEST(test_plain_runs)
{
    int64_t slot = scene_settle(20000);
    struct scene_tick tick;

    testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'"
                " WHERE integration_id IN ('%s', '%s', '%s')",
                scene_minute_cron(slot), scene_integration(1), scene_integration(2),
                scene_integration(3));
    tick = scene_run("");
    scene_check(&tick, 3, 0, 0, 0);
    assert_warnings(tick.err);
    scene_tick_free(&tick);
    tick = scene_run("");
    scene_check(&tick, 0, 3, 0, 0);
    ck_assert_str_eq(tick.err, "");
    ck_assert_int_eq(scene_count(NULL), 3);
    scene_tick_free(&tick);
}
END_TEST

static const char *const readers[][4] = {
    {"due", "--at", AT},
    {"next", "--json"},
};

/* Covers: the other commands say the same; megabytes are not even fetched. */
START_TEST(test_readers)
{
    const char *argv[6] = {PROGRAM};
    struct program_result result;

    for (size_t i = 0; i < 4 && readers[_i][i] != NULL; i++)
        argv[i + 1] = readers[_i][i];
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "exit %d: %.1000s", result.status, result.err);
    assert_warnings(result.err);
    assert_printable(result.out);
    for (int n = 1; n <= 3; n++)
        ck_assert_msg(strstr(result.out, scene_integration(n)) != NULL, "%s", result.out);
    ck_assert_int_lt(result.most_kb, MOST_KB);
    program_result_free(&result);
}
END_TEST

/* Covers: the same for people, who are shown short ids. */
START_TEST(test_next)
{
    const char *const argv[] = {PROGRAM, "next", NULL};
    struct program_result result = program_run(argv, NULL);
    const char *line = result.out;

    ck_assert_msg(result.status == 0, "exit %d: %.1000s", result.status, result.err);
    assert_warnings(result.err);
    assert_printable(result.out);
    for (int n = 1; n <= 3; n++) {
        line = strstr(line, "10000000 ");
        ck_assert_msg(line != NULL, "%s", result.out);
        line++;
    }
    ck_assert_int_lt(result.most_kb, MOST_KB);
    program_result_free(&result);
}
END_TEST

/* Covers: an audit, whose rows of the log are no better. */
START_TEST(test_audit)
{
    const char *const argv[] = {PROGRAM, "audit", "--from", AT, "--to", "2024-05-02T00:00Z", NULL};
    struct program_result result;

    free(scene_seed_run(1, "completed", 28574040, 10));
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                "  covers_from, attempt, status, idempotency_key, triggered_by, failed_at,"
                "  error_class, error_code, error_message)"
                " SELECT org_id, integration_id, E'\\x1b[1m', '" AT "', '" AT "', 1, 'failed',"
                "  E'\\x1b[1m', 'manual', now(), 'rejected', E'\\x1b[31mNO\\n', E'\\x1b[2J'"
                " FROM organization_integrations WHERE integration_id = '%s'",
                scene_integration(2));
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 1, "exit %d: %.1000s", result.status, result.err);
    assert_printable(result.out);
    assert_printable(result.err);
    ck_assert_ptr_nonnull(strstr(result.out, "NO"));
    program_result_free(&result);
}
END_TEST

/* Covers: on a terminal, too, where the program's own escape sequence erases its own line. */
START_TEST(test_terminal)
{
    static char shown[65536];
    static char wrapper[100];
    static const char erase[] = "\r\033[K";
    struct terminal terminal = terminal_open();
    char *at;

    testdb_exec("DELETE FROM organization_integrations WHERE integration_id::text >="
                " '00000000-0000-4000-8000-000000000020' AND integration_id::text < '1'");
    snprintf(wrapper, sizeof wrapper, "exec \"$@\" 2>%s", terminal.path);
    scene_set_wrapper(wrapper);
    scene_expect(scene_run("--at " AT), 3, 0, 0, 0);
    terminal_read(&terminal, shown, sizeof shown);
    ck_assert_ptr_nonnull(strstr(shown, "more rows are not valid"));
    while ((at = strstr(shown, erase)) != NULL)
        memmove(at, at + strlen(erase), strlen(at + strlen(erase)) + 1);
    while ((at = strstr(shown, "\r\n")) != NULL) /* what the terminal makes of a line's end */
        memmove(at, at + 1, strlen(at + 1) + 1);
    assert_printable(shown);
    terminal_close(&terminal);
}
END_TEST

SUITE(hostile_rows)
{
    TCase *tcase = tcase_create("hostile-rows");

    tcase_add_checked_fixture(tcase, open_scene, scene_close);
    tcase_add_test(tcase, test_run);
    tcase_add_test(tcase, test_plain_runs);
    tcase_add_loop_test(tcase, test_readers, 0, (int)COUNT(readers));
    tcase_add_test(tcase, test_next);
    tcase_add_test(tcase, test_audit);
    tcase_add_test(tcase, test_terminal);
    suite_add_tcase(suite, tcase);
}
