#include "plan/trend.h"

static bool trend_is_slow(const struct trend *trend, int64_t median_ms)
{
    int64_t before_ms = trend->before.median_ms;

    return before_ms != INT64_MIN && median_ms - before_ms >= TREND_SLOWER_MS &&
           median_ms - before_ms >= before_ms / 2;
}

static void trend_add_length(struct trend *trend, const struct trend_span *day)
{
    if (day->median_ms == INT64_MIN)
        return;
    if (!trend_is_slow(trend, day->median_ms)) {
        trend->slow_runs = 0;
        return;
    }
    if (trend->slow_runs == 0)
        trend->slow_since = day->first_slot;
    trend->slow_runs += day->completed;
    trend->latest_ms = day->median_ms;
}

static void trend_add_records(struct trend *trend, const struct trend_span *day, bool is_over)
{
    if (day->exported_slot != INT64_MIN) {
        if (trend->empty_days > trend->longest_days)
            trend->longest_days = trend->empty_days;
        trend->empty_days = 0;
        trend->empty_runs = 0;
        trend->exported_slot = day->exported_slot;
        trend->is_exporting = true;
        return;
    }
    if (!is_over)
        return;
    if (trend->empty_runs == 0)
        trend->empty_since = day->first_slot;
    trend->empty_days++;
    trend->empty_runs += day->completed;
}

void trend_add_day(struct trend *trend, const struct trend_span *day, bool is_now, bool is_over)
{
    if (is_now)
        trend_add_length(trend, day);
    trend_add_records(trend, day, is_over);
}

bool trend_is_comparable(const struct trend *trend)
{
    return trend->before.completed >= TREND_RUNS && trend->before.median_ms != INT64_MIN;
}

bool trend_is_slower(const struct trend *trend)
{
    return trend_is_comparable(trend) && trend->slow_runs >= TREND_RUNS;
}

bool trend_is_empty(const struct trend *trend)
{
    return trend->empty_runs >= TREND_RUNS && trend->empty_days > trend->longest_days;
}
