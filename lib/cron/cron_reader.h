/*
 * What the parser (cron_parse.c) shares with the search for what is wrong (cron_refuse.c) and with
 * the words (cron_message.c).
 */
#ifndef SYNCSCHED_CRON_CRON_READER_H
#define SYNCSCHED_CRON_CRON_READER_H

#include "cron/cron.h"

enum { CRON_NAME_LENGTH = 3 };

/* One of the five fields. */
struct cron_field {
    int low;
    int high;                 /* the greatest number it takes: 7 for the weekdays */
    int end;                  /* its last value: 6 for the weekdays, where 7 is 0 again */
    const char *const *names; /* of low, low + 1, ... end, by their first letters; or NULL */
};

extern const struct cron_field cron_fields[CRON_FIELD_COUNT];

/* The words for whole schedules, "@yearly" to "@hourly", up to a NULL. */
struct cron_macro {
    const char *name;
    const char *expression;
};

extern const struct cron_macro cron_macros[];

/* A stretch of the expression: [start, end). */
struct cron_span {
    size_t start;
    size_t end;
};

/* How far the expression has been read. */
struct cron_reader {
    const char *text;
    size_t length;
    struct cron_error *error;
    const struct cron_field *field; /* NULL: the line */
    size_t item_start;              /* of the item that is being read */
    size_t at;
};

static inline bool cron_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool cron_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Which of the names has the word's first three letters, in any case; -1: none. */
int cron_find_name(const char *const *names, int count, const char *word, size_t length);

/* --- cron_refuse.c: each fills the reader's error and returns false --- */

/* Refuses a stretch of the expression. */
bool cron_refuse(const struct cron_reader *reader, enum cron_error_code code,
                 struct cron_span span);

/* Refuses the item that is being read, up to the comma or the blank behind it. */
bool cron_refuse_item(const struct cron_reader *reader, enum cron_error_code code);

/* Refuses the item for the byte at reader->at. */
bool cron_refuse_byte(const struct cron_reader *reader);

/* Refuses a word of letters and digits that is neither a number nor a name of the field. */
bool cron_refuse_word(const struct cron_reader *reader, struct cron_span word);

/*
 * Refuses a line that could not be read to its end. What is wrong with the whole line goes before
 * what is wrong in a field.
 */
bool cron_refuse_line(struct cron_reader *reader);

/* Refuses a line that starts with "@" and is not in cron_macros. */
bool cron_refuse_macro(const struct cron_reader *reader);

#endif
