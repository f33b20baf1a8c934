#include "clock/cron_fault.h"

#include "clock/quote.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Other schedulers' signs, and what to write instead. */
static const struct {
    char sign;
    const char *wrong;
    const char *hint;
} cron_foreign_signs[] = {
    {'?', "has \"?\", which cron does not know", "write \"*\""},
    {'~', "has \"~\", a random value that only some crons know", "write one number"},
    {'#', "has \"#\", but cron cannot count the weekdays of a month",
     "write the weekday alone, such as \"1\""},
    {'L', "has \"L\", but cron does not know last days",
     "write a day that every month has, such as \"28\", or a weekday alone, such as \"5\""},
    {'W', "has \"W\", but cron does not know nearest weekdays",
     "write the day alone, such as \"15\""},
    {'$', "has \"$\", the last day, which only pg_cron knows",
     "write a day that every month has, such as \"28\""},
    {':', "has \":\", but minute and hour are fields of their own", "write \"30 2\" for 02:30"},
    {'.', "has \".\", but cron knows whole numbers only", "write a whole number"},
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

bool cron_fault_hint_values(const struct cron_reader *reader)
{
    const struct cron_field *field = reader->field;
    int names = field->end - field->low;

    if (field->names == NULL)
        return cron_fault_hint(reader, "write a number from %d to %d", field->low, field->high);
    return cron_fault_hint(reader, "write a number from %d to %d%s, or %s to %s", field->low,
                           field->high, field->high > field->end ? " (0 and 7 are Sunday)" : "",
                           field->names[0], field->names[names]);
}

/* Refuses the item for one of other schedulers' signs; returns whether sign is one. */
static bool cron_fault_foreign(const struct cron_reader *reader, char sign)
{
    size_t count = sizeof cron_foreign_signs / sizeof cron_foreign_signs[0];

    for (size_t i = 0; i < count; i++) {
        if (cron_foreign_signs[i].sign == sign) {
            cron_fault_set(reader, cron_item_span(reader), "%s", cron_foreign_signs[i].wrong);
            cron_fault_hint(reader, "%s", cron_foreign_signs[i].hint);
            return true;
        }
    }
    return false;
}

bool cron_fault_character(const struct cron_reader *reader)
{
    char byte = reader->text[reader->at];
    char quoted[8];

    if (cron_fault_foreign(reader, byte))
        return false;
    quote_bytes(&byte, 1, quoted, sizeof quoted);
    if (byte == '*' || byte == '-' || byte == '/')
        cron_fault_set(reader, cron_item_span(reader), "has a \"%s\" out of place", quoted);
    else
        cron_fault_set(reader, cron_item_span(reader), "has \"%s\" in it", quoted);
    if (byte == '\n' || byte == '\r')
        return cron_fault_hint(reader, "write the expression on one line, without a line break");
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
    while (word[digits] >= '0' && word[digits] <= '9')
        digits++;
    if (digits == length - 1 || (length == 2 && strncasecmp(word, "LW", 2) == 0))
        return true;
    return length == CRON_NAME_LENGTH + 1 && cron_find_name(reader->field, word, length) >= 0;
}

bool cron_fault_word(const struct cron_reader *reader, struct cron_span span)
{
    const char *word = reader->text + span.start;
    size_t length = span.end - span.start;

    if (cron_word_is_foreign(reader, word, length)) {
        cron_fault_foreign(reader, strchr("lL", word[length - 1]) != NULL ? 'L' : 'W');
        return false;
    }
    if (cron_find_name(reader->field, word, length) >= 0) {
        cron_fault_set(reader, span, "is longer than three letters");
        return cron_fault_hint(reader, "write \"%.*s\"", CRON_NAME_LENGTH, word);
    }
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

bool cron_fault_count(const struct cron_reader *reader, struct cron_span line, size_t count)
{
    static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six"};

    if (count < sizeof words / sizeof words[0])
        cron_fault_set(reader, line, "has %s field%s, not five", words[count],
                       count == 1 ? "" : "s");
    else
        cron_fault_set(reader, line, "has %zu fields, not five", count);
    if (count == 6)
        return cron_fault_hint(reader, "remove the seconds field");
    if (count == 7)
        return cron_fault_hint(reader, "remove the seconds field and the year field");
    return cron_fault_hint(reader, "write minute, hour, day-of-month, month and day-of-week, such "
                                   "as \"0 2 * * *\"");
}
