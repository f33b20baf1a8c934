/*
 * check-cron on standard input: one expression a line, whatever bytes the lines hold and however
 * many or long they are. Expressions on the command line are test_check_cron.c's.
 */
#include "support/program.h"
#include "support/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum {
    LINES = 100000,
    INVALID_EVERY = 1000,
    LONG_MB = 50,
#ifdef __SANITIZE_ADDRESS__
    MOST_KB = 1024 * 1024, /* it keeps what was freed for a while */
#else
    MOST_KB = 32 * 1024, /* less than one long line */
#endif
    OUT_MAX = 512 * 1024,
};

static struct program_result run(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};

    return program_run(argv, NULL);
}

/* Runs `producer | check-cron arguments`. */
static struct program_result run_pipe(const char *producer, const char *arguments)
{
    char line[1000];
    int length = snprintf(line, sizeof line, "%s | \"$0\" check-cron %s", producer, arguments);

    ck_assert_int_lt(length, (int)sizeof line);
    return run(line);
}

/* ---- What a line may hold ---- */

#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *producer;
    const char *arguments;
    int status;
    struct {
        const char *expression; /* NULL: there are no more */
        size_t length;
        bool is_valid;
    } lines[8];
} inputs[] = {
    {":", "-", 0, {{0}}},
    {"echo '0 2 * * *'", "-", 0, {{BYTES("0 2 * * *"), true}}},
    {"printf '0 2 * * *'", "-", 0, {{BYTES("0 2 * * *"), true}}},
    {"printf '61 * * * *'", "-", 1, {{BYTES("61 * * * *"), false}}},
    {"printf '\\n\\n'", "-", 1, {{BYTES(""), false}, {BYTES(""), false}}},
    {"printf '0 2 * * *\\n\\n \\n@daily\\n'",
     "-",
     1,
     {{BYTES("0 2 * * *"), true},
      {BYTES(""), false},
      {BYTES(" "), false},
      {BYTES("@daily"), true}}},
    {"printf '0 2 * * *\\r\\n1 2 * * *\\r'",
     "-",
     1,
     {{BYTES("0 2 * * *\r"), false}, {BYTES("1 2 * * *\r"), false}}},
    {"printf '0 2\\000 * * *\\n\\000\\n0 2 * * *\\000\\n* * * * *'",
     "-",
     1,
     {{BYTES("0 2\0 * * *"), false},
      {BYTES("\0"), false},
      {BYTES("0 2 * * *\0"), false},
      {BYTES("* * * * *"), true}}},
    /* What is no UTF-8 is told with \xNN; what is, as it is. */
    {"printf '\\377 2 * * *\\n0 2 * * \\303\\251\\n0 2 * * \\303\\n'",
     "-",
     1,
     {{BYTES("\\xff 2 * * *"), false},
      {BYTES("0 2 * * \xc3\xa9"), false},
      {BYTES("0 2 * * \\xc3"), false}}},
    /* Lines are no options, and "-" in a line is no standard input. */
    {"printf -- '--json\\n-\\n'", "-", 1, {{BYTES("--json"), false}, {BYTES("-"), false}}},
    /* In the order of the operands; what has been read is read once. */
    {"printf '2 2 * * *\\n3 2 * * *\\n'",
     "'1 2 * * *' - '4 2 * * *' -",
     0,
     {{BYTES("1 2 * * *"), true},
      {BYTES("2 2 * * *"), true},
      {BYTES("3 2 * * *"), true},
      {BYTES("4 2 * * *"), true}}},
    {"echo '2 2 * * *'", "-- -", 0, {{BYTES("2 2 * * *"), true}}},
};

/* Covers: one line of JSON for each line, blank ones included, in order. */
START_TEST(test_lines)
{
    char arguments[100];
    struct program_result result;
    const char *at;

    snprintf(arguments, sizeof arguments, "--json %s", inputs[_i].arguments);
    result = run_pipe(inputs[_i].producer, arguments);
    at = result.out;
    for (size_t i = 0; inputs[_i].lines[i].expression != NULL; i++) {
        size_t length = strcspn(at, "\n");
        json_t *line = json_loadb(at, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        const json_t *expression = json_object_get(line, "expression");

        ck_assert_msg(line != NULL && at[length] == '\n', "line %zu is missing: %s", i, result.out);
        ck_assert_uint_eq(json_string_length(expression), inputs[_i].lines[i].length);
        ck_assert_mem_eq(json_string_value(expression), inputs[_i].lines[i].expression,
                         inputs[_i].lines[i].length);
        ck_assert_int_eq(json_is_true(json_object_get(line, "valid")),
                         inputs[_i].lines[i].is_valid);
        at += length + 1;
        json_decref(line);
    }
    ck_assert_str_eq(at, "");
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, inputs[_i].status);
    program_result_free(&result);
}
END_TEST

/* Every byte but the line's end, first, last and alone in a line. */
static const char all_bytes[] =
    "for a in 0 1 2 3; do for b in 0 1 2 3 4 5 6 7; do for c in 0 1 2 3 4 5 6 7; do"
    " [ $a$b$c = 012 ] ||"
    " printf \"\\\\$a$b$c * * * *\\n* * * * \\\\$a$b$c\\n\\\\$a$b$c\\n\"; done; done; done";

/* Covers: the text of hostile lines is printable ASCII, and each of them is counted. */
START_TEST(test_text_is_printable)
{
    struct program_result result = run_pipe(all_bytes, "--count 1 -");
    char totals[40];

    for (size_t i = 0; i < result.out_length; i++)
        ck_assert_msg(result.out[i] == '\n' || (result.out[i] >= ' ' && result.out[i] <= '~'),
                      "byte %02x at %zu", (unsigned char)result.out[i], i);
    snprintf(totals, sizeof totals, "\n%d expressions: ", 3 * 255);
    ck_assert_ptr_nonnull(strstr(result.out, totals));
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, 1);
    program_result_free(&result);
}
END_TEST

/* ---- How long and how many ---- */

static const char *const fillers[] = {"1", "\\377", "\\001", "\\000", " "};

/*
 * Covers: a line of 50 MB is refused, is never all in memory or in the output, and the line behind
 * it is read as ever.
 */
START_TEST(test_long_line)
{
    static const char *const formats[] = {"--json -", "-"};

    for (size_t i = 0; i < COUNT(formats); i++) {
        char producer[200];
        struct program_result result;

        snprintf(producer, sizeof producer,
                 "{ head -c %d000000 /dev/zero | tr '\\000' '%s'; printf '\\n0 2 * * *\\n'; }",
                 LONG_MB, fillers[_i]);
        result = run_pipe(producer, formats[i]);
        ck_assert_int_eq(result.status, 1);
        ck_assert_ptr_nonnull(strstr(result.out, "is longer than 1000 bytes"));
        ck_assert_ptr_nonnull(strstr(result.out, "at 02:00 every day"));
        ck_assert_uint_lt(result.out_length, OUT_MAX);
        ck_assert_int_lt(result.most_kb, MOST_KB);
        program_result_free(&result);
    }
}
END_TEST

/* The minute of the n-th of many lines; each INVALID_EVERY-th is out of range. */
static void write_expression(char expression[32], int n)
{
    snprintf(expression, 32, "%d %d %d * *", n % INVALID_EVERY == 0 ? 60 : n % 60, n / 60 % 24,
             n / 1440 % 28 + 1);
}

/* Covers: as many lines come out as went in, each in its place, in the memory that a few take. */
START_TEST(test_many_lines)
{
    const char *const argv[] = {PROGRAM, "check-cron", "--json", "-", NULL};
    char *input = malloc((size_t)LINES * 32);
    char *end = input;
    struct program_result result;
    const char *at;

    ck_assert_ptr_nonnull(input);
    for (int n = 0; n < LINES; n++) {
        char expression[32];

        write_expression(expression, n);
        end += snprintf(end, 33, "%s\n", expression);
    }
    result = program_run_with_input(argv, NULL, input);
    at = result.out;
    for (int n = 0; n < LINES; n++) {
        char expression[32];
        char start[80];

        write_expression(expression, n);
        snprintf(start, sizeof start, "{\"expression\":\"%s\",\"valid\":%s,", expression,
                 n % INVALID_EVERY == 0 ? "false" : "true");
        ck_assert_msg(strncmp(at, start, strlen(start)) == 0, "line %d: %.100s", n, at);
        at += strcspn(at, "\n") + 1;
    }
    ck_assert_str_eq(at, "");
    ck_assert_int_eq(result.status, 1);
    ck_assert_int_lt(result.most_kb, MOST_KB);
    free(input);
    program_result_free(&result);
}
END_TEST

/* ---- Nobody to tell ---- */

static const char *const unwritable[] = {
    "yes '0 2 * * *' | timeout 20 \"$0\" check-cron - >/dev/full",
    "yes '61 * * * *' | timeout 20 \"$0\" check-cron --json - >/dev/full",
    "yes '0 2 * * *' | timeout 20 \"$0\" check-cron - >&-",
};

/* Covers: input without an end is not read on when the output is lost. */
START_TEST(test_unwritable)
{
    static const char message[] = "syncsched: error: cannot write to standard output: ";
    struct program_result result = run(unwritable[_i]);

    ck_assert_msg(strncmp(result.err, message, sizeof message - 1) == 0, "%s", result.err);
    ck_assert_int_eq(result.status, 4);
    program_result_free(&result);
}
END_TEST

/* Covers: nor when the reader has gone; in silence. */
START_TEST(test_reader_goes_away)
{
    struct program_result result = run("{ yes '0 2 * * *' | timeout 20 \"$0\" check-cron - || echo "
                                       "\"status $?\" >&2; } | head -n 1");

    ck_assert_str_eq(result.err, "status 141\n"); /* SIGPIPE */
    program_result_free(&result);
}
END_TEST

SUITE(check_cron_lines)
{
    TCase *hold = tcase_create("lines-hold");
    TCase *many = tcase_create("lines-many");

    tcase_add_loop_test(hold, test_lines, 0, COUNT(inputs));
    tcase_add_test(hold, test_text_is_printable);
    suite_add_tcase(suite, hold);
    tcase_add_loop_test(many, test_long_line, 0, COUNT(fillers));
    tcase_add_test(many, test_many_lines);
    tcase_add_loop_test(many, test_unwritable, 0, COUNT(unwritable));
    tcase_add_test(many, test_reader_goes_away);
    suite_add_tcase(suite, many);
}
