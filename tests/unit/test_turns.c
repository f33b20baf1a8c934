/*
 * Covers lib/plan/turns.c: organisations take turns, and each keeps its own order.
 */
#include "support/suite.h"

#include "plan/run.h"
#include "plan/turns.h"

#include <stdio.h>
#include <string.h>

enum { RUNS_MAX = 300 };

/*
 * Runs as "ORGANISATION SLOT" in the order in which they are given and in which they are taken: one
 * letter, one digit.
 */
static const struct {
    const char *given;
    const char *taken;
} orders[] = {
    {"", ""},
    {"a1", "a1"},
    {"a3 a1 a2", "a1 a2 a3"},
    {"a1 a1 a1 b1", "a1 b1 a1 a1"},
    {"a1 a2 a3 b2 b3 c9", "a1 b2 c9 a2 b3 a3"},
    {"b1 a1", "a1 b1"},
    {"b1 a2", "b1 a2"},
    {"a5 b1 b2 b3", "b1 a5 b2 b3"},
};

static struct turn turn_of(const struct run *run, size_t index)
{
    return (struct turn){.org_id = run->org_id,
                         .integration_id = run->integration_id,
                         .slot = run->scheduled_for,
                         .index = index};
}

START_TEST(test_turns)
{
    struct run runs[RUNS_MAX] = {0};
    struct turn turns[RUNS_MAX];
    char taken[4 * RUNS_MAX] = "";
    size_t count = 0;

    for (const char *c = orders[_i].given; *c != '\0'; c += c[2] == ' ' ? 3 : 2) {
        runs[count].org_id[0] = c[0];
        runs[count].integration_id[0] = (char)('a' + count);
        runs[count].scheduled_for = c[1] - '0';
        turns[count] = turn_of(&runs[count], count);
        count++;
    }
    turns_take(turns, count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(taken);

        ck_assert_str_eq(turns[i].integration_id, runs[turns[i].index].integration_id);
        snprintf(taken + length, sizeof taken - length, "%s%c%c", i > 0 ? " " : "",
                 turns[i].org_id[0], (char)('0' + turns[i].slot));
    }
    ck_assert_str_eq(taken, orders[_i].taken);
}
END_TEST

/* Covers: however much one organisation has to do, the one slot of another comes second. */
START_TEST(test_turns_crowd)
{
    struct run runs[RUNS_MAX] = {0};
    struct turn turns[RUNS_MAX];

    for (size_t i = 0; i < RUNS_MAX; i++) {
        runs[i].org_id[0] = i == RUNS_MAX - 1 ? 'b' : 'a';
        runs[i].scheduled_for = (int64_t)i;
        turns[i] = turn_of(&runs[i], i);
    }
    turns_take(turns, RUNS_MAX);
    ck_assert_uint_eq(turns[0].index, 0);
    ck_assert_uint_eq(turns[1].index, RUNS_MAX - 1);
    for (size_t i = 2; i < RUNS_MAX; i++)
        ck_assert_uint_eq(turns[i].index, i - 1);
}
END_TEST

SUITE(turns)
{
    TCase *cases = tcase_create("turns");

    tcase_add_loop_test(cases, test_turns, 0, sizeof orders / sizeof orders[0]);
    tcase_add_test(cases, test_turns_crowd);
    suite_add_tcase(suite, cases);
}
