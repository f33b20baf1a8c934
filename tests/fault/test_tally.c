/* The tally itself: what it must find is put before it. */
#include "fault/fault.h"
#include "fault/tally.h"

#include <check.h>

/* Two integrations with a slot each, served as they should be. */
static const struct tally_slot slots[] = {{1, 100}, {2, 101}};
static const struct tally_run good_runs[] = {
    {.id = "a",
     .key = "ka",
     .integration = 1,
     .covers_from = 100,
     .scheduled_for = 100,
     .was_started = true,
     .is_over = true,
     .is_completed = true},
    {.id = "b",
     .key = "kb",
     .integration = 2,
     .covers_from = 99,
     .scheduled_for = 101,
     .was_started = true,
     .is_over = true,
     .is_completed = true},
    {.id = "c", .key = "kb", .integration = 2, .covers_from = 99, .scheduled_for = 101},
};
static const struct tally_call good_calls[] = {{"a", "ka"}, {"b", "kb"}, {"b", "kb"}};

enum { GOOD = 2 }; /* of runs and calls; the third is for those who add one */

static struct tally count(const struct tally_run *runs, size_t run_count,
                          const struct tally_call *calls, size_t call_count)
{
    struct tally_lists lists = {slots, GOOD, runs, run_count, calls, call_count};

    return tally_count(&lists);
}

static void expect(struct tally tally, size_t missing, size_t doubled, size_t stuck)
{
    ck_assert_uint_eq(tally.missing, missing);
    ck_assert_uint_eq(tally.doubled, doubled);
    ck_assert_uint_eq(tally.stuck, stuck);
}

START_TEST(test_good)
{
    expect(count(good_runs, GOOD, good_calls, GOOD), 0, 0, 0);
}
END_TEST

START_TEST(test_missing)
{
    struct tally_run runs[] = {good_runs[0], good_runs[1]};

    expect(count(good_runs, 1, good_calls, 1), 1, 0, 0);    /* no run */
    expect(count(good_runs, GOOD, good_calls, 1), 1, 0, 0); /* completed, never called */
    runs[1].is_given_up = true;
    expect(count(runs, GOOD, good_calls, GOOD), 1, 0, 0);
}
END_TEST

START_TEST(test_doubled)
{
    struct tally_run runs[] = {good_runs[0], good_runs[1], good_runs[1]};

    expect(count(good_runs, GOOD, good_calls, 3), 0, 1, 0); /* one run, two calls */
    runs[1].was_started = false;
    expect(count(runs, GOOD, good_calls, GOOD), 0, 1, 0); /* called without having been started */
    runs[1] = good_runs[1];
    runs[2] = (struct tally_run){
        .id = "d", .integration = 2, .covers_from = 101, .scheduled_for = 102, .is_over = true};
    expect(count(runs, 3, good_calls, GOOD), 0, 1, 0); /* one slot, two runs */
    runs[2].integration = 3;
    expect(count(runs, 3, good_calls, GOOD), 0, 1, 0); /* a run without a slot */
}
END_TEST

START_TEST(test_strange_calls)
{
    struct tally_call calls[] = {good_calls[0], good_calls[1], {"z", "ka"}};

    expect(count(good_runs, GOOD, calls, 3), 0, 1, 0);
    calls[1] = (struct tally_call){"b", "ka"};
    expect(count(good_runs, GOOD, calls, GOOD), 0, 1, 0);
}
END_TEST

START_TEST(test_stuck)
{
    expect(count(good_runs, 3, good_calls, GOOD), 0, 0, 1);
}
END_TEST

TCase *tcase_tally(void)
{
    TCase *tcase = tcase_create("tally");

    tcase_add_test(tcase, test_good);
    tcase_add_test(tcase, test_missing);
    tcase_add_test(tcase, test_doubled);
    tcase_add_test(tcase, test_strange_calls);
    tcase_add_test(tcase, test_stuck);
    return tcase;
}
