#include "plan/forecast.h"

#include <stdlib.h>
#include <string.h>

bool forecast_is_limited(const struct forecast_limits *limits)
{
    bool is_limited = limits->max_calls > 0;

    for (size_t type = 0; type < RUN_TYPES; type++)
        is_limited = is_limited || limits->max_calls_of[type] > 0;
    return is_limited;
}

static void forecast_add_calls(struct forecast_calls *calls, const struct forecast_calls *more)
{
    calls->count += more->count;
    calls->work_ms += more->work_ms;
}

static void forecast_add_load(struct forecast_load *load, const struct forecast_load *more)
{
    forecast_add_calls(&load->all, &more->all);
    for (size_t type = 0; type < RUN_TYPES; type++)
        forecast_add_calls(&load->of[type], &more->of[type]);
    if (more->longest_ms > load->longest_ms)
        load->longest_ms = more->longest_ms;
}

void forecast_add(struct forecast_load *load, size_t type, int64_t takes_ms)
{
    struct forecast_load call = {.all = {1, takes_ms}, .longest_ms = takes_ms};

    if (type < RUN_TYPES)
        call.of[type] = call.all;
    forecast_add_load(load, &call);
}

static int64_t forecast_rounds_ms(const struct forecast_calls *calls, int workers, int limit)
{
    size_t at_a_time = (size_t)(limit > 0 && limit < workers ? limit : workers);
    size_t rounds = (calls->count + at_a_time - 1) / at_a_time;

    return calls->count > 0 ? calls->work_ms * (int64_t)rounds / (int64_t)calls->count : 0;
}

int64_t forecast_span_ms(const struct forecast_load *load, const struct forecast_limits *limits)
{
    int64_t span_ms = forecast_rounds_ms(&load->all, limits->workers, limits->max_calls);

    for (size_t type = 0; type < RUN_TYPES; type++) {
        int64_t of_type_ms =
            forecast_rounds_ms(&load->of[type], limits->workers, limits->max_calls_of[type]);

        span_ms = of_type_ms > span_ms ? of_type_ms : span_ms;
    }
    return span_ms > load->longest_ms ? span_ms : load->longest_ms;
}

static int forecast_compare(const void *left, const void *right)
{
    const struct forecast_schedule *a = left;
    const struct forecast_schedule *b = right;
    int order = strcmp(a->cron_schedule, b->cron_schedule);

    return order != 0 ? order
                      : strcmp(a->timezone != NULL ? a->timezone : "",
                               b->timezone != NULL ? b->timezone : "");
}

/* Adds what schedules of one text come to, to each minute that the text names. */
static void forecast_add_text(const struct timetable *timetable, const struct forecast_load *text,
                              int64_t now, struct forecast_load loads[FORECAST_MINUTES])
{
    int64_t slot = now;

    while (timetable_next(timetable, slot, &slot) && slot <= now + FORECAST_MINUTES)
        forecast_add_load(&loads[slot - now - 1], text);
}

void forecast_day(struct forecast_schedule *schedules, size_t count, int64_t now,
                  struct forecast_load loads[FORECAST_MINUTES])
{
    struct forecast_load text = {0};

    memset(loads, 0, FORECAST_MINUTES * sizeof *loads);
    if (count > 0)
        qsort(schedules, count, sizeof *schedules, forecast_compare);
    for (size_t i = 0; i < count; i++) {
        forecast_add(&text, schedules[i].type, schedules[i].takes_ms);
        if (i + 1 < count && forecast_compare(&schedules[i], &schedules[i + 1]) == 0)
            continue;
        forecast_add_text(schedules[i].timetable, &text, now, loads);
        text = (struct forecast_load){0};
    }
}
