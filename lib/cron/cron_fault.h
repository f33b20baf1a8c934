/*
 * Why a cron expression is refused, in words; for cron_parse.c alone.
 *
 * Each function fills the fault of the reader and returns false, so that `return cron_fault_...`
 * reads well. Messages are `FIELD "VALUE" what is wrong`; hints name the spelling that every cron
 * understands.
 */
#ifndef SYNCSCHED_CRON_CRON_FAULT_H
#define SYNCSCHED_CRON_CRON_FAULT_H

#include "cron/cron.h"

enum { CRON_NAME_LENGTH = 3 };

/* One of the five fields. */
struct cron_field {
    const char *name;
    const char *plural; /* what its numbers count */
    int low;
    int high;                 /* the greatest number it takes: 7 for the weekdays */
    int end;                  /* its last value: 6 for the weekdays, where 7 is 0 again */
    const char *round;        /* after which its values start anew */
    const char *const *names; /* of low, low + 1, ...; NULL: numbers only */
};

static inline bool cron_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool cron_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A stretch of the expression: [start, end). */
struct cron_span {
    size_t start;
    size_t end;
};

/* Where reading stands: in a field, and in one item of its list. */
struct cron_reader {
    const char *text;
    size_t length;
    struct cron_fault *fault;
    const struct cron_field *field; /* NULL: the whole line */
    size_t item_start;
    size_t at;
};

/* What one item says: "*", "5" or "1-5", with a step perhaps. */
struct cron_item {
    int first;
    int last;
    int step;
    bool single;  /* one number */
    bool stepped; /* a step was written */
};

/* The value of the field's name that the word starts with, or -1. */
int cron_find_name(const struct cron_field *field, const char *word, size_t length);

/* The item that is being read, up to the comma or the blank behind it. */
struct cron_span cron_item_span(const struct cron_reader *reader);

/*
 * The weekday (0 to 6, Sunday first) or month (7 to 18) that a word of three letters or more
 * abbreviates, or is, in the plural even; -1 when there is none.
 */
int cron_find_whole_name(const char *word, size_t length);

/* What to do about a byte that cron has no use for; NULL when that is not known. */
const char *cron_byte_hint(char byte);

/* Refuses a stretch of the expression. */
bool cron_fault_set(const struct cron_reader *reader, struct cron_span span, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* Adds the spelling that works to the fault just set. */
bool cron_fault_hint(const struct cron_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds as hint what the field takes, and what the refused number likely means ("midnight is 0");
 * after cron_fault_set() with the word or the item.
 */
bool cron_fault_hint_values(const struct cron_reader *reader);

/* Refuses the item for the character at reader->at. */
bool cron_fault_character(const struct cron_reader *reader);

/*
 * Refuses a word of letters and digits that is neither a number nor a name of the field: a whole
 * name ("monday"), a name of another field, or no name at all.
 */
bool cron_fault_word(const struct cron_reader *reader, struct cron_span word);

/* Refuses the item for its range, whose last value is below its first. */
bool cron_fault_backwards(const struct cron_reader *reader, const struct cron_item *item);

/* Refuses the line for its number of fields, any but five (cron_fault_line.c). */
bool cron_fault_count(const struct cron_reader *reader, struct cron_span line, size_t count);

#endif
