/*
 * The sets of a cron expression as English lists; for cron_text.c and cron_warn.c.
 *
 * A set has bit n for the value n, as in struct cron. Members come in rising order with commas
 * between them and a conjunction (" and ", " or ") before the last. The sets must not be empty.
 * Without printf(): hundreds of thousands of expressions are described in one go.
 */
#ifndef SYNCSCHED_CLOCK_CRON_WORDS_H
#define SYNCSCHED_CLOCK_CRON_WORDS_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The sets of fields that leave nothing out. */
#define CRON_ALL_MINUTES  ((UINT64_C(1) << 60) - 1)
#define CRON_ALL_HOURS    UINT32_C(0xFFFFFF)
#define CRON_ALL_DAYS     UINT32_C(0xFFFFFFFE)
#define CRON_ALL_MONTHS   UINT16_C(0x1FFE)
#define CRON_ALL_WEEKDAYS UINT8_C(0x7F)

/* The values from first to last as a set; 0 <= first <= last < 63. */
uint64_t cron_set_range(int first, int last);

int cron_set_count(uint64_t set);
int cron_set_least(uint64_t set);
int cron_set_greatest(uint64_t set);

/* The distance between neighbours where all are equally far apart; 0 otherwise, and for one. */
int cron_set_step(uint64_t set);

/* "7": a number from 0 to 99. */
void cron_words_number(struct text *text, int number);

/* "02:00" */
void cron_words_time(struct text *text, int hour, int minute);

/* "January"; 1 to 12. */
void cron_words_month(struct text *text, int month);

/* "Sunday"; 0 to 6. */
void cron_words_weekday(struct text *text, int weekday);

/* "1, 5 to 9 and 30": three or more in a row are a range. */
void cron_words_numbers(struct text *text, uint64_t set, const char *conjunction);

/* "January to March, June and July" */
void cron_words_months(struct text *text, uint64_t set);

/* "Mondays", "Fridays and Sundays", "Monday to Friday"; the week begins on Monday. */
void cron_words_weekdays(struct text *text, uint64_t set);

/* "Monday or Friday", plural "Mondays or Fridays". */
void cron_words_weekdays_or(struct text *text, uint64_t set, bool plural);

#endif
