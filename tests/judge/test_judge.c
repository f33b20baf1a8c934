/*
 * Covers the judge itself: nights whose outcome is known from crontab(5), cron(8) and a calendar,
 * written down by hand.
 */
#include "judge/judge.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *tz;
    int year;
    const char *expression; /* kept to few days, so that all its runs can be written down */
    const char *runs;       /* the UTC minutes of that year, "01-31 02:00" and ", " between them */
} nights[] = {
    /* Oslo, 31 March 2024: 02:00 is followed by 03:00, at 01:00 UTC */
    {"Europe/Oslo", 2024, "30 1 31 3 *", "03-31 00:30"},
    {"Europe/Oslo", 2024, "30 2 31 3 *", "03-31 01:00"},
    {"Europe/Oslo", 2024, "0,20,40 2 31 3 *", "03-31 01:00"},
    {"Europe/Oslo", 2024, "30 2,3 31 3 *", "03-31 01:00, 03-31 01:30"},
    {"Europe/Oslo", 2024, "0 3 31 3 *", "03-31 01:00"},
    {"Europe/Oslo", 2024, "*/30 2 31 3 *", ""},
    {"Europe/Oslo", 2024, "30 */2 31 3 *",
     "03-30 23:30, 03-31 02:30, 03-31 04:30, 03-31 06:30, 03-31 08:30, 03-31 10:30, 03-31 12:30, "
     "03-31 14:30, 03-31 16:30, 03-31 18:30, 03-31 20:30"},
    /* Oslo, 27 October 2024: 03:00 is followed by 02:00, at 01:00 UTC */
    {"Europe/Oslo", 2024, "30 2 27 10 *", "10-27 00:30"},
    {"Europe/Oslo", 2024, "0,59 2 27 10 *", "10-27 00:00, 10-27 00:59"},
    {"Europe/Oslo", 2024, "0 3 27 10 *", "10-27 02:00"},
    {"Europe/Oslo", 2024, "*/30 2 27 10 *", "10-27 00:00, 10-27 00:30, 10-27 01:00, 10-27 01:30"},
    /* Lord Howe, 6 October 2024: half an hour is skipped at 02:00, at 15:30 UTC the day before */
    {"Australia/Lord_Howe", 2024, "15 2 6 10 *", "10-05 15:30"},
    {"Australia/Lord_Howe", 2024, "45 2 6 10 *", "10-05 15:45"},
    /* Sao Paulo, 4 November 2018: the day starts at 01:00, at 03:00 UTC */
    {"America/Sao_Paulo", 2018, "0 0 4 11 *", "11-04 03:00"},
    {"America/Sao_Paulo", 2018, "30 0 3 11 *", "11-03 03:30"},
    /* Apia left 30 December 2011 out: nothing of it is made up for */
    {"Pacific/Apia", 2011, "0 12 30 12 *", ""},
    {"Pacific/Apia", 2011, "0 12 29-31 12 *", "12-29 22:00, 12-30 22:00"},
    /* Casey, 4 October 2020: three hours forward are a correction; 8 March: three back are not */
    {"Antarctica/Casey", 2020, "30 1 4 10 *", ""},
    {"Antarctica/Casey", 2020, "30 1 8 3 *", "03-07 14:30"},
    {"Antarctica/Casey", 2020, "*/30 1 8 3 *",
     "03-07 14:00, 03-07 14:30, 03-07 17:00, 03-07 17:30"},
    /* Monrovia, 44 and a half minutes behind: the wall minute begins within the UTC minute */
    {"Africa/Monrovia", 1971, "0 12 1 1 *", "01-01 12:45"},
    /* the star rule; 13 September 2024 is a Friday */
    {"UTC0", 2024, "0 0 13 9 5", "09-06 00:00, 09-13 00:00, 09-20 00:00, 09-27 00:00"},
    {"UTC0", 2024, "0 0 */6 9 5", "09-13 00:00"},
    {"UTC0", 2024, "0 0 13 9 *", "09-13 00:00"},
    {"UTC0", 2024, "0 0 */30 SEP,jan 7-7", "09-01 00:00"},
    /* fields and words */
    {"UTC0", 2023, "0 0 29 2 *", ""},
    {"UTC0", 2024, "0 0 29 2 *", "02-29 00:00"},
    {"UTC0", 2024, "05-15/5,59 7 1 Jan *", "01-01 07:05, 01-01 07:10, 01-01 07:15, 01-01 07:59"},
    {"UTC0", 2024, "@yearly", "01-01 00:00"},
    {"<+0545>-5:45", 2024, "@yearly", "12-31 18:15"},
};

/* The runs of the single line of a crontab, as the table has them. */
static void write_runs(const struct judge_clock *clock, const uint64_t *fires, char *text,
                       size_t size)
{
    char time[JUDGE_TIME_SIZE];
    size_t length = 0;

    text[0] = '\0';
    for (size_t at = 0; at < clock->count && length < size; at++) {
        if (fires[at] == 0)
            continue;
        judge_format_utc(clock->from + (int64_t)at, time);
        length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
                                   time + strlen("2024-"));
    }
}

START_TEST(test_known_nights)
{
    struct judge_crontab crontab = {0};
    struct judge_clock clock;
    char runs[1024];
    uint64_t *fires;

    judge_clock_read(&clock, nights[_i].tz, nights[_i].year, 1);
    judge_crontab_set(&crontab, 0, nights[_i].expression);
    fires = calloc(clock.count, sizeof *fires);
    ck_assert_ptr_nonnull(fires);
    judge_fires(&clock, &crontab, fires);
    write_runs(&clock, fires, runs, sizeof runs);
    ck_assert_msg(strcmp(runs, nights[_i].runs) == 0, "%s in %s: [%s] instead of [%s]",
                  nights[_i].expression, nights[_i].tz, runs, nights[_i].runs);
    free(fires);
    judge_clock_free(&clock);
}
END_TEST

SUITE(judge)
{
    TCase *tcase = tcase_create("known nights");

    tcase_add_loop_test(tcase, test_known_nights, 0, (int)(sizeof nights / sizeof nights[0]));
    suite_add_tcase(suite, tcase);
}
