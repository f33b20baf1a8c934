/*
 * A length of time: D of design section 7 on the command line, and one for a person to read.
 */
#ifndef SYNCSCHED_TIME_DURATION_H
#define SYNCSCHED_TIME_DURATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a whole number and its unit: 50s, 15m, 1h, 2d (a day is 24 hours). Zero needs no unit.
 * Fails with ERROR_USAGE, also when the milliseconds do not fit.
 */
bool duration_parse(const char *text, int64_t *duration_ms, struct error *err);

enum { DURATION_TEXT_SIZE = 32 };

/* Writes it in the largest unit that it holds twice, rounded down: 119 s, 90 min, 47 h, 2 d. */
void duration_format(int64_t duration_ms, char text[DURATION_TEXT_SIZE]);

#endif
