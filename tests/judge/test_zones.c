/*
 * Covers cron_next() with the zones of zones_find(): each minute of two years in each zone, for a
 * crontab that is written down and for one drawn at random.
 */
#include "judge/cases.h"
#include "judge/judge.h"
#include "support/suite.h"

#include "cron/cron.h"
#include "time/zones.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YEARS = 2 };

/* What is compared: the lines, and for each minute the set of those that run in it. */
struct comparison {
    const struct cases_zone *where;
    struct zone zone;
    struct judge_clock clock;
    char lines[JUDGE_LINES][CASES_EXPRESSION_SIZE];
    int count;
    uint64_t *judged;   /* by the judge */
    uint64_t *computed; /* by cron_next() */
};

static void comparison_add(struct comparison *comparison, const char *expression)
{
    ck_assert_int_lt(comparison->count, JUDGE_LINES);
    snprintf(comparison->lines[comparison->count++], CASES_EXPRESSION_SIZE, "%s", expression);
}

/* Walks cron_next() over the period of the clock. */
static void comparison_compute(struct comparison *comparison, int line)
{
    const struct judge_clock *clock = &comparison->clock;
    const char *text = comparison->lines[line];
    int64_t end = clock->from + (int64_t)clock->count;
    int64_t after = clock->from - 1;
    int64_t minute;
    struct cron_error error;
    struct cron cron;

    ck_assert_msg(cron_parse(text, strlen(text), &cron, &error), "\"%s\": error %d", text,
                  (int)error.code);
    while (cron_next(&cron, &comparison->zone, after, &minute) && minute < end) {
        if (minute <= after) /* asserted only when it fails: Check writes down each assertion */
            ck_abort_msg("%s, \"%s\": time stands still", comparison->where->name, text);
        comparison->computed[minute - clock->from] |= UINT64_C(1) << line;
        after = minute;
    }
}

/* The first minute at or after that one in which the line runs, or the period's end. */
static size_t find_slot(const uint64_t *fires, size_t count, size_t from, int line)
{
    while (from < count && (fires[from] >> line & 1) == 0)
        from++;
    return from;
}

/* Names the first difference. */
static void comparison_fail(const struct comparison *comparison, size_t at)
{
    const struct judge_clock *clock = &comparison->clock;
    int line = __builtin_ctzll(comparison->judged[at] ^ comparison->computed[at]);
    int64_t judged = clock->from + (int64_t)find_slot(comparison->judged, clock->count, at, line);
    int64_t computed =
        clock->from + (int64_t)find_slot(comparison->computed, clock->count, at, line);
    char texts[4][JUDGE_TIME_SIZE];

    ck_abort_msg("%s, \"%s\": the judge runs it at %s UTC (%s there), cron_next() says %s UTC "
                 "(%s there)",
                 comparison->where->name, comparison->lines[line],
                 judge_format_utc(judged, texts[0]), judge_format_local(judged, texts[1]),
                 judge_format_utc(computed, texts[2]), judge_format_local(computed, texts[3]));
}

/* Compares the lines added so far, and takes them out again. */
static void comparison_run(struct comparison *comparison)
{
    const struct judge_clock *clock = &comparison->clock;
    struct judge_crontab crontab = {0};

    memset(comparison->computed, 0, clock->count * sizeof *comparison->computed);
    for (int line = 0; line < comparison->count; line++) {
        judge_crontab_set(&crontab, line, comparison->lines[line]);
        comparison_compute(comparison, line);
    }
    judge_fires(clock, &crontab, comparison->judged);
    for (size_t at = 0; at < clock->count; at++)
        if (comparison->judged[at] != comparison->computed[at])
            comparison_fail(comparison, at);
    comparison->count = 0;
}

static void compare_written(struct comparison *comparison)
{
    for (size_t i = 0; i < cases_expressions_count; i++)
        comparison_add(comparison, cases_expressions[i]);
    comparison_run(comparison);
}

static void compare_drawn(struct comparison *comparison, uint64_t seed)
{
    char expression[CASES_EXPRESSION_SIZE];

    for (int i = 0; i < JUDGE_LINES; i++) {
        cases_draw(&seed, expression);
        comparison_add(comparison, expression);
    }
    comparison_run(comparison);
}

/*
 * What the judge's TZ is for a zone. Those of bounds.zi lie where they were compiled to: we look
 * there by TZDIR, which not every C library minds, so that the judge gets the whole path.
 */
static const char *choose_zoneinfo(const struct cases_zone *where)
{
    static char path[PATH_MAX + 64];
    char directory[PATH_MAX];

    unsetenv("TZDIR");
    if (strncmp(where->name, "Judge/", strlen("Judge/")) != 0)
        return where->tz != NULL ? where->tz : where->name;
    ck_assert_ptr_nonnull(realpath(TEST_BUILD_DIR "/tests/zoneinfo", directory));
    setenv("TZDIR", directory, 1);
    snprintf(path, sizeof path, "%s/%s", directory, where->name);
    return path;
}

/* One zone: each side finds it by its own means. */
START_TEST(test_every_minute)
{
    const struct cases_zone *where = &cases_zones[_i];
    struct comparison comparison = {.where = where};
    struct judge_clock *clock = &comparison.clock;
    struct zones zones = {0};
    struct error err = {0};
    const char *tz = choose_zoneinfo(where);

    ck_assert_msg(zones_find(&zones, where->name, &comparison.zone, &err), "%s: %s", where->name,
                  err.message);
    judge_clock_read(clock, tz, where->year, YEARS);
    ck_assert_msg((clock->jumps > 0) == where->jumps, "%s: %d jumps in %d and %d", where->name,
                  clock->jumps, where->year, where->year + 1);
    comparison.judged = calloc(clock->count, sizeof *comparison.judged);
    comparison.computed = calloc(clock->count, sizeof *comparison.computed);
    ck_assert(comparison.judged != NULL && comparison.computed != NULL);
    compare_written(&comparison);
    compare_drawn(&comparison, (uint64_t)_i + 1);
    free(comparison.judged);
    free(comparison.computed);
    judge_clock_free(clock);
    zones_free(&zones);
}
END_TEST

/* JUDGE_EVERY=N: of the zones every N-th alone, for a build that is slow. */
SUITE(zones)
{
    TCase *tcase = tcase_create("every minute of two years");
    const char *every = getenv("JUDGE_EVERY");
    int step = every != NULL && atoi(every) > 0 ? atoi(every) : 1;

    for (int i = 0; i < (int)cases_zones_count; i += step)
        tcase_add_loop_test(tcase, test_every_minute, i, i + 1);
    suite_add_tcase(suite, tcase);
}
