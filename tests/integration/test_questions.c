/*
 * The thirty questions of tests/questions/questions.txt, each with the command that answers it, on a
 * database of 12 organisations, 42 integrations and 100,000 runs, at a time that stands still. And on
 * the same database: what terminals show, and what programs read.
 *
 * QUESTIONS=write: the answers are not compared, but written anew.
 */
#include "support/clock_server.h"
#include "support/program.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS "tests/questions/questions.txt"
#define EXAMPLES  "man/examples"

/*
 * Runs a line of shell below the tree, at the server's time, which HISTORY_CLOCK sets. PATH has what
 * was built first. It must succeed; returns what it printed, to be freed.
 */
static char *run_line(const char *line)
{
    const char *wrapper = clock_server_wrapper();
    const char *source = getenv("TEST_SOURCE");
    struct text script = {0};
    struct program_result result;

    text_append(&script, wrapper, (size_t)(strstr(wrapper, "exec ") - wrapper));
    text_addf(&script,
              "export HISTORY_CLOCK=\"$FAKETIME_TIMESTAMP_FILE\" BUILD=\"$(dirname \"$0\")\";"
              "BUILD=$(cd \"$BUILD\" && pwd) && export PATH=\"$BUILD:$PATH\" && cd '%s' && %s",
              source != NULL ? source : ".", line);
    result =
        program_run((const char *const[]){"sh", "-c", text_string(&script), scene_program(), NULL},
                    (const char *const[]){"SUPABASE_DB_URL", NULL});
    ck_assert_msg(result.status == 0, "%s: exit %d: %s%s", line, result.status, result.out,
                  result.err);
    text_free(&script);
    free(result.err);
    return result.out;
}

static char *answers;

static void open_history(void)
{
    setenv("TZ", "UTC0", 1); /* in which the clock is set */
    clock_server_start();
    testdb_create_empty();
    answers = run_line("scripts/dev/make-history tests/questions/ask " QUESTIONS);
}

static void close_history(void)
{
    free(answers);
    testdb_drop();
    clock_server_stop();
}

/* ---- What people ask ---- */

static char *read_questions(void)
{
    return run_line("cat " QUESTIONS);
}

/* Covers: each answer, word for word. */
START_TEST(test_answers)
{
    const char *mode = getenv("QUESTIONS");
    const char *actual = answers;
    char *whole = read_questions();
    const char *expected = whole;
    size_t number = 1;

    if (mode != NULL && strcmp(mode, "write") == 0) {
        scene_write_file(QUESTIONS, answers);
        free(whole);
        return;
    }
    while (*actual != '\0' || *expected != '\0') {
        size_t length = strcspn(actual, "\n");

        ck_assert_msg(strcspn(expected, "\n") == length && strncmp(actual, expected, length) == 0,
                      QUESTIONS ":%zu: it says\n%.*s\nand not\n%.*s\n(\"make questions\" writes it"
                                " anew; look at the difference)",
                      number, (int)length, actual, (int)strcspn(expected, "\n"), expected);
        actual += length + (actual[length] == '\n');
        expected += length + (expected[length] == '\n');
        number++;
    }
    free(whole);
}
END_TEST

/* Covers: there are thirty, and few are without an answer. */
START_TEST(test_thirty)
{
    char *whole = read_questions();
    int questions = 0;
    int open = 0;

    for (const char *at = whole; (at = strstr(at, "\n## ")) != NULL; at++)
        ck_assert_int_eq(strtol(at + strlen("\n## "), NULL, 10), ++questions);
    for (const char *at = whole; (at = strstr(at, "\n$ OPEN")) != NULL; at++)
        open++;
    ck_assert_int_eq(questions, 30);
    ck_assert_int_le(open, 2);
    ck_assert_int_ge(testdb_number("SELECT count(*) FROM sync_run_log"), 100000);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM organization_integrations"), 42);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM organizations"), 12);
    free(whole);
}
END_TEST

/* Covers: the examples beside the manual are what report makes of that database. */
START_TEST(test_pages)
{
    const char *mode = getenv("QUESTIONS");

    if (mode != NULL && strcmp(mode, "write") == 0)
        free(run_line("mkdir -p " EXAMPLES " && tests/questions/pages " EXAMPLES));
    else
        free(run_line("made=$(mktemp -d) && tests/questions/pages \"$made\" &&"
                      " diff -r \"$made\" " EXAMPLES " && rm -r \"$made\""));
}
END_TEST

/* ---- What programs and terminals get of it ---- */

/* Covers: the JSON of each command fits its schema; a CSV reader gets what the JSON says, defused. */
START_TEST(test_read_back)
{
    free(run_line("SYNCSCHED_FUNCTION_URL=http://127.0.0.1:1/ SUPABASE_SERVICE_ROLE_KEY=sb_secret_x"
                  " tests/questions/read-back"));
}
END_TEST

/* Covers: in tmux at 80x24 and 200x50 all is aligned, and what is worst is on the screen. */
START_TEST(test_terminal)
{
    free(run_line("env -u LD_PRELOAD CLOCK_PRELOAD=\"$LD_PRELOAD\" tests/questions/look"));
}
END_TEST

SUITE(questions)
{
    TCase *tcase = tcase_create("questions");

    tcase_add_unchecked_fixture(tcase, open_history, close_history);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, test_answers);
    tcase_add_test(tcase, test_thirty);
    tcase_add_test(tcase, test_pages);
    tcase_add_test(tcase, test_read_back);
    tcase_add_test(tcase, test_terminal);
    suite_add_tcase(suite, tcase);
}
