/*
 * The fields and the @ words of cron, for the parser (cron_parse.c), for the search for what is
 * wrong (cron_judge.c) and for the words (cron_message.c).
 */
#ifndef SYNCSCHED_CRON_CRON_GRAMMAR_H
#define SYNCSCHED_CRON_CRON_GRAMMAR_H

#include "cron/cron.h"

enum { CRON_NAME_LENGTH = 3 };

struct cron_field {
    int low;
    int high;                 /* the greatest number it takes: 7 for the weekdays */
    int end;                  /* its last value: 6 for the weekdays, where 7 is 0 again */
    const char *const *names; /* of low, low + 1, ... end, by their first letters; or NULL */
};

extern const struct cron_field cron_fields[CRON_FIELD_COUNT];

/* The words for whole schedules, up to a NULL. */
struct cron_macro {
    const char *name;
    const char *expression; /* NULL for "@reboot", which names no time */
};

extern const struct cron_macro cron_macros[];

static inline bool cron_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The value whose name has the word's first three letters, in any case; -1: none. */
int cron_find_name(int field, const char *word, size_t length);

/*
 * The sign in a word of letters and digits that other schedulers know in that field: 'L' or 'W'
 * (Quartz: L, LW, 15W, 5L, friL) or 'H' (Jenkins); else 0.
 */
char cron_find_sign(const char *word, size_t length, int field);

/* What a word without a sign likely is that is neither a number nor a name of the field. */
enum cron_error_code cron_judge_word(const char *word, size_t length, int field);

/*
 * Judges a line that could not be read to its end, of at most CRON_LENGTH_MAX bytes. What is wrong
 * with the whole line replaces *error, which says what is wrong in a field.
 */
void cron_judge_line(const char *text, size_t length, struct cron_error *error);

#endif
