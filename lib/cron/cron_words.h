/*
 * The sets of a cron expression as English lists; for cron_text.c and cron_warn.c.
 *
 * Members come in rising order with commas between them and a conjunction (" and ", " or ") before
 * the last. The sets must not be empty. */
#ifndef SYNCSCHED_CRON_CRON_WORDS_H
#define SYNCSCHED_CRON_CRON_WORDS_H

#include "base/text.h"
#include "cron/cron_set.h"

#include <stdbool.h>
#include <stdint.h>

/* The distance between neighbours where all are equally far apart; 0 otherwise, and for one. */
int cron_set_step(uint64_t set);

/* "1, 5 to 9 and 30": three or more in a row are a range. */
void cron_words_numbers(struct text *text, uint64_t set, const char *conjunction);

/* "day 7", "days 1, 5 to 9 and 30" */
void cron_words_counted(struct text *text, const char *unit, uint64_t set);

/* "January to March, June and July" */
void cron_words_months(struct text *text, uint64_t set);

/* "Mondays", "Fridays and Sundays", "Monday to Friday"; the week begins on Monday. */
void cron_words_weekdays(struct text *text, uint64_t set);

/* "Monday or Friday", plural "Mondays or Fridays". */
void cron_words_weekdays_or(struct text *text, uint64_t set, bool plural);

#endif
