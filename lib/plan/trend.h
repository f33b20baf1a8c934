/*
 * Trends: what became slower, and what exports nothing any more, by the days of an integration.
 * Pure.
 */
#ifndef SYNCSCHED_PLAN_TREND_H
#define SYNCSCHED_PLAN_TREND_H

#include <stdbool.h>
#include <stdint.h>

/* Fewer completed runs than this say nothing. */
enum { TREND_RUNS = 3, TREND_SLOWER_MS = 1000 };

/* What was completed in a day or a period. INT64_MIN: it is not known, or there is none. */
struct trend_span {
    int64_t completed;
    int64_t first_slot;    /* minutes */
    int64_t exported_slot; /* the last slot that exported something, or may have */
    int64_t median_ms;
};

/* `struct trend t = {.before = ...};` knows no day yet. All but that is worked out. */
struct trend {
    struct trend_span before; /* the whole period before */
    /* The days at the end of the period that were all slow, by their medians. */
    int64_t slow_since; /* a slot, where there is such a day */
    int64_t slow_runs;
    int64_t latest_ms;
    /* The days at the end of both periods on which nothing was exported. */
    int64_t empty_since;
    int64_t empty_runs;
    int64_t empty_days;
    int64_t longest_days;  /* of any such days in a row before them */
    int64_t exported_slot; /* the last slot before them, if is_exporting */
    bool is_exporting;     /* it exported something once, or may have */
};

/*
 * Takes the next day on which something was completed, in order of time. is_now: it lies in the
 * period, not before it. is_over: no more of it is to come.
 */
void trend_add_day(struct trend *trend, const struct trend_span *day, bool is_now, bool is_over);

/* Whether the period before had enough runs to compare with. */
bool trend_is_comparable(const struct trend *trend);

/*
 * Whether the last days all took half as long again as the median of the period before, and a
 * second longer, in three runs or more.
 */
bool trend_is_slower(const struct trend *trend);

/*
 * Whether the last three runs or more exported nothing, on more days in a row than ever before: a
 * weekend without records is no news after another one.
 */
bool trend_is_empty(const struct trend *trend);

#endif
