#include "plan/forecast.h"

#include <stdlib.h>
#include <string.h>

void forecast_add(struct forecast_load *load, int64_t takes_ms)
{
    load->calls++;
    load->work_ms += takes_ms;
    if (takes_ms > load->longest_ms)
        load->longest_ms = takes_ms;
}

int64_t forecast_span_ms(const struct forecast_load *load, int workers)
{
    size_t rounds = (load->calls + (size_t)workers - 1) / (size_t)workers;
    int64_t span_ms = load->calls > 0 ? load->work_ms * (int64_t)rounds / (int64_t)load->calls : 0;

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

    while (timetable_next(timetable, slot, &slot) && slot <= now + FORECAST_MINUTES) {
        struct forecast_load *load = &loads[slot - now - 1];

        load->calls += text->calls;
        load->work_ms += text->work_ms;
        if (text->longest_ms > load->longest_ms)
            load->longest_ms = text->longest_ms;
    }
}

void forecast_day(struct forecast_schedule *schedules, size_t count, int64_t now,
                  struct forecast_load loads[FORECAST_MINUTES])
{
    struct forecast_load text = {0};

    memset(loads, 0, FORECAST_MINUTES * sizeof *loads);
    if (count > 0)
        qsort(schedules, count, sizeof *schedules, forecast_compare);
    for (size_t i = 0; i < count; i++) {
        forecast_add(&text, schedules[i].takes_ms);
        if (i + 1 < count && forecast_compare(&schedules[i], &schedules[i + 1]) == 0)
            continue;
        forecast_add_text(schedules[i].timetable, &text, now, loads);
        text = (struct forecast_load){0};
    }
}
