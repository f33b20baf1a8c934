#include "cron/cron.h"

#include "cron/cron_fault.h"
#include "cron/cron_set.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct cron_field cron_fields[CRON_FIELD_COUNT] = {
    [CRON_MINUTE] = {"minute", "minutes", 0, 59, 59, "hour", NULL},
    [CRON_HOUR] = {"hour", "hours", 0, 23, 23, "day", NULL},
    [CRON_DAY] = {"day-of-month", "days", 1, 31, 31, "month", NULL},
    [CRON_MONTH] = {"month", "months", 1, 12, 12, "year", month_names},
    [CRON_WEEKDAY] = {"day-of-week", "weekdays", 0, 7, 6, "week", weekday_names},
};

static const struct {
    const char *name;
    const char *expression;
} cron_macros[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
    return c == ',' || cron_is_blank(c);
}

/* The character where reading stands; a blank at the end of the text. */
static char peek(const struct cron_reader *reader)
{
    return reader->at < reader->length ? reader->text[reader->at] : ' ';
}

static bool take_character(struct cron_reader *reader, char wanted)
{
    if (peek(reader) != wanted)
        return false;
    reader->at++;
    return true;
}

/* A word of letters and digits. */
struct cron_word {
    struct cron_span span;
    bool is_number; /* digits only */
    int number;     /* what they make; INT_MAX when it is greater than that */
};

static bool take_word(struct cron_reader *reader, struct cron_word *word)
{
    size_t at = reader->at; /* in a register, as is the number */
    int64_t number = 0;
    char c = ' ';

    word->span.start = at;
    for (; at < reader->length && cron_is_digit(c = reader->text[at]); at++)
        number = number > INT_MAX ? number : number * 10 + (c - '0');
    word->number = number > INT_MAX ? INT_MAX : (int)number;
    word->is_number = at >= reader->length || !is_letter(c);
    while (!word->is_number && at < reader->length &&
           (cron_is_digit(reader->text[at]) || is_letter(reader->text[at])))
        at++;
    reader->at = at;
    word->span.end = at;
    if (word->span.end > word->span.start)
        return true;
    c = peek(reader);
    if (!is_separator(c) && c != '-' && c != '/')
        return cron_fault_character(reader);
    cron_fault_set(reader, cron_item_span(reader), "lacks a number");
    return cron_fault_hint_values(reader);
}

/* Takes a number or a name of the field. */
static bool take_value(struct cron_reader *reader, int *value)
{
    const struct cron_field *field = reader->field;
    struct cron_word word;

    if (!take_word(reader, &word))
        return false;
    if (!word.is_number) {
        size_t length = word.span.end - word.span.start;

        *value = cron_find_name(field, reader->text + word.span.start, length);
        return (*value >= 0 && length == CRON_NAME_LENGTH) || cron_fault_word(reader, word.span);
    }
    *value = word.number;
    if (*value >= field->low && *value <= field->high)
        return true;
    if (*value == INT_MAX)
        cron_fault_set(reader, word.span, "is too large a number (%d-%d)", field->low, field->high);
    else
        cron_fault_set(reader, word.span, "is outside %d-%d", field->low, field->high);
    return cron_fault_hint_values(reader);
}

/* Takes the number after a "/"; item_check() sees whether it is too great. */
static bool take_step(struct cron_reader *reader, int *step)
{
    struct cron_word word;

    if (!take_word(reader, &word))
        return cron_fault_hint(reader, "write a step from 1 to %d", reader->field->high);
    *step = word.is_number ? word.number : 0;
    if (*step > 0)
        return true;
    cron_fault_set(reader, cron_item_span(reader), "has a step %s",
                   word.is_number ? "of 0" : "that is not a number");
    return cron_fault_hint(reader, "write a step from 1 to %d", reader->field->high);
}

/* Whether the numbers of an item go together. */
static bool item_check(const struct cron_reader *reader, const struct cron_item *item)
{
    const struct cron_field *field = reader->field;

    if (item->first > item->last)
        return cron_fault_backwards(reader, item);
    if (item->step > field->high) {
        /* Crons run it at its first value alone, which hardly anybody means who writes it. */
        cron_fault_set(reader, cron_item_span(reader), "has a step beyond its range (%d-%d)",
                       field->low, field->high);
        return cron_fault_hint(reader, "write \"%d\"; steps start anew with each %s", item->first,
                               field->round);
    }
    if (item->single && item->stepped) {
        /* cronie takes the number and drops the step, others go on to the field's end. */
        cron_fault_set(reader, cron_item_span(reader), "has a step after a single number");
        if (item->first >= field->end)
            return cron_fault_hint(reader, "write \"%d\"", item->first);
        if (item->first == 0 && field->low == 0 && field->names == NULL)
            return cron_fault_hint(reader, "write \"*/%d\"", item->step);
        return cron_fault_hint(reader, "write \"%d-%d/%d\"", item->first, field->end, item->step);
    }
    return true;
}

/* The values of an item, as a set. */
static uint64_t item_set(const struct cron_item *item)
{
    uint64_t every = item->step == 1 ? UINT64_MAX : 1;

    for (int shift = item->step; every != UINT64_MAX && shift < 64; shift *= 2)
        every |= every << shift; /* every step-th value from 0 on: 1, 2, 4, ... of them */
    return every << item->first & ((UINT64_C(2) << item->last) - 1);
}

/* The step of an item that goes over the whole field and does not come out even; else 0. */
static int item_uneven_step(const struct cron_field *field, const struct cron_item *item)
{
    int size = field->end - field->low + 1;

    if (item->first > field->low || item->last < field->end || size % item->step == 0)
        return 0;
    return item->step;
}

/* Reads the item at reader->at, up to the comma or the blank behind it. */
static bool item_read(struct cron_reader *reader, struct cron_item *item)
{
    *item = (struct cron_item){.first = reader->field->low, .last = reader->field->high, .step = 1};
    reader->item_start = reader->at;
    if (!take_character(reader, '*')) {
        if (!take_value(reader, &item->first))
            return false;
        item->last = item->first;
        if (is_separator(peek(reader)))
            return true; /* one number, and nothing to check about it */
        item->single = !take_character(reader, '-');
        if (!item->single && !take_value(reader, &item->last))
            return false;
    }
    item->stepped = take_character(reader, '/');
    if (item->stepped && !take_step(reader, &item->step))
        return false;
    if (!is_separator(peek(reader)))
        return cron_fault_character(reader);
    return item_check(reader, item);
}

/* Refuses a field with nothing between two commas. */
static bool field_has_empty_item(struct cron_reader *reader, size_t start)
{
    struct cron_span field = {start, reader->at};

    while (field.end < reader->length && !cron_is_blank(reader->text[field.end]))
        field.end++;
    cron_fault_set(reader, field, "has an empty list item");
    return cron_fault_hint(reader, "remove the extra comma");
}

/* Most fields are a "*" and nothing else: worth a way of their own. */
static bool field_is_star_alone(const struct cron_reader *reader)
{
    return reader->at + 1 == reader->length || cron_is_blank(reader->text[reader->at + 1]);
}

/* What one field says. */
struct cron_field_value {
    uint64_t set;
    int uneven_step;
    bool starred;
};

/* Reads the field at reader->at, a list of items with commas between them. */
static bool field_read(struct cron_reader *reader, struct cron_field_value *value)
{
    size_t start = reader->at;
    struct cron_item item;

    *value = (struct cron_field_value){.starred = peek(reader) == '*'};
    if (value->starred && field_is_star_alone(reader)) {
        reader->at++;
        value->set = cron_set_range(reader->field->low, reader->field->high);
        return true;
    }
    do {
        if (is_separator(peek(reader)))
            return field_has_empty_item(reader, start);
        if (!item_read(reader, &item))
            return false;
        value->set |= item_set(&item);
        if (item.step > 1 && value->uneven_step == 0)
            value->uneven_step = item_uneven_step(reader->field, &item);
    } while (take_character(reader, ','));
    return true;
}

/* Whether any of the months has any of the days; every date meets every weekday in 400 years. */
static bool cron_has_date(const struct cron *cron)
{
    const uint32_t with_30 = CRON_ALL_MONTHS & ~(UINT32_C(1) << 2);
    const uint32_t with_31 = with_30 & ~(UINT32_C(1) << 4 | 1 << 6 | 1 << 9 | 1 << 11);

    if (!cron->days_starred && !cron->weekdays_starred)
        return true; /* a weekday will do */
    return (cron->days & cron_set_range(1, 29)) != 0 ||
           (cron_set_holds(cron->days, 30) && (cron->months & with_30) != 0) ||
           (cron_set_holds(cron->days, 31) && (cron->months & with_31) != 0);
}

static void skip_blanks(struct cron_reader *reader)
{
    while (reader->at < reader->length && cron_is_blank(reader->text[reader->at]))
        reader->at++;
}

/* Reads the five fields; false with a fault, or with none when the line is not over then. */
static bool fields_read(struct cron_reader *reader, struct cron *cron)
{
    struct cron_field_value values[CRON_FIELD_COUNT];

    for (int i = 0; i < CRON_FIELD_COUNT; i++) {
        reader->field = &cron_fields[i];
        skip_blanks(reader);
        if (!field_read(reader, &values[i]))
            return false;
    }
    skip_blanks(reader);
    if (reader->at < reader->length)
        return false;
    cron->minutes = values[CRON_MINUTE].set;
    cron->hours = (uint32_t)values[CRON_HOUR].set;
    cron->days = (uint32_t)values[CRON_DAY].set;
    cron->months = (uint16_t)values[CRON_MONTH].set;
    cron->weekdays = (uint8_t)((values[CRON_WEEKDAY].set | values[CRON_WEEKDAY].set >> 7) & 0x7F);
    cron->days_starred = values[CRON_DAY].starred;
    cron->weekdays_starred = values[CRON_WEEKDAY].starred;
    cron->wildcard = values[CRON_MINUTE].starred || values[CRON_HOUR].starred;
    cron->fires = cron_has_date(cron);
    for (int i = 0; i < CRON_FIELD_COUNT; i++)
        cron->uneven_steps[i] = (uint8_t)values[i].uneven_step;
    return true;
}

/* The words of a line, between blanks and tabs. */
struct cron_line {
    struct cron_span all;
    struct cron_span first;
    size_t count;
};

static struct cron_line line_split(const char *text, size_t length)
{
    struct cron_line line = {0};
    size_t start;

    for (size_t at = 0; at < length;) {
        while (at < length && cron_is_blank(text[at]))
            at++;
        start = at;
        while (at < length && !cron_is_blank(text[at]))
            at++;
        if (at == start)
            break;
        if (line.count == 0)
            line.first = (struct cron_span){start, at};
        line.all = (struct cron_span){line.first.start, at};
        line.count++;
    }
    return line;
}

/* Reads a line that starts with "@" and is to be one word. */
static bool macro_read(struct cron_reader *reader, struct cron *cron)
{
    struct cron_span line = line_split(reader->text, reader->length).all;
    const char *word = reader->text + line.start;
    size_t length = line.end - line.start;

    for (size_t i = 0; i < sizeof cron_macros / sizeof cron_macros[0]; i++) {
        const char *name = cron_macros[i].name;
        const char *expression = cron_macros[i].expression;

        if (strlen(name) != length || strncasecmp(name, word, length) != 0)
            continue;
        if (memcmp(name, word, length) == 0)
            return cron_parse(expression, strlen(expression), cron, reader->fault);
        cron_fault_set(reader, line, "is not in lower case");
        return cron_fault_hint(reader, "write \"%s\"", name);
    }
    if (length == strlen("@reboot") && strncasecmp(word, "@reboot", length) == 0) {
        cron_fault_set(reader, line, "names no time");
        return cron_fault_hint(reader, "write a time, such as \"0 2 * * *\"");
    }
    cron_fault_set(reader, line, "is not a known @ word on its own");
    return cron_fault_hint(reader, "write five fields, such as \"0 2 * * *\", or one of @yearly, "
                                   "@monthly, @weekly, @daily, @hourly");
}

/* The number that a few digits make. */
static int read_digits(const char *digits, size_t length)
{
    int number = 0;

    for (size_t i = 0; i < length; i++)
        number = number * 10 + (digits[i] - '0');
    return number;
}

/* Whether the first field is a time of day (02:30), a common slip; refuses it then. */
static bool time_of_day_refused(struct cron_reader *reader, struct cron_span field)
{
    const char *word = reader->text + field.start;
    size_t length = field.end - field.start;
    size_t colon = length > 3 ? length - 3 : 0;
    int hour;
    int minute;

    if (colon < 1 || colon > 2 || word[colon] != ':' || !cron_is_digit(word[0]) ||
        !cron_is_digit(word[colon - 1]) || !cron_is_digit(word[colon + 1]) ||
        !cron_is_digit(word[colon + 2]))
        return false;
    hour = read_digits(word, colon);
    minute = read_digits(word + colon + 1, 2);
    if (hour > 23 || minute > 59)
        return false;
    reader->field = &cron_fields[CRON_MINUTE];
    cron_fault_set(reader, field, "is a time of day, but minute and hour are two fields");
    cron_fault_hint(reader, "write \"%d %d\"", minute, hour);
    return true;
}

/* Says why a line is refused; what is wrong with it as a whole goes before what is in a field. */
static bool line_refused(struct cron_reader *reader)
{
    struct cron_line line = line_split(reader->text, reader->length);

    if (line.count > 0 && time_of_day_refused(reader, line.first))
        return false;
    if (line.count == CRON_FIELD_COUNT)
        return false; /* for a field, which has said why */
    reader->field = NULL;
    return cron_fault_count(reader, line.all, line.count);
}

bool cron_parse(const char *text, size_t length, struct cron *cron, struct cron_fault *fault)
{
    struct cron_reader reader = {.text = text, .length = length, .fault = fault};

    if (length > CRON_LENGTH_MAX) {
        cron_fault_set(&reader, (struct cron_span){0, length}, "is longer than %d bytes",
                       CRON_LENGTH_MAX);
        return cron_fault_hint(&reader, "write ranges and steps instead of long lists");
    }
    skip_blanks(&reader);
    if (peek(&reader) == '@')
        return macro_read(&reader, cron);
    return fields_read(&reader, cron) || line_refused(&reader);
}
