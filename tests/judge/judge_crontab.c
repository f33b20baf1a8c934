/* The judge's own reader of expressions: it believes that they are valid and asks nothing. */
#include "judge/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { JUDGE_LINE_SIZE = 1024 };

static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat",
                                    "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                    "aug", "sep", "oct", "nov", "dec"};

/* What a "@" word stands for; the same word when it is none. */
static const char *judge_expand(const char *expression)
{
    static const char *const macros[][2] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                                            {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                                            {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
                                            {"@annually", "0 0 1 1 *"}};

    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++)
        if (strcmp(macros[i][0], expression) == 0)
            return macros[i][1];
    return expression;
}

/* Takes a number, or a name of any field: no name belongs to two of them. */
static int judge_take_value(const char **text)
{
    char *end;
    int value;

    for (int i = 0; i < 19; i++) {
        if (strncasecmp(*text, names[i], 3) != 0)
            continue;
        *text += 3;
        return i < 7 ? i : i - 6;
    }
    value = (int)strtol(*text, &end, 10);
    *text = end;
    return value;
}

/* Adds a line to the sets of the values of an item: first-last/step. */
static void judge_add_item(uint64_t bit, uint64_t sets[], int first, int last, int step)
{
    for (int value = 0; value < 60; value++)
        if (value >= first && value <= last && (value - first) % step == 0)
            sets[value] |= bit;
}

/* Adds a line to the sets of the values that its field takes. */
static void judge_read_field(const char *text, uint64_t bit, uint64_t sets[], int low, int high)
{
    for (;; text++) {
        int first = low;
        int last = high;
        int step = 1;

        if (*text == '*') {
            text++;
        } else {
            last = first = judge_take_value(&text);
            if (*text == '-') {
                text++;
                last = judge_take_value(&text);
            }
        }
        if (*text == '/') {
            text++;
            step = judge_take_value(&text);
            if (step <= 0)
                abort();
        }
        judge_add_item(bit, sets, first, last, step);
        if (*text != ',')
            return;
    }
}

void judge_crontab_set(struct judge_crontab *crontab, int line, const char *expression)
{
    uint64_t bit = UINT64_C(1) << line;
    char copy[JUDGE_LINE_SIZE];
    char *rest = copy;
    char *fields[5];

    snprintf(copy, sizeof copy, "%s", judge_expand(expression));
    for (int i = 0; i < 5; i++) {
        fields[i] = strtok_r(rest, " \t", &rest);
        if (fields[i] == NULL)
            abort();
    }
    judge_read_field(fields[0], bit, crontab->minutes, 0, 59);
    judge_read_field(fields[1], bit, crontab->hours, 0, 23);
    judge_read_field(fields[2], bit, crontab->days, 1, 31);
    judge_read_field(fields[3], bit, crontab->months, 1, 12);
    judge_read_field(fields[4], bit, crontab->weekdays, 0, 7);
    crontab->weekdays[0] |= crontab->weekdays[7]; /* both are Sunday */
    if (fields[2][0] == '*' || fields[4][0] == '*')
        crontab->starred |= bit;
    if (fields[0][0] == '*' || fields[1][0] == '*')
        crontab->wildcard |= bit;
}
