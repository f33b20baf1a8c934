/*
 * metrics, through the real program: what the numbers are, that names do no harm, and that the file
 * of the documented line is whole however often it is cut off.
 */
#include "integration/documents.h"
#include "integration/status_scene.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { MANY = 60, CUTS = 100, KILLS = 20 };

/* Fails unless the text is there. */
static void check_line(const char *out, const char *line)
{
    ck_assert_msg(strstr(out, line) != NULL, "%s is not in\n%s", line, out);
}

/* ---- Numbers ---- */

#define LABELS(n)                                                                                  \
    "{org_id=\"" STATUS_ORG "\",organization=\"Bakeri\",integration_id=\"b0000000-0000-4000-8000-" \
    "00000000000" n "\",integration_type=\"xledger\"} "

static const char *const lines[] = {
    "\nsyncsched_ticking 1\n",
    "\nsyncsched_trigger_last_tick_timestamp_seconds{trigger_name=\"cron\",host=\"alpha\"} 1",
    "\nsyncsched_pending_runs 1\n",
    "\nsyncsched_integration_condition" LABELS("1") "0\n",
    "\nsyncsched_integration_condition" LABELS("2") "2\n",
    "\nsyncsched_integration_last_duration_seconds" LABELS("1") "7.000\n",
    "\nsyncsched_integration_last_records" LABELS("1") "130\n",
    "\nsyncsched_integration_failed_slots" LABELS("1") "0\n",
    "\nsyncsched_integration_failed_slots" LABELS("2") "3\n",
    "\nsyncsched_integration_unknown_slots" LABELS("2") "1\n",
    "\nsyncsched_integration_open_runs" LABELS("2") "0\n",
    "\nsyncsched_integration_open_runs" LABELS("3") "1\n",
    "\nsyncsched_integration_open_runs" LABELS("4") "1\n",
};

/* What has not been, and what is disabled, has no sample. */
static const char *const absent[] = {
    "syncsched_integration_last_records" LABELS("2"),
    "syncsched_integration_last_success_timestamp_seconds" LABELS("2"),
    "syncsched_integration_condition" LABELS("5"),
    "host=\"gamma\"",
};

START_TEST(test_numbers)
{
    struct program_result result;

    for (int n = 1; n <= 5; n++)
        status_add(n, "0 2 * * *");
    status_add_runs(1, "completed 1 days");
    status_add_runs(2, "failed 3 days, failed 2 days, unknown 1 days");
    status_add_runs(3, "pending 1 minutes");
    status_add_runs(4, "running 1 minutes");
    testdb_exec(
        "UPDATE organization_integrations SET is_enabled = false WHERE integration_id = '%s';"
        "UPDATE sync_run_log SET records_exported = 130,"
        "       completed_at = started_at + interval '7 s' WHERE status = 'completed';"
        "INSERT INTO sync_trigger_state VALUES ('other', 'gamma', now() + interval '1 day')",
        status_integration(5));
    result = status_run("metrics", NULL);
    ck_assert_msg(result.status == 0 && *result.err == '\0', "%d %s", result.status, result.err);
    for (size_t i = 0; i < COUNT(lines); i++)
        check_line(result.out, lines[i]);
    for (size_t i = 0; i < COUNT(absent); i++)
        ck_assert_msg(strstr(result.out, absent[i]) == NULL, "%s is in\n%s", absent[i], result.out);
    program_result_free(&result);
}
END_TEST

/* ---- The format ---- */

/* Prints what is no line of the format, and what comes twice or not together. */
#define CHECK_FORMAT                                                                               \
    " | awk '"                                                                                     \
    "/^# (TYPE|UNIT|HELP) syncsched_[a-z_]+ ./ {"                                                  \
    "    if ($2 == \"TYPE\" && seen[$3]++) print \"twice: \" $0;"                                  \
    "    if ($2 == \"UNIT\" && $3 !~ \"_\" $4 \"$\") print \"another unit: \" $0;"                 \
    "    family = $3; next }"                                                                      \
    "/^# EOF$/ { ended = NR; next }"                                                               \
    "/^syncsched_[a-z_]+(\\{([a-z_]+=\"([^\"\\\\]|\\\\[\\\\\"])*\",?)+\\})? [0-9]+(\\.[0-9]+)?$/ " \
    "{"                                                                                            \
    "    name = $0; sub(/[ {].*/, \"\", name); series = $0; sub(/ [^ ]*$/, \"\", series);"         \
    "    if (name != family) print \"not together: \" $0;"                                         \
    "    if (series in all) print \"twice: \" $0; all[series]; next }"                             \
    "{ print \"no line: \" $0 }"                                                                   \
    "END { if (ended != NR) print \"no end\" }'"

/* Names that would end a label, a line or the family; and a row that is there twice. */
static const char hostile[] =
    "UPDATE organizations SET name = E'a\"} 1\\n# EOF\\nb\\\\\\u202e\\u001b[31m\\u2028c';"
    "ALTER TABLE organization_integrations DROP CONSTRAINT organization_integrations_pkey;"
    "INSERT INTO organization_integrations SELECT * FROM organization_integrations"
    " WHERE integration_id = 'b0000000-0000-4000-8000-000000000002'";

START_TEST(test_format)
{
    struct program_result result;

    status_add(1, "0 2 * * *");
    status_add(2, "0 2 * * *");
    status_add_runs(1, "completed 1 days");
    testdb_exec("%s", hostile);
    result = status_run("metrics" CHECK_FORMAT, NULL);
    ck_assert_msg(*result.out == '\0', "%s", result.out);
    program_result_free(&result);
    result = status_run("metrics", NULL);
    check_line(result.out, ",organization=\"a\\\"} 1 # EOF b\\\\\xEF\xBF\xBD\xEF\xBF\xBD[31m c\",");
    check_line(result.out, "\nsyncsched_set_aside_integrations 1\n");
    program_result_free(&result);
}
END_TEST

static bool has_promtool(void)
{
    return system("command -v promtool >/dev/null") == 0;
}

/* Covers: the tool of Prometheus finds nothing. */
START_TEST(test_promtool)
{
    struct program_result result;

    if (!has_promtool()) {
        fprintf(stderr, "not asked: promtool is not there; scripts/test --night fetches it\n");
        return;
    }
    status_add(1, "0 2 * * *");
    status_add(2, "0 2 * * *");
    status_add_runs(1, "completed 1 days, pending 1 minutes");
    testdb_exec("%s", hostile);
    result = status_run("metrics | promtool check metrics", NULL);
    ck_assert_msg(result.status == 0 && *result.out == '\0' && *result.err == '\0', "%d %s%s",
                  result.status, result.out, result.err);
    program_result_free(&result);
}
END_TEST

/* ---- The file ---- */

/* The line of the manual, for this file and program; what to do before it comes first. */
static char *documented_line(const char *before, const char *file)
{
    char *line = documents_shell(
        "sed -n 's/^\\* \\* \\* \\* \\* \\(f=.*metrics.*\\)/\\1/p' man/syncsched.1", "");
    char *text;

    ck_assert_msg(strncmp(line, "f=/", 3) == 0, "no line: %s", line);
    ck_assert_int_gt(asprintf(&text, "PATH=\"$(dirname \"$0\"):$PATH\"; f=%s; %s; %s", file, before,
                              strchr(line, ';') + 1),
                     0);
    free(line);
    return text;
}

static struct program *start_line(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};

    return program_start(argv, NULL);
}

/* What the file ends with, and how many lines it has. */
static void check_whole(const char *file)
{
    char *text = documents_shell("awk '/^syncsched_integration_condition/ { n++ } { last = $0 }"
                                 " END { print n, last }' \"$1\"",
                                 file);

    ck_assert_str_eq(text, "60 # EOF\n");
    free(text);
}

static void seed_many(char *directory, char *file, size_t size)
{
    for (int n = 1; n <= MANY; n++)
        status_add(n, "0 2 * * *");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(file, size, "%s/syncsched.prom", directory);
}

static void write_once(const char *file)
{
    char *line = documented_line("true", file);
    struct program_result result = program_wait(start_line(line));

    ck_assert_msg(result.status == 0, "%s: %d %s", line, result.status, result.err);
    check_whole(file);
    program_result_free(&result);
    free(line);
}

/* Covers: cut off at a hundred places by the system, in mid-write, the file is that of before. */
START_TEST(test_cut_off)
{
    char directory[] = "/tmp/syncsched-metrics-XXXXXX";
    char file[80];

    seed_many(directory, file, sizeof file);
    write_once(file);
    for (int blocks = 0; blocks < CUTS; blocks++) {
        char before[40];
        char *line;
        struct program_result result;

        snprintf(before, sizeof before, "exec 2>/dev/null; ulimit -f %d", blocks);
        line = documented_line(before, file);
        result = program_wait(start_line(line));
        check_whole(file);
        ck_assert_int_eq(result.status, 0); /* what was begun is removed */
        program_result_free(&result);
        free(line);
    }
    free(documents_shell("rm -r \"$1\"", directory));
}
END_TEST

/* Covers: killed with its shell at any time, it leaves a file that is whole. */
START_TEST(test_killed)
{
    char directory[] = "/tmp/syncsched-metrics-XXXXXX";
    char file[80];
    char *line;

    seed_many(directory, file, sizeof file);
    write_once(file);
    line = documented_line("true", file);
    for (int i = 0; i < KILLS; i++) {
        struct program *program = start_line(line);
        struct program_result result;

        scene_sleep_ms(5 * i);
        kill(-program_pid(program), SIGKILL);
        result = program_wait(program);
        check_whole(file);
        program_result_free(&result);
    }
    free(line);
    free(documents_shell("rm -r \"$1\"", directory));
}
END_TEST

/* Covers: without a database there is no output that could replace the file. */
START_TEST(test_refused)
{
    struct program_result result = status_run("metrics", (const char *[]){"PGPORT=1", NULL});

    ck_assert_int_eq(result.status, 3);
    ck_assert_str_eq(result.out, "");
    program_result_free(&result);
}
END_TEST

SUITE(metrics)
{
    TCase *tcase = tcase_create("metrics");
    TCase *file = tcase_create("metrics-file");

    tcase_add_checked_fixture(tcase, status_scene_open, testdb_drop);
    tcase_add_test(tcase, test_numbers);
    tcase_add_test(tcase, test_format);
    tcase_add_test(tcase, test_promtool);
    tcase_add_test(tcase, test_refused);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(file, status_scene_open, testdb_drop);
    tcase_add_test(file, test_cut_off);
    tcase_add_test(file, test_killed);
    suite_add_tcase(suite, file);
}
