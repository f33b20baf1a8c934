/*
 * An independent judge of cron_next(): the minutes in which Debian's cron runs a line of a crontab.
 *
 * It has another shape than lib/cron on purpose and uses nothing of it. Where cron_next() computes
 * the next slot, the judge lives through every minute as the daemon does (the main loop of cron.c in
 * Debian's cron 3.0pl1), and glibc's localtime_r() is its wall clock, not our reader of TZif files.
 * A slow and simple machine: whoever doubts it can read it beside the daemon's source.
 *
 * Not for use while another thread reads the time zone: it sets TZ.
 */
#ifndef TESTS_JUDGE_JUDGE_H
#define TESTS_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JUDGE_LINES = 64, JUDGE_TIME_SIZE = 32 };

/*
 * A crontab of up to 64 lines, judged all at once: bit n of each set stands for line n. A set at
 * [value] holds the lines whose field takes that value.
 */
struct judge_crontab {
    uint64_t minutes[60];
    uint64_t hours[24];
    uint64_t days[32];
    uint64_t months[13];
    uint64_t weekdays[8]; /* 0 and 7 are Sunday */
    uint64_t starred;     /* a day field starts with '*': both day fields must match */
    uint64_t wildcard;    /* minute or hour starts with '*': follows the wall clock */
};

/* Adds the expression as that line (0 to 63). It must be valid: five fields or a word with '@'. */
void judge_crontab_set(struct judge_crontab *crontab, int line, const char *expression);

/* What the wall clock of a zone shows in each UTC minute of a period. */
struct judge_clock {
    int64_t from;  /* UTC minutes since 1970 */
    size_t count;  /* so many minutes */
    int64_t *wall; /* of minute from + i: floor((UTC seconds + offset) / 60) */
    int jumps;     /* how often it did not go on by one */
};

/*
 * Reads the clock of a time zone, as TZ spells it, over the years [year, year + years). Leaves TZ
 * set, so that judge_format_local() speaks of the same zone. judge_clock_free() releases it.
 */
void judge_clock_read(struct judge_clock *clock, const char *tz, int year, int years);
void judge_clock_free(struct judge_clock *clock);

/*
 * The lines that run in each minute of the clock, into fires[clock->count], by a daemon that has
 * been running since before. A line that the daemon starts several times in one minute runs in it.
 */
void judge_fires(const struct judge_clock *clock, const struct judge_crontab *crontab,
                 uint64_t *fires);

/* A UTC minute, as UTC and as the zone of TZ have it: 2026-03-29 01:00. */
const char *judge_format_utc(int64_t minute, char text[JUDGE_TIME_SIZE]);
const char *judge_format_local(int64_t minute, char text[JUDGE_TIME_SIZE]);

#endif
