/* The cron grammar and its arithmetic, in nanoseconds a call over a fixed set of expressions. */
#include "bench.h"

#include "cron/cron.h"
#include "support/cron_match.h"
#include "time/clock.h"
#include "time/zones.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum {
    PARSE_ROUNDS = 15,
    PARSE_SCAN_ROUNDS = 3,
    PARSE_REPEATS = 5000,
    PARSE_MINUTES = 64,
    PARSE_STEP = 997
};

/* 2024-05-01T00:00Z; a day behind the leap-day Sunday of 2088; and 2060-05-01T00:00Z. */
#define PARSE_FROM     INT64_C(28575360)
#define PARSE_GAP_FROM INT64_C(62148960)
#define PARSE_FAR_FROM INT64_C(47509920)

/* The last two fire once in years: cron_next() has far to go. */
static const char *const expressions[] = {
    "* * * * *",     "*/5 * * * *",      "0 2 * * *",
    "30 4 * * 1-5",  "0 0 1 * *",        "15,45 8-17 * * *",
    "0 */6 * * *",   "0 22 * * SUN",     "5 4 * * mon,wed,fri",
    "0 0 1,15 * 3",  "10-50/10 6 * * *", "0 3 * JAN-JUN *",
    "59 23 31 12 *", "0 12 * * 0",       "0 9 1-7 * *",
    "20 1 */2 * *",  "0 5 31 * *",       "0,10,20,30,40,50 7,19 1,8,15,22 jan,apr,jul,oct *",
    "0 0 29 2 *",    "0 0 29 2 */7",
};

enum { PARSE_COUNT = sizeof expressions / sizeof expressions[0] };
enum { PARSE_GAP = PARSE_COUNT - 1, PARSE_COMMON = PARSE_COUNT - 2 };

struct parse_set {
    struct cron crons[PARSE_COUNT];
    size_t lengths[PARSE_COUNT];
};

/* What the calls gave, so that the compiler cannot leave them out. */
static volatile int64_t parse_sink;

static int64_t parse_read_all(struct parse_set *set)
{
    struct cron_error error;
    int64_t valid = 0;

    for (int n = 0; n < PARSE_REPEATS; n++)
        for (int i = 0; i < PARSE_COUNT; i++)
            valid += cron_parse(expressions[i], set->lengths[i], &set->crons[i], &error) ? 1 : 0;
    ck_assert_int_eq(valid, (int64_t)PARSE_REPEATS * PARSE_COUNT);
    return valid;
}

/* The next slot, as anybody would find it first: minute by minute. */
static int64_t parse_scan(const struct cron *cron, int64_t after_minute)
{
    for (int64_t minute = after_minute + 1;; minute++) {
        struct civil civil = civil_from_minute(minute);

        if (cron_matches(cron, &civil))
            return minute;
    }
}

/* A stretch of the set, and where it is asked about. */
struct parse_next {
    const struct zone *zone;
    int first;
    int last;
    int64_t from;
    int repeats;
};

static const struct zone utc;

static int64_t parse_find_next(const struct parse_set *set, const struct parse_next *next)
{
    int64_t sum = 0;

    for (int n = 0; n < next->repeats; n++) {
        for (int i = next->first; i < next->last; i++) {
            int64_t minute = 0;

            cron_next(&set->crons[i], next->zone, next->from + n % PARSE_MINUTES * PARSE_STEP,
                      &minute);
            sum += minute;
        }
    }
    ck_assert_int_gt(sum, next->from);
    return sum;
}

static int64_t parse_scan_next(const struct parse_set *set, const struct parse_next *next)
{
    int64_t sum = 0;

    for (int n = 0; n < next->repeats; n++)
        for (int i = next->first; i < next->last; i++)
            sum += parse_scan(&set->crons[i], next->from + n % PARSE_MINUTES * PARSE_STEP);
    return sum;
}

static void parse_measure(struct parse_set *set, const char *what,
                          int64_t (*work)(struct parse_set *set), int calls)
{
    struct bench_samples samples = {0};

    for (int round = 0; round < PARSE_ROUNDS; round++) {
        int64_t started_us = clock_now_us();

        parse_sink = work(set);
        bench_add(&samples, (double)(clock_now_us() - started_us) * 1000 / calls);
    }
    bench_print(what, &samples, "ns", 0, NULL);
}

static double parse_measure_next(const struct parse_set *set, const char *what,
                                 const struct parse_next *next)
{
    struct bench_samples samples = {0};
    int calls = (next->last - next->first) * next->repeats;
    char label[64];

    for (int round = 0; round < PARSE_ROUNDS; round++) {
        int64_t started_us = clock_now_us();

        parse_sink = parse_find_next(set, next);
        bench_add(&samples, (double)(clock_now_us() - started_us) * 1000 / calls);
    }
    snprintf(label, sizeof label, "parse: cron_next, %s", what);
    bench_print(label, &samples, "ns", 0, NULL);
    return bench_median(&samples);
}

/* cron_next() in UTC, the scan for the same beside it, and cron_next() in a named zone. */
static void parse_compare_next(const struct parse_set *set, const char *what,
                               struct parse_next next, const struct zone *zone)
{
    struct bench_samples scans = {0};
    struct parse_next scan = next;
    char label[64];
    double next_ns;

    snprintf(label, sizeof label, "%s, UTC", what);
    next_ns = parse_measure_next(set, label, &next);
    scan.repeats = 1;
    for (int round = 0; round < PARSE_SCAN_ROUNDS; round++) {
        int64_t started_us = clock_now_us();

        parse_sink = parse_scan_next(set, &scan);
        bench_add(&scans, (double)(clock_now_us() - started_us) * 1000 / (next.last - next.first));
    }
    snprintf(label, sizeof label, "parse: minute scan, %s, UTC", what);
    bench_print(label, &scans, "ns", next_ns, "cron_next");
    snprintf(label, sizeof label, "%s, Oslo", what);
    next.zone = zone;
    parse_measure_next(set, label, &next);
}

/* A zone of the system's database. */
static struct zone parse_zone(struct zones *zones, const char *name)
{
    struct error err = {0};
    struct zone zone;

    ck_assert_msg(zones_find(zones, name, &zone, &err), "%s", err.message);
    return zone;
}

static void parse_measure_nexts(const struct parse_set *set)
{
    struct zones zones = {0};
    struct zone oslo = parse_zone(&zones, "Europe/Oslo");
    struct parse_next common = {&utc, 0, PARSE_COMMON, PARSE_FROM, PARSE_REPEATS};
    struct parse_next leap = {&utc, PARSE_COMMON, PARSE_GAP, PARSE_FROM, PARSE_REPEATS};
    struct parse_next gap = {&utc, PARSE_GAP, PARSE_COUNT, PARSE_GAP_FROM, PARSE_REPEATS};

    parse_compare_next(set, "18 every year", common, &oslo);
    parse_compare_next(set, "29 February", leap, &oslo);
    parse_compare_next(set, "a gap of 40 years", gap, &oslo);
    common.zone = &oslo;
    common.from = PARSE_FAR_FROM;
    parse_measure_next(set, "18 every year, Oslo in 2060", &common);
    zones_free(&zones);
}

void bench_parse(void)
{
    struct parse_set set;

    for (int i = 0; i < PARSE_COUNT; i++)
        set.lengths[i] = strlen(expressions[i]);
    parse_measure(&set, "parse: cron_parse, 20 expressions", parse_read_all,
                  PARSE_REPEATS * PARSE_COUNT);
    parse_measure_nexts(&set);
}
