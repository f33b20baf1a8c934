#include "cron/cron_fault.h"

#include "base/quote.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WEEKDAYS_PER_WEEK = 7 };

/* Other schedulers' signs in a field (NULL: in any), and what to write instead. */
static const struct {
    char sign;
    const char *field;
    const char *wrong;
    const char *hint;
} cron_foreign_signs[] = {
    {'?', NULL, "has \"?\", which cron does not know", "write \"*\""},
    {'~', NULL, "has \"~\", a random value that only some crons know", "write one number"},
    {'H', NULL, "has \"H\", a value that only Jenkins picks",
     "write one number, or \"*\" before a step"},
    {'#', "day-of-week", "has \"#\", but cron cannot count the weekdays of a month",
     "write the weekday alone, such as \"1\""},
    {'#', NULL, "has \"#\", which starts a comment", "remove the \"#\""},
    {'L', "day-of-month", "has \"L\", but cron does not know last days",
     "write a day that every month has, such as \"28\""},
    {'L', "day-of-week", "has \"L\", but cron does not know last days",
     "write the weekday alone, such as \"5\""},
    {'W', "day-of-month", "has \"W\", but cron does not know nearest weekdays",
     "write the day alone, such as \"15\""},
    {'$', "day-of-month", "has \"$\", the last day, which only pg_cron knows",
     "write a day that every month has, such as \"28\""},
    {':', NULL, "has \":\", but minute and hour are fields of their own",
     "write \"30 2\" for 02:30"},
    {'.', NULL, "has \".\", but cron knows whole numbers only", "write a whole number"},
};

/* Numbers that a field does not take, and what they are likely meant to say. */
static const struct {
    const char *field;
    int first;
    int last;
    const char *meaning;
} cron_slips[] = {
    {"minute", 60, 60, "the full hour is 0"},
    {"hour", 24, 24, "midnight is 0"},
    {"hour", 25, 59, "minutes are the first field"},
    {"day-of-month", 0, 0, "the first day is 1"},
    {"month", 0, 0, "January is 1"},
    {"month", 13, 13, "December is 12"},
    {"month", 14, 31, "days are the third field"},
    {"day-of-week", 1970, 2199, "cron has no field for years"},
};

/* The weekdays, then the months. */
static const char *const cron_whole_names[] = {
    "sunday",  "monday",    "tuesday", "wednesday", "thursday", "friday", "saturday",
    "january", "february",  "march",   "april",     "may",      "june",   "july",
    "august",  "september", "october", "november",  "december", NULL,
};

int cron_find_name(const struct cron_field *field, const char *word, size_t length)
{
    if (field->names == NULL || length < CRON_NAME_LENGTH)
        return -1;
    for (int i = 0; field->names[i] != NULL; i++) {
        const char *name = field->names[i];

        /* In any case: 0x20 makes a letter small, and no digit a letter. */
        if ((word[0] | 0x20) == name[0] && (word[1] | 0x20) == name[1] &&
            (word[2] | 0x20) == name[2])
            return field->low + i;
    }
    return -1;
}

struct cron_span cron_item_span(const struct cron_reader *reader)
{
    struct cron_span item = {reader->item_start, reader->item_start};

    while (item.end < reader->length && memchr(", \t", reader->text[item.end], 3) == NULL)
        item.end++;
    return item;
}

int cron_find_whole_name(const char *word, size_t length)
{
    if (length < CRON_NAME_LENGTH)
        return -1;
    for (int i = 0; cron_whole_names[i] != NULL; i++) {
        size_t whole;
        size_t common;

        if ((word[0] | 0x20) != cron_whole_names[i][0]) /* a long line is looked up byte by byte */
            continue;
        whole = strlen(cron_whole_names[i]);
        common = length < whole ? length : whole;
        if (strncasecmp(cron_whole_names[i], word, common) != 0)
            continue;
        if (length <= whole || (length == whole + 1 && (word[whole] | 0x20) == 's'))
            return i;
    }
    return -1;
}

bool cron_fault_set(const struct cron_reader *reader, struct cron_span span, const char *format,
                    ...)
{
    struct cron_fault *fault = reader->fault;
    const char *field = reader->field != NULL ? reader->field->name : NULL;
    va_list arguments;
    int used;

    *fault = (struct cron_fault){.field = field};
    fault->position = span.start;
    fault->length = span.end - span.start;
    quote_bytes(reader->text + span.start, fault->length, fault->value, sizeof fault->value);
    used = snprintf(fault->message, sizeof fault->message, "%s \"%s\" ",
                    field != NULL ? field : "expression", fault->value);
    va_start(arguments, format);
    vsnprintf(fault->message + used, sizeof fault->message - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

bool cron_fault_hint(const struct cron_reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reader->fault->hint, sizeof reader->fault->hint, format, arguments);
    va_end(arguments);
    return false;
}

/* The number that the refused stretch is; -1 when it is none, INT_MAX when it is a long one. */
static int cron_refused_number(const struct cron_reader *reader)
{
    const char *digits = reader->text + reader->fault->position;
    size_t length = reader->fault->length;
    int number = 0;

    for (size_t i = 0; i < length; i++) {
        if (!cron_is_digit(digits[i]))
            return -1;
        number = number <= 9999 ? number * 10 + (digits[i] - '0') : INT_MAX;
    }
    return length > 0 ? number : -1;
}

/* What a number that the field does not take likely means; NULL when nobody can tell. */
static const char *cron_likely_meaning(const struct cron_reader *reader, int number)
{
    size_t count = sizeof cron_slips / sizeof cron_slips[0];
    size_t position = reader->fault->position;

    if (position > reader->item_start && reader->text[position - 1] == '-')
        return NULL; /* the end of a range goes too far: "0-24" does not mean midnight */
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cron_slips[i].field, reader->field->name) == 0 &&
            number >= cron_slips[i].first && number <= cron_slips[i].last)
            return cron_slips[i].meaning;
    }
    return NULL;
}

bool cron_fault_hint_values(const struct cron_reader *reader)
{
    const struct cron_field *field = reader->field;
    const char *sundays = field->high > field->end ? " (0 and 7 are Sunday)" : "";
    int number = cron_refused_number(reader);
    const char *meaning;
    char names[32] = "";

    if (field->names != NULL)
        snprintf(names, sizeof names, ", or %s to %s", field->names[0],
                 field->names[field->end - field->low]);
    if (number < 0)
        return cron_fault_hint(reader, "write a number from %d to %d%s%s", field->low, field->high,
                               sundays, names);
    meaning = cron_likely_meaning(reader, number);
    return cron_fault_hint(reader, "%s go from %d to %d%s%s%s%s", field->plural, field->low,
                           field->high, sundays, names, meaning != NULL ? "; " : "",
                           meaning != NULL ? meaning : "");
}

/* Refuses the item for one of other schedulers' signs; returns whether sign is one here. */
static bool cron_fault_foreign(const struct cron_reader *reader, char sign)
{
    size_t count = sizeof cron_foreign_signs / sizeof cron_foreign_signs[0];

    for (size_t i = 0; i < count; i++) {
        const char *field = cron_foreign_signs[i].field;

        if (cron_foreign_signs[i].sign == sign &&
            (field == NULL || strcmp(field, reader->field->name) == 0)) {
            cron_fault_set(reader, cron_item_span(reader), "%s", cron_foreign_signs[i].wrong);
            cron_fault_hint(reader, "%s", cron_foreign_signs[i].hint);
            return true;
        }
    }
    return false;
}

const char *cron_byte_hint(char byte)
{
    unsigned char value = (unsigned char)byte;

    if (byte == '\n' || byte == '\r')
        return "write the expression on one line, without a line break";
    if (value < 0x20 || value == 0x7F)
        return "remove the control character";
    if (value > 0x7F)
        return "write plain ASCII, with ordinary blanks, digits and \"-\"";
    return byte == '"' || byte == '\'' || byte == '`' ? "remove the quotes" : NULL;
}

bool cron_fault_character(const struct cron_reader *reader)
{
    char byte = reader->text[reader->at];
    const char *hint = cron_byte_hint(byte);
    char quoted[8];

    if (cron_fault_foreign(reader, byte))
        return false;
    quote_bytes(&byte, 1, quoted, sizeof quoted);
    if ((unsigned char)byte > 0x7F)
        cron_fault_set(reader, cron_item_span(reader), "has \"%s\", which is not ASCII", quoted);
    else if (byte != '\0' && strchr("*-/0123456789", byte) != NULL)
        cron_fault_set(reader, cron_item_span(reader), "has a \"%s\" out of place", quoted);
    else
        cron_fault_set(reader, cron_item_span(reader), "has \"%s\" in it", quoted);
    if (hint != NULL)
        return cron_fault_hint(reader, "%s", hint);
    return cron_fault_hint(reader,
                           "write \"*\", a number, a range such as \"%d-%d\", or \"*\" or a range "
                           "with a step such as \"*/2\"",
                           reader->field->low + 1, reader->field->low + 3);
}

/* Whether a word is L or W as Quartz writes them: L, LW, 15W, 5L, friL. */
static bool cron_word_is_foreign(const struct cron_reader *reader, const char *word, size_t length)
{
    size_t digits = 0;

    if (length == 0 || strchr("lLwW", word[length - 1]) == NULL)
        return false;
    while (cron_is_digit(word[digits]))
        digits++;
    if (digits == length - 1 || (length == 2 && strncasecmp(word, "LW", 2) == 0))
        return true;
    return length == CRON_NAME_LENGTH + 1 && cron_find_name(reader->field, word, length) >= 0;
}

/* Refuses the name of a weekday or a month: too long for its own field, or in another one. */
static bool cron_fault_name(const struct cron_reader *reader, struct cron_span span, int name)
{
    const char *word = reader->text + span.start;
    bool is_weekday = name < WEEKDAYS_PER_WEEK;

    if (strcmp(reader->field->name, is_weekday ? "day-of-week" : "month") == 0) {
        cron_fault_set(reader, span, "is longer than three letters");
        return cron_fault_hint(reader, "write \"%.*s\"", CRON_NAME_LENGTH, word);
    }
    if (is_weekday) {
        cron_fault_set(reader, span, "is a weekday");
        return cron_fault_hint(reader, "weekdays are the fifth field, such as \"0 2 * * %.*s\"",
                               CRON_NAME_LENGTH, word);
    }
    cron_fault_set(reader, span, "is a month");
    return cron_fault_hint(reader, "months are the fourth field, such as \"0 2 1 %.*s *\"",
                           CRON_NAME_LENGTH, word);
}

bool cron_fault_word(const struct cron_reader *reader, struct cron_span span)
{
    const char *word = reader->text + span.start;
    size_t length = span.end - span.start;
    int name = cron_find_whole_name(word, length);

    if (length == 1 && word[0] == 'H' && cron_fault_foreign(reader, 'H'))
        return false;
    if (cron_word_is_foreign(reader, word, length) &&
        cron_fault_foreign(reader, strchr("lL", word[length - 1]) != NULL ? 'L' : 'W'))
        return false;
    if (name >= 0)
        return cron_fault_name(reader, span, name);
    cron_fault_set(reader, span, "is %s",
                   reader->field->names != NULL ? "neither a number nor a name" : "not a number");
    return cron_fault_hint_values(reader);
}

/* Adds first-last, or the one number, to a comma-separated list. */
static void cron_list_add(char list[CRON_HINT_SIZE], int first, int last)
{
    size_t used = strlen(list);
    const char *comma = used > 0 ? "," : "";

    if (first == last)
        snprintf(list + used, CRON_HINT_SIZE - used, "%s%d", comma, first);
    else
        snprintf(list + used, CRON_HINT_SIZE - used, "%s%d-%d", comma, first, last);
}

bool cron_fault_backwards(const struct cron_reader *reader, const struct cron_item *item)
{
    const struct cron_field *field = reader->field;
    int size = field->end - field->low + 1;
    int count = (item->last - item->first + size) % size + 1; /* going on past the field's end */
    int step = item->step < count ? item->step : count;
    char list[CRON_HINT_SIZE] = "";

    cron_fault_set(reader, cron_item_span(reader), "runs backwards");
    if (item->stepped) {
        for (int i = 0; i < count; i += step) {
            int value = field->low + (item->first - field->low + i) % size;

            cron_list_add(list, value, value);
        }
    } else if (field->high > field->end && item->last == field->low) {
        cron_list_add(list, item->first, field->high); /* sat-sun is 6-7 */
    } else if (item->first > field->end) {
        cron_list_add(list, field->low, item->last); /* 7-2 is 0-2 */
    } else {
        cron_list_add(list, item->first, field->end);
        cron_list_add(list, field->low, item->last);
    }
    return cron_fault_hint(reader, "write \"%.200s\"", list);
}
