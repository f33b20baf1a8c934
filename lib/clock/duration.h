/*
 * D of design section 7: a length of time on the command line.
 */
#ifndef SYNCSCHED_CLOCK_DURATION_H
#define SYNCSCHED_CLOCK_DURATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a whole number and its unit: 50s, 15m, 1h, 2d (a day is 24 hours). Zero needs no unit.
 * Fails with ERROR_USAGE, also when the milliseconds do not fit.
 */
bool duration_parse(const char *text, int64_t *duration_ms, struct error *err);

#endif
