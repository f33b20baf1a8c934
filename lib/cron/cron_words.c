#include "cron/cron_words.h"

#include "time/instant.h"

/* One run of members this long or longer is written as a range. */
enum { RUN_OF_THREE = 3, RUN_NEVER = 64 };

int cron_set_step(uint64_t set)
{
    uint64_t rest = set & (set - 1);
    int step;

    if (rest == 0)
        return 0;
    step = cron_set_least(rest) - cron_set_least(set);
    /* All but the least, moved down by a step, are then all but the greatest. */
    return rest >> step == (set ^ UINT64_C(1) << cron_set_greatest(set)) ? step : 0;
}

/* How many values from the least on follow each other without a gap. */
static int set_run(uint64_t set)
{
    return cron_set_least(~(set >> cron_set_least(set)));
}

/* Lists the members, each in the words of add; run is the shortest run that becomes a range. */
static void list_add(struct text *text, uint64_t set, const char *conjunction, int run,
                     void (*add)(struct text *, int))
{
    for (bool begun = false; set != 0; begun = true) {
        int first = cron_set_least(set);
        int last = set_run(set) >= run ? first + set_run(set) - 1 : first;

        set &= ~cron_set_range(first, last);
        if (begun)
            text_add(text, set != 0 ? ", " : conjunction);
        add(text, first);
        if (last > first) {
            text_add(text, " to ");
            add(text, last);
        }
    }
}

/* Monday first, as people list them. */
static void weekday_add(struct text *text, int from_monday)
{
    text_add(text, civil_weekday_names[(from_monday + 1) % 7]);
}

static void weekday_add_plural(struct text *text, int from_monday)
{
    weekday_add(text, from_monday);
    text_add(text, "s");
}

/* Weekdays counted from Monday as 0. */
static uint64_t week_from_monday(uint64_t set)
{
    return set >> 1 | (set & 1) << 6;
}

static void number_add(struct text *text, int number)
{
    text_addf(text, "%d", number);
}

static void month_add(struct text *text, int month)
{
    text_add(text, civil_month_names[month - 1]);
}

void cron_words_numbers(struct text *text, uint64_t set, const char *conjunction)
{
    list_add(text, set, conjunction, RUN_OF_THREE, number_add);
}

void cron_words_counted(struct text *text, const char *unit, uint64_t set)
{
    text_addf(text, cron_set_count(set) == 1 ? "%s " : "%ss ", unit);
    cron_words_numbers(text, set, " and ");
}

void cron_words_months(struct text *text, uint64_t set)
{
    list_add(text, set, " and ", RUN_OF_THREE, month_add);
}

void cron_words_weekdays(struct text *text, uint64_t set)
{
    uint64_t week = week_from_monday(set);
    int count = cron_set_count(week);

    if (count >= RUN_OF_THREE && set_run(week) == count)
        list_add(text, week, " and ", RUN_OF_THREE, weekday_add);
    else
        list_add(text, week, " and ", RUN_NEVER, weekday_add_plural);
}

void cron_words_weekdays_or(struct text *text, uint64_t set, bool plural)
{
    list_add(text, week_from_monday(set), " or ", RUN_NEVER,
             plural ? weekday_add_plural : weekday_add);
}
