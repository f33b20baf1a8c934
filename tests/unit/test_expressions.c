/*
 * Covers lib/cron/cron_parse.c, cron_message.c and cron.c with the table of expressions in
 * tests/data/expressions.txt, a test a line. Its head explains how to read it.
 */
#include "support/cron_match.h"
#include "support/suite.h"

#include "cron/cron.h"
#include "cron/cron_message.h"

#include <stdio.h>
#include <string.h>

#define TABLE "tests/data/expressions.txt" /* the tests run in the root of the tree */

enum {
    ROWS_WANTED = 400,
    ROWS_MAX = 1000,
    ROW_FIRES = 4, /* the most a row states */
    TABLE_SIZE = 256 * 1024,
    EXPRESSION_SIZE = 2000,
    REPEAT_MAX = 600, /* of \(50 x) */
    DAY_MINUTES = 24 * 60,
    CYCLE_DAYS = 146097, /* the Gregorian calendar repeats, weekdays included */
};

/* A line of the table, in columns; NULL is what its kind of line has not. */
struct row {
    int line;
    char *expression; /* escaped */
    char *fires;
    char *field;
    char *message;
    char *hint;
};

static char table[TABLE_SIZE]; /* the file; the rows point into it */
static struct row rows[ROWS_MAX];
static int row_count;
static int bad_line; /* the first line that is no row; 0: none */

/* Cuts the next column off *rest and takes the blanks off its ends; NULL when there is none. */
static char *column_take(char **rest)
{
    char *column = *rest;
    char *end;

    if (column == NULL)
        return NULL;
    end = strstr(column, " | ");
    *rest = end != NULL ? end + 3 : NULL;
    end = end != NULL ? end : column + strlen(column);
    while (end > column && end[-1] == ' ')
        end--;
    *end = '\0';
    return column + strspn(column, " ");
}

static bool row_split(char *line, struct row *row)
{
    char *rest = line;
    const char *verdict;

    row->expression = column_take(&rest);
    verdict = column_take(&rest);
    if (verdict != NULL && strcmp(verdict, "ok") == 0) {
        row->fires = column_take(&rest);
        return column_take(&rest) != NULL && rest == NULL;
    }
    row->field = column_take(&rest);
    row->message = column_take(&rest);
    row->hint = column_take(&rest);
    return verdict != NULL && strcmp(verdict, "refused") == 0 && row->hint != NULL && rest == NULL;
}

/* Cuts the table into rows; the first line that is none is noted, and ends it. */
static void rows_split(void)
{
    char *line = table;
    char *end;

    for (int number = 1; *line != '\0'; number++, line = end + 1) {
        struct row row = {.line = number};

        end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        if (end != NULL && (*line == '#' || *line == '\0'))
            continue;
        if (end == NULL || row_count == ROWS_MAX || !row_split(line, &row)) {
            bad_line = number;
            return;
        }
        rows[row_count++] = row;
    }
}

/* Reads the table; a missing file leaves no rows, which test_table_is_whole() tells. */
static void rows_read(void)
{
    FILE *file = fopen(TABLE, "re");

    if (file == NULL)
        return;
    table[fread(table, 1, sizeof table - 1, file)] = '\0';
    fclose(file);
    rows_split();
}

/* Undoes one escape at *at, behind its backslash; writes it to bytes and returns how many. */
static size_t escape_undo(const char **at, char *bytes)
{
    unsigned int value = (unsigned char)**at;
    unsigned int times = 1;
    int used = 1;

    if (**at == 't')
        value = '\t';
    else if (**at == 's')
        value = ' ';
    else if (**at == 'x')
        ck_assert_int_eq(sscanf(*at, "x%2x%n", &value, &used), 1);
    else if (**at == '(')
        ck_assert_int_eq(sscanf(*at, "(%u%n", &times, &used), 1);
    if (**at == '(') {
        ck_assert_uint_le(times, REPEAT_MAX);
        value = (unsigned char)(*at)[used + 1];
        ck_assert_int_eq((*at)[used + 2], ')');
        used += 3;
    }
    *at += used;
    memset(bytes, (int)value, times);
    return times;
}

/* Undoes the escapes of a row's expression; returns its length. */
static size_t expression_undo(const char *escaped, char bytes[EXPRESSION_SIZE])
{
    size_t length = 0;

    while (*escaped != '\0') {
        ck_assert_uint_lt(length, EXPRESSION_SIZE - REPEAT_MAX);
        if (*escaped != '\\') {
            bytes[length++] = *escaped++;
            continue;
        }
        escaped++;
        length += escape_undo(&escaped, bytes + length);
    }
    return length;
}

/* Reads "11-24 02:00 14:00 2027-01-01 02:00" as minutes; returns how many there are. */
static int fires_read(const char *fires, int64_t minutes[ROW_FIRES])
{
    struct civil civil = {.year = 2026, .month = 11, .day = 23};
    int count = 0;

    for (int used = 0; *fires != '\0'; fires += used + (int)strspn(fires + used, " ")) {
        int a;
        int b;
        int c;

        if (sscanf(fires, "%4d-%2d-%2d%n", &a, &b, &c, &used) == 3) {
            civil.year = a;
            civil.month = b;
            civil.day = c;
        } else if (sscanf(fires, "%2d-%2d%n", &a, &b, &used) == 2) {
            civil.month = a;
            civil.day = b;
        } else {
            ck_assert_int_eq(sscanf(fires, "%2d:%2d%n", &civil.hour, &civil.minute, &used), 2);
            ck_assert_int_lt(count, ROW_FIRES);
            minutes[count++] = civil_to_minute(&civil);
        }
    }
    return count;
}

/*
 * The first minute after another that matches, found by looking at each; but a day that cannot
 * match is passed over at once, so that gaps of decades take no time. -1: none in 400 years.
 */
static int64_t scan_fire(const struct cron *cron, int64_t after)
{
    int64_t end = after + (int64_t)CYCLE_DAYS * DAY_MINUTES;

    for (int64_t minute = after + 1; minute <= end; minute++) {
        struct civil civil = civil_from_minute(minute);

        if (!cron_matches_day(cron, &civil))
            minute += DAY_MINUTES - 1 - (civil.hour * 60 + civil.minute);
        else if (cron_matches(cron, &civil))
            return minute;
    }
    return -1;
}

/* The same as the program finds it. */
static int64_t next_fire(const struct cron *cron, int64_t after)
{
    struct zone utc = {0};
    int64_t minute;

    return cron_next(cron, &utc, after, &minute) ? minute : -1;
}

static void check_valid(const struct row *row, const struct cron *cron)
{
    struct civil start = {.year = 2026, .month = 11, .day = 23, .hour = 12};
    int64_t after = civil_to_minute(&start);
    int64_t stated[ROW_FIRES] = {-1};
    bool never = strcmp(row->fires, "never") == 0;
    int count = never ? 1 : fires_read(row->fires, stated);

    ck_assert_msg(cron->fires == !never, TABLE ":%d: %s", row->line, never ? "fires" : "never");
    ck_assert_int_gt(count, 0);
    for (int i = 0; i < count; i++) {
        ck_assert_msg(next_fire(cron, after) == stated[i], TABLE ":%d: fire %d", row->line, i + 1);
        ck_assert_msg(scan_fire(cron, after) == stated[i], TABLE ":%d: fire %d by scanning",
                      row->line, i + 1);
        after = stated[i];
    }
}

/* Compares a column with what the program says; names the line when they differ. */
static void check_column(const struct row *row, const char *column, const char *said)
{
    ck_assert_msg(strcmp(column, said) == 0, TABLE ":%d: not \"%s\" but \"%s\"", row->line, column,
                  said);
}

static void check_refused(const struct row *row, const struct cron_message *message)
{
    const char *field = message->field != NULL ? message->field : "expression";
    char expected[CRON_MESSAGE_SIZE];

    check_column(row, row->field, message->field != NULL ? message->field : "line");
    snprintf(expected, sizeof expected, "%s %s", field, row->message);
    check_column(row, expected, message->message);
    check_column(row, row->hint, message->hint);
}

START_TEST(test_row)
{
    const struct row *row = &rows[_i];
    char bytes[EXPRESSION_SIZE];
    size_t length = expression_undo(row->expression, bytes);
    struct cron cron = {0};
    struct cron_error error;
    struct cron_message message = {0};
    bool is_valid = cron_parse(bytes, length, &cron, &error);

    if (!is_valid)
        cron_message_make(bytes, &error, &message);
    if (is_valid != (row->fires != NULL))
        ck_abort_msg(TABLE ":%d: %s is %s", row->line, row->expression,
                     is_valid ? "accepted" : message.message);
    if (is_valid)
        check_valid(row, &cron);
    else
        check_refused(row, &message);
}
END_TEST

START_TEST(test_table_is_whole)
{
    ck_assert_msg(bad_line == 0, TABLE ":%d: is no row", bad_line);
    ck_assert_int_ge(row_count, ROWS_WANTED);
    for (int i = 0; i < row_count; i++) {
        for (int k = 0; k < i; k++)
            ck_assert_msg(strcmp(rows[i].expression, rows[k].expression) != 0,
                          TABLE ":%d: \"%s\" stands in line %d already", rows[i].line,
                          rows[i].expression, rows[k].line);
    }
}
END_TEST

SUITE(expressions)
{
    TCase *cases = tcase_create("expressions");

    rows_read();
    tcase_add_test(cases, test_table_is_whole);
    tcase_add_loop_test(cases, test_row, 0, row_count);
    suite_add_tcase(suite, cases);
}
