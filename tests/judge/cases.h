/*
 * What the judge and cron_next() are asked about: zones, each over two years that hold its
 * interesting night, and expressions, written down and drawn at random.
 */
#ifndef TESTS_JUDGE_CASES_H
#define TESTS_JUDGE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cases_zone {
    const char *name; /* as an organisation writes it */
    const char *tz;   /* as TZ has it, where that is not the same; else NULL */
    int year;         /* the first of the two */
    bool jumps;       /* the wall clock jumps in them */
};

extern const struct cases_zone cases_zones[];
extern const size_t cases_zones_count;

extern const char *const cases_expressions[];
extern const size_t cases_expressions_count;

enum { CASES_EXPRESSION_SIZE = 256 };

/*
 * Draws a valid expression, which likes the hours in which clocks are changed. The seed, never 0,
 * is moved on; the same seeds make the same expressions everywhere.
 */
void cases_draw(uint64_t *seed, char expression[CASES_EXPRESSION_SIZE]);

#endif
