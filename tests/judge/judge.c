#include "judge/judge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS_PER_MINUTE = 60, MINUTES_PER_HOUR = 60, THREE_HOURS = 180 };

static int64_t judge_divide_down(int64_t dividend, int64_t divisor)
{
    return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

void judge_clock_read(struct judge_clock *clock, const char *tz, int year, int years)
{
    struct tm first = {.tm_year = year - 1900, .tm_mday = 1};
    struct tm end = {.tm_year = year - 1900 + years, .tm_mday = 1};

    setenv("TZ", tz, 1);
    tzset();
    *clock = (struct judge_clock){.from = timegm(&first) / SECONDS_PER_MINUTE};
    clock->count = (size_t)(timegm(&end) / SECONDS_PER_MINUTE - clock->from);
    clock->wall = calloc(clock->count, sizeof *clock->wall);
    if (clock->wall == NULL)
        abort();
    for (size_t i = 0; i < clock->count; i++) {
        time_t now = (clock->from + (int64_t)i) * SECONDS_PER_MINUTE;
        struct tm tm;

        localtime_r(&now, &tm);
        clock->wall[i] = judge_divide_down(now + tm.tm_gmtoff, SECONDS_PER_MINUTE);
        clock->jumps += i > 0 && clock->wall[i] != clock->wall[i - 1] + 1 ? 1 : 0;
    }
}

void judge_clock_free(struct judge_clock *clock)
{
    free(clock->wall);
    *clock = (struct judge_clock){0};
}

/* The lines whose hour and date match an hour of the wall clock, counted since 1970. */
static uint64_t judge_find_hour(const struct judge_crontab *crontab, int64_t wall_hour)
{
    time_t seconds = wall_hour * MINUTES_PER_HOUR * SECONDS_PER_MINUTE;
    uint64_t day;
    uint64_t weekday;
    struct tm tm;

    gmtime_r(&seconds, &tm);
    day = crontab->days[tm.tm_mday];
    weekday = crontab->weekdays[tm.tm_wday];
    return crontab->hours[tm.tm_hour] & crontab->months[tm.tm_mon + 1] &
           ((crontab->starred & day & weekday) | (~crontab->starred & (day | weekday)));
}

/* Where the daemon stands. */
struct judge_daemon {
    const struct judge_crontab *crontab;
    int64_t virtual_time; /* minute of the wall clock up to which all has run */
    int64_t hour;         /* the hour last looked at, remembered only to be quick, */
    uint64_t hour_lines;  /* and the lines that match it */
};

/* The lines that match a minute of the wall clock: find_jobs() of the daemon. */
static uint64_t judge_find(struct judge_daemon *daemon, int64_t wall, bool do_wildcard,
                           bool do_fixed)
{
    const struct judge_crontab *crontab = daemon->crontab;
    uint64_t wildcard = do_wildcard ? crontab->wildcard : 0;
    uint64_t fixed = do_fixed ? ~crontab->wildcard : 0;
    int64_t hour = judge_divide_down(wall, MINUTES_PER_HOUR);

    if (hour != daemon->hour)
        daemon->hour_lines = judge_find_hour(crontab, hour);
    daemon->hour = hour;
    return (wildcard | fixed) & daemon->hour_lines &
           crontab->minutes[wall - hour * MINUTES_PER_HOUR];
}

/*
 * One awakening of the daemon at a minute of the wall clock: the lines that it runs. The four cases
 * are those of the daemon's main().
 */
static uint64_t judge_wake(struct judge_daemon *daemon, int64_t wall)
{
    int64_t ahead = wall - daemon->virtual_time;
    uint64_t lines = 0;

    if (ahead > THREE_HOURS || ahead <= -THREE_HOURS) { /* a correction: believe the clock */
        daemon->virtual_time = wall;
        return judge_find(daemon, wall, true, true);
    }
    if (ahead <= 0) /* set back: fixed-time schedules wait until the clock has caught up */
        return judge_find(daemon, wall, true, false);
    if (ahead <= 5) { /* as always, or a little late: everything of each minute */
        while (daemon->virtual_time < wall)
            lines |= judge_find(daemon, ++daemon->virtual_time, true, true);
        return lines;
    }
    lines = judge_find(daemon, wall, true, false); /* set forward: wildcard jobs of this minute */
    while (daemon->virtual_time < wall)            /* and fixed-time jobs of each one missed */
        lines |= judge_find(daemon, ++daemon->virtual_time, false, true);
    return lines;
}

void judge_fires(const struct judge_clock *clock, const struct judge_crontab *crontab,
                 uint64_t *fires)
{
    struct judge_daemon daemon = {
        .crontab = crontab,
        .virtual_time = clock->wall[0] - 1,
        .hour = INT64_MIN,
    };

    for (size_t i = 0; i < clock->count; i++)
        fires[i] = judge_wake(&daemon, clock->wall[i]);
}

static const char *judge_format(const struct tm *tm, char text[JUDGE_TIME_SIZE])
{
    if (strftime(text, JUDGE_TIME_SIZE, "%Y-%m-%d %H:%M", tm) == 0)
        text[0] = '\0';
    return text;
}

const char *judge_format_utc(int64_t minute, char text[JUDGE_TIME_SIZE])
{
    time_t seconds = minute * SECONDS_PER_MINUTE;
    struct tm tm;

    return judge_format(gmtime_r(&seconds, &tm), text);
}

const char *judge_format_local(int64_t minute, char text[JUDGE_TIME_SIZE])
{
    time_t seconds = minute * SECONDS_PER_MINUTE;
    struct tm tm;

    return judge_format(localtime_r(&seconds, &tm), text);
}
