/* The cron grammar and its arithmetic, in nanoseconds a call over a fixed set of expressions. */
#include "bench.h"

#include "clock/cron.h"
#include "clock/stopwatch.h"

#include <check.h>
#include <string.h>

enum { PARSE_ROUNDS = 15, PARSE_REPEATS = 5000, PARSE_MINUTES = 64, PARSE_STEP = 997 };

/* 2024-05-01T00:00Z. */
#define PARSE_FROM INT64_C(28575360)

/* The last two fire once in years: cron_next has far to go. */
static const char *const expressions[] = {
    "* * * * *",     "*/5 * * * *",         "0 2 * * *",
    "30 4 * * 1-5",  "0 0 1 * *",           "15,45 8-17 * * *",
    "0 */6 * * *",   "0 22 * * SUN",        "5 4 * * mon,wed,fri",
    "0 0 1,15 * 3",  "10-50/10 6 * * *",    "0 3 * JAN-JUN *",
    "59 23 31 12 *", "0 12 * * 0",          "0 9 1-7 * *",
    "20 1 */2 * *",  "0 5 31 * *",          "0,10,20,30,40,50 7,19 1,8,15,22 jan,apr,jul,oct *",
    "0 0 29 2 *",    "*/7 3-21/3 29 feb *",
};

enum { PARSE_COUNT = sizeof expressions / sizeof expressions[0] };

struct parse_set {
    struct cron crons[PARSE_COUNT];
    size_t lengths[PARSE_COUNT];
    struct civil minutes[PARSE_MINUTES];
};

/* What the calls gave, so that the compiler cannot leave them out. */
static volatile int64_t parse_sink;

static int64_t parse_read_all(struct parse_set *set)
{
    struct cron_fault fault;
    int64_t valid = 0;

    for (int n = 0; n < PARSE_REPEATS; n++)
        for (int i = 0; i < PARSE_COUNT; i++)
            valid += cron_parse(expressions[i], set->lengths[i], &set->crons[i], &fault) ? 1 : 0;
    ck_assert_int_eq(valid, (int64_t)PARSE_REPEATS * PARSE_COUNT);
    return valid;
}

static int64_t parse_match_all(struct parse_set *set)
{
    int64_t matched = 0;

    for (int n = 0; n < PARSE_REPEATS; n++)
        for (int i = 0; i < PARSE_COUNT; i++)
            matched += cron_matches(&set->crons[i], &set->minutes[n % PARSE_MINUTES]) ? 1 : 0;
    return matched;
}

static int64_t parse_find_next(struct parse_set *set, int first, int last)
{
    static const struct zone utc;
    int64_t sum = 0;

    for (int n = 0; n < PARSE_REPEATS; n++) {
        for (int i = first; i < last; i++) {
            int64_t minute = 0;

            cron_next(&set->crons[i], &utc, PARSE_FROM + n % PARSE_MINUTES * PARSE_STEP, &minute);
            sum += minute;
        }
    }
    ck_assert_int_gt(sum, PARSE_FROM);
    return sum;
}

static int64_t parse_find_next_common(struct parse_set *set)
{
    return parse_find_next(set, 0, PARSE_COUNT - 2);
}

static int64_t parse_find_next_rare(struct parse_set *set)
{
    return parse_find_next(set, PARSE_COUNT - 2, PARSE_COUNT);
}

static void parse_measure(struct parse_set *set, const char *what,
                          int64_t (*work)(struct parse_set *set), int calls)
{
    struct bench_samples samples = {0};

    for (int round = 0; round < PARSE_ROUNDS; round++) {
        int64_t started_us = stopwatch_now_us();

        parse_sink = work(set);
        bench_add(&samples, (double)(stopwatch_now_us() - started_us) * 1000 / calls);
    }
    bench_print(what, &samples, "ns", 0, NULL);
}

void bench_parse(void)
{
    struct parse_set set;

    for (int i = 0; i < PARSE_COUNT; i++)
        set.lengths[i] = strlen(expressions[i]);
    for (int i = 0; i < PARSE_MINUTES; i++)
        set.minutes[i] = civil_from_minute(PARSE_FROM + (int64_t)i * PARSE_STEP);
    parse_measure(&set, "parse: cron_parse, 20 expressions", parse_read_all,
                  PARSE_REPEATS * PARSE_COUNT);
    parse_measure(&set, "parse: cron_matches, 20 expressions", parse_match_all,
                  PARSE_REPEATS * PARSE_COUNT);
    parse_measure(&set, "parse: cron_next, the 18 that fire every year", parse_find_next_common,
                  PARSE_REPEATS * (PARSE_COUNT - 2));
    parse_measure(&set, "parse: cron_next, the 2 for 29 February", parse_find_next_rare,
                  PARSE_REPEATS * 2);
}
