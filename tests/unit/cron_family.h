/*
 * Many cron expressions for the tests of what is said about them, and what holds for each sentence.
 */
#ifndef SYNCSCHED_TESTS_UNIT_CRON_FAMILY_H
#define SYNCSCHED_TESTS_UNIT_CRON_FAMILY_H

#include "cron/cron.h"

#include <stddef.h>

enum { CRON_FAMILY_TEXT_SIZE = 160 };

/* The expression, which must be valid. */
struct cron cron_family_parse(const char *text);

/*
 * Writes the expression of that index; each combination of times (family 0) or of dates (family 1)
 * has one. False behind the last.
 */
bool cron_family_text(int family, size_t index, char text[CRON_FAMILY_TEXT_SIZE]);

/* Fails the test unless words are one clean line: no blank too many, no full stop, not too long. */
void cron_family_check_sentence(const char *expression, const char *words, size_t length_max);

/* Every date of a leap year on every weekday, as the years bring them; filled by the function. */
enum { CRON_FAMILY_DAYS = 366 * 7 };
extern struct civil cron_family_days[CRON_FAMILY_DAYS];
void cron_family_fill_days(void);

#endif
