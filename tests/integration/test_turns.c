/*
 * The wrong turns of a first hour (tests/turns): each is taken, and what is said then is what
 * doc/wrong-turns.md shows. On a server of its own, at a time that stands still.
 *
 * TURNS=write: the page is not compared, but written anew.
 */
#include "support/clock_server.h"
#include "support/program.h"
#include "support/scene.h"
#include "support/suite.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "doc/wrong-turns.md"

static char *turns;

/* What the script prints; the program's own way to the server leaves no trace in its environment. */
static char *take_turns(void)
{
    const char *wrapper = clock_server_wrapper();
    const char *source = getenv("TEST_SOURCE");
    struct text script = {0};
    struct program_result result;

    text_append(&script, wrapper, (size_t)(strstr(wrapper, "exec ") - wrapper));
    text_addf(&script,
              "export TURNS_CLOCK=\"$FAKETIME_TIMESTAMP_FILE\" BUILD;"
              "BUILD=$(cd \"$(dirname \"$0\")\" && pwd) && cd '%s' && tests/turns/make-turns",
              source != NULL ? source : ".");
    result =
        program_run((const char *const[]){"sh", "-c", text_string(&script), scene_program(), NULL},
                    (const char *const[]){"SUPABASE_DB_URL", NULL});
    ck_assert_msg(result.status == 0, "exit %d: %s\n%s", result.status, result.out, result.err);
    text_free(&script);
    free(result.err);
    return result.out;
}

static void open_turns(void)
{
    setenv("TZ", "UTC0", 1); /* in which the clock is set */
    clock_server_start();
    turns = take_turns();
}

static void close_turns(void)
{
    free(turns);
    clock_server_stop();
}

/* Up to the next turn, or to the end. */
static size_t turn_length(const char *turn)
{
    const char *next = strstr(turn + 1, "\n## ");

    return next != NULL ? (size_t)(next - turn) : strlen(turn);
}

/* Covers: each turn, word for word. */
START_TEST(test_turns)
{
    const char *mode = getenv("TURNS");
    struct program_result page = program_run((const char *const[]){"cat", PAGE, NULL}, NULL);
    const char *expected = page.out;

    if (mode != NULL && strcmp(mode, "write") == 0) {
        scene_write_file(PAGE, turns);
        program_result_free(&page);
        return;
    }
    for (const char *actual = turns; *actual != '\0' || *expected != '\0';) {
        size_t length = turn_length(actual);
        size_t wanted = turn_length(expected);
        const char *unasked = strstr(actual, "\nnot asked: ");

        if (unasked != NULL && unasked < actual + length)
            printf("%.*s: %.*s\n", (int)strcspn(actual + 1, "\n"), actual + 1,
                   (int)strcspn(unasked + 1, "\n"), unasked + 1);
        else
            ck_assert_msg(length == wanted && strncmp(actual, expected, length) == 0,
                          PAGE ": it is\n%.*s\nand not\n%.*s\n(\"make turns\" writes it anew; look "
                               "at the difference)",
                          (int)length, actual, (int)wanted, expected);
        actual += length;
        expected += wanted;
    }
    program_result_free(&page);
}
END_TEST

/* Covers: there are twenty at least, and each command says what to do about most of them. */
START_TEST(test_twenty)
{
    int count = 0;

    for (const char *at = turns; (at = strstr(at, "\n## ")) != NULL; at++)
        ck_assert_int_eq(strtol(at + strlen("\n## "), NULL, 10), ++count);
    ck_assert_int_ge(count, 20);
}
END_TEST

SUITE(turns)
{
    TCase *tcase = tcase_create("turns");

    tcase_add_unchecked_fixture(tcase, open_turns, close_turns);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, test_turns);
    tcase_add_test(tcase, test_twenty);
    suite_add_tcase(suite, tcase);
}
