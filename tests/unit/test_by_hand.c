/*
 * Covers lib/plan/by_hand.c: what is sent and what is left alone, by what covers a slot and what was
 * asked for.
 */
#include "support/suite.h"

#include "base/text.h"
#include "plan/by_hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { RUNS_MAX = 16, EVERY_TEN = 10 };

/*
 * Runs as text: what became of it and "covers-slot:period", such as "j10", "c10-20", "j20:5". c:
 * completed, p: pending, r: running; failed: n, j, u with the class not_delivered, rejected, unknown,
 * D, N: unknown, resolved as done or not done. The period starts ten before the first slot that it
 * covers. "<15" behind it: anew it would start there.
 */
static void add_runs(struct by_hand_subject *subject, const char *text)
{
    char word[32];
    int length;

    subject->runs = calloc(RUNS_MAX, sizeof *subject->runs);
    for (; sscanf(text, "%31s%n", word, &length) == 1; text += length) {
        struct by_hand_run *run = &subject->runs[subject->run_count++];
        const char *at = word + 1;
        char *end;

        *run = (struct by_hand_run){.number = 1, .records_exported = -1};
        run->status = *word == 'c'   ? RUN_COMPLETED
                      : *word == 'p' ? RUN_PENDING
                      : *word == 'r' ? RUN_RUNNING
                                     : RUN_FAILED;
        run->error_class = *word == 'n'                   ? OUTCOME_NOT_DELIVERED
                           : *word == 'j'                 ? OUTCOME_REJECTED
                           : strchr("uDN", *word) != NULL ? OUTCOME_UNKNOWN
                                                          : OUTCOME_NONE;
        run->resolution = *word == 'D'   ? RUN_RESOLVED_DONE
                          : *word == 'N' ? RUN_RESOLVED_NOT_DONE
                                         : RUN_UNRESOLVED;
        run->covers_from = run->scheduled_for = strtoll(at, &end, 10);
        if (*end == '-')
            run->scheduled_for = strtoll(end + 1, &end, 10);
        run->period_start = run->covers_from - EVERY_TEN;
        if (*end == ':')
            run->period_start = strtoll(end + 1, &end, 10);
        run->starts_anew = run->period_start;
        if (*end == '<')
            run->starts_anew = strtoll(end + 1, &end, 10);
        snprintf(run->attempt.run_id, sizeof run->attempt.run_id, "%s", word);
        if (subject->run_count > 1 && run[-1].scheduled_for == run->scheduled_for)
            run->number = run[-1].number + 1;
    }
}

/* A schedule that fires every ten minutes. */
static void add_schedule(struct by_hand_subject *subject)
{
    static struct zones zones;
    struct error err = {0};

    subject->has_present = true;
    ck_assert_msg(timetable_read_text("*/10 * * * * UTC", &zones, &subject->present, &err), "%s",
                  err.message);
}

/* ---- Every combination, for one slot ---- */

enum { A = BY_HAND_AGAIN, F = BY_HAND_FAILED, U = BY_HAND_UNKNOWN };

static const unsigned options[] = {0, A, F, U, A | F, A | U, F | U, A | F | U};

/* What the slot 20 is asked for by. */
static const struct by_hand_order orders[] = {
    {.from = 20, .to = 21, .is_one_slot = true}, /* --at */
    {.from = 15, .to = 25},                      /* --from --to */
    {.from = 20, .to = 21, .is_now = true},      /* --now */
};

static const struct {
    /* nothing -A   -F   -U   -AF  -AU  -FU  -AFU: is it sent, with so many of the options? */
    const char *sent;
    const char *runs; /* what the log has of the slot, or of what is near */
} cases[] = {
    {"yes  yes  yes  yes  yes  yes  yes  yes", ""},
    {"no   yes  no   no   yes  yes  no   yes", "c20"},
    {"no   no   yes  no   yes  no   yes  yes", "n20"},
    {"no   no   yes  no   yes  no   yes  yes", "j20"},
    {"no   no   no   yes  no   yes  yes  yes", "u20"},
    {"no   no   yes  no   yes  no   yes  yes", "N20"},
    {"no   yes  no   no   yes  yes  no   yes", "D20"},
    {"no   no   no   no   no   no   no   no ", "p20"},
    {"no   no   no   no   no   no   no   no ", "r20"},
    /* by the attempt that exported it, else by the last one */
    {"no   yes  no   no   yes  yes  no   yes", "j20 c20"},
    {"no   yes  no   no   yes  yes  no   yes", "c20 j20"},
    {"no   yes  no   no   yes  yes  no   yes", "D20 u20"},
    {"no   no   yes  no   yes  no   yes  yes", "u20 n20"},
    {"no   no   no   yes  no   yes  yes  yes", "n20 u20"},
    {"no   no   no   no   no   no   no   no ", "c20 p20"},
    /* by the run that it is folded into */
    {"no   yes  no   no   yes  yes  no   yes", "c10-30"},
    {"no   no   yes  no   yes  no   yes  yes", "j10-30"},
    {"no   no   no   yes  no   yes  yes  yes", "u20-40"},
    /* in the period of a later run, which exported it, or may have, or whose key may be known */
    {"no   yes  no   no   yes  yes  no   yes", "c30:10"},
    {"no   yes  no   no   yes  yes  no   yes", "D30:10"},
    {"no   yes  no   no   yes  yes  no   yes", "u30:10"},
    {"no   yes  no   no   yes  yes  no   yes", "j30:10"},
    {"no   yes  no   no   yes  yes  no   yes", "r30:10"},
    {"yes  yes  yes  yes  yes  yes  yes  yes", "n30:10"},
    {"yes  yes  yes  yes  yes  yes  yes  yes", "c30:20"},
    {"no   yes  no   no   yes  yes  no   yes", "j20 c30:10"},
    {"no   yes  no   no   yes  yes  no   yes", "n20 j40:10"},
    {"no   no   yes  no   yes  no   yes  yes", "N20 c30:20"},
    {"no   no   no   no   no   yes  no   yes", "u20 c30:10"},
    {"no   no   yes  no   yes  no   yes  yes", "j20 n30:10"},
    /* an older slot has exported a part of its period, which its key may mean */
    {"no   yes  no   no   yes  yes  no   yes", "j20:5<15"},
    {"no   no   no   no   no   yes  no   yes", "u20:5<15"},
    {"no   no   yes  no   yes  no   yes  yes", "n20:5<15"},
    {"no   yes  no   no   yes  yes  no   yes", "j20:5 n20:5<15"},
};

START_TEST(test_combinations)
{
    for (size_t o = 0; o < COUNT(orders); o++) {
        for (size_t i = 0; i < COUNT(options); i++) {
            struct by_hand_subject subject = {.mark = 1000};
            struct by_hand_order order = orders[o];
            bool is_sent = cases[_i].sent[5 * i] == 'y';

            order.options = options[i];
            order.held_to = INT64_MIN;
            if (!order.is_now) /* then the schedule does not matter */
                add_schedule(&subject);
            add_runs(&subject, cases[_i].runs);
            by_hand_decide(&order, &subject);
            ck_assert_uint_eq(subject.item_count, 1);
            ck_assert_msg(subject.items[0].is_sent == is_sent, "%s, order %zu, options %u",
                          cases[_i].runs, o, options[i]);
            ck_assert_int_eq(subject.items[0].first_slot, 20);
            ck_assert_uint_eq(subject.sent, is_sent ? 1 : 0);
            if (!is_sent && subject.items[0].state != BY_HAND_IS_ACTIVE) {
                order.options |= subject.items[0].lacking; /* it says what would send it */
                ck_assert_uint_ne(order.options, options[i]);
            }
            by_hand_free(&subject);
        }
    }
}
END_TEST

/* Covers: what is disabled is left alone, whatever is asked for. */
START_TEST(test_disabled)
{
    struct by_hand_subject subject = {.mark = 1000, .obstacle = strdup("disabled")};
    struct by_hand_order order = orders[1];

    order.options = A | F | U;
    order.held_to = INT64_MIN;
    add_schedule(&subject);
    add_runs(&subject, _i == 0 ? "" : _i == 1 ? "j20" : "c20");
    by_hand_decide(&order, &subject);
    ck_assert_uint_eq(subject.slots, 1);
    ck_assert_uint_eq(subject.sent, 0);
    by_hand_free(&subject);
}
END_TEST

/* ---- Which slots, in which order ---- */

/* "10 20*2": the items' slots, and how many each stands for. */
static const struct {
    int from;
    int to;
    const char *runs;
    const char *items;
} reached[] = {
    {0, 40, "", "0 10 20 30"},
    {1, 40, "", "10 20 30"},
    {10, 30, "c10 j20 c30", "10 20"},
    {0, 40, "c10-30", "0 30*3"},
    {15, 25, "c10-30", "30"},
    {0, 40, "c13 c25:20", "0 10 13 20 25 30"}, /* runs of minutes that it does not name */
    {0, 40, "c-20--5 c45:40", "0 10 20 30"},
    {0, 40, "c50:5", "0 10 20 30"}, /* there for its period only */
    {0, 40, "c20 c10-30", "0 20 30*2"},
    {11, 19, "", ""},
};

START_TEST(test_reached)
{
    struct by_hand_subject subject = {.mark = 1000};
    struct by_hand_order order = {
        .from = reached[_i].from, .to = reached[_i].to, .held_to = INT64_MIN};
    struct text items = {0};
    size_t slots = 0;

    add_schedule(&subject);
    add_runs(&subject, reached[_i].runs);
    by_hand_decide(&order, &subject);
    for (size_t i = 0; i < subject.item_count; i++) {
        text_addf(&items, "%s%d", i > 0 ? " " : "", (int)subject.items[i].slot);
        if (subject.items[i].slots > 1)
            text_addf(&items, "*%zu", subject.items[i].slots);
        slots += subject.items[i].slots;
    }
    ck_assert_str_eq(text_string(&items), reached[_i].items);
    ck_assert_uint_eq(subject.slots, slots);
    text_free(&items);
    by_hand_free(&subject);
}
END_TEST

/* Covers: what a restore may have lost is unknown until ticks have recorded it. */
START_TEST(test_held)
{
    struct by_hand_subject subject = {.mark = 10};
    struct by_hand_order order = {.from = 0, .to = 40, .held_to = 20};

    add_schedule(&subject);
    add_runs(&subject, "");
    by_hand_decide(&order, &subject);
    ck_assert_uint_eq(subject.item_count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(subject.items[i].state, i == 2 ? BY_HAND_IS_HELD : BY_HAND_IS_UNCOVERED);
    ck_assert_uint_eq(subject.items[2].lacking, U);
    by_hand_free(&subject);
}
END_TEST

SUITE(by_hand)
{
    TCase *all = tcase_create("by_hand");

    tcase_add_loop_test(all, test_combinations, 0, (int)COUNT(cases));
    tcase_add_loop_test(all, test_disabled, 0, 3);
    tcase_add_loop_test(all, test_reached, 0, (int)COUNT(reached));
    tcase_add_test(all, test_held);
    suite_add_tcase(suite, all);
}
