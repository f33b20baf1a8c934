#include "cron/cron.h"

#include "cron/cron_reader.h"
#include "cron/cron_set.h"

#include <limits.h>
#include <string.h>

const struct cron_field cron_fields[CRON_FIELD_COUNT] = {
    [CRON_MINUTE] = {0, 59, 59, NULL},
    [CRON_HOUR] = {0, 23, 23, NULL},
    [CRON_DAY] = {1, 31, 31, NULL},
    [CRON_MONTH] = {1, 12, 12, civil_month_names},
    [CRON_WEEKDAY] = {0, 7, 6, civil_weekday_names},
};

const struct cron_macro cron_macros[] = {
    {"@yearly", "0 0 1 1 *"},  {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},  {NULL, NULL},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
    return c == ',' || cron_is_blank(c);
}

/* The next character; a blank at the end of the text. */
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
        return cron_refuse_byte(reader);
    return cron_refuse_item(reader, CRON_ERROR_NO_NUMBER);
}

/* One item: "*", "5" or "1-5", perhaps with a step. */
struct cron_item {
    int first;
    int last;
    int step;
    bool single;  /* one number */
    bool stepped; /* a step was written */
};

/* Takes a number or a name of the field. */
static bool take_value(struct cron_reader *reader, int *value)
{
    const struct cron_field *field = reader->field;
    struct cron_word word;

    if (!take_word(reader, &word))
        return false;
    if (!word.is_number) {
        size_t length = word.span.end - word.span.start;
        int name = cron_find_name(field->names, field->end - field->low + 1,
                                  reader->text + word.span.start, length);

        *value = field->low + name;
        return (name >= 0 && length == CRON_NAME_LENGTH) || cron_refuse_word(reader, word.span);
    }
    *value = word.number;
    if (*value >= field->low && *value <= field->high)
        return true;
    cron_refuse(reader, *value == INT_MAX ? CRON_ERROR_TOO_LARGE : CRON_ERROR_OUTSIDE, word.span);
    reader->error->numbers[0] = *value;
    return false;
}

/* Reads the number after a "/". item_check() checks whether it is too great. */
static bool take_step(struct cron_reader *reader, int *step)
{
    struct cron_word word;

    if (!take_word(reader, &word))
        return cron_refuse_item(reader, reader->error->code == CRON_ERROR_NO_NUMBER
                                            ? CRON_ERROR_STEP_MISSING
                                            : CRON_ERROR_STEP_NOT_NUMBER);
    if (!word.is_number)
        return cron_refuse_item(reader, CRON_ERROR_STEP_NOT_NUMBER);
    *step = word.number;
    return *step > 0 || cron_refuse_item(reader, CRON_ERROR_STEP_ZERO);
}

static bool item_refused(const struct cron_reader *reader, enum cron_error_code code, int first,
                         int second, int third)
{
    cron_refuse_item(reader, code);
    reader->error->numbers[0] = first;
    reader->error->numbers[1] = second;
    reader->error->numbers[2] = third;
    return false;
}

/* Whether the numbers of an item go together. */
static bool item_check(const struct cron_reader *reader, const struct cron_item *item)
{
    const struct cron_field *field = reader->field;
    enum cron_error_code code = CRON_ERROR_STEP_BETWEEN;

    if (item->first > item->last)
        return item_refused(reader, CRON_ERROR_BACKWARDS, item->first, item->last,
                            item->stepped ? item->step : 0);
    /* Crons run it at its first value alone, which is hardly ever meant. */
    if (item->step > field->high)
        return item_refused(reader, CRON_ERROR_STEP_TOO_LARGE, item->first, 0, 0);
    /* cronie takes the number and drops the step, others go on to the field's end. */
    if (!item->single || !item->stepped)
        return true;
    if (item->first >= field->end)
        code = CRON_ERROR_STEP_AT_END;
    else if (item->first == 0 && field->names == NULL)
        code = CRON_ERROR_STEP_AT_START;
    return item_refused(reader, code, item->first, item->step, 0);
}

/* The values of an item, as a set. */
static uint64_t item_set(const struct cron_item *item)
{
    uint64_t every = item->step == 1 ? UINT64_MAX : 1;

    for (int shift = item->step; every != UINT64_MAX && shift < 64; shift *= 2)
        every |= every << shift; /* every step-th value from 0 on: 1, 2, 4, ... of them */
    return every << item->first & ((UINT64_C(2) << item->last) - 1);
}

/* The step of an item over the whole field, if it does not divide the field; else 0. */
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
    const struct cron_field *field = reader->field;

    *item = (struct cron_item){.first = field->low, .last = field->high, .step = 1};
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
        return cron_refuse_byte(reader);
    return item_check(reader, item);
}

/* Refuses a field with nothing between two commas. */
static bool field_has_empty_item(struct cron_reader *reader, size_t start)
{
    struct cron_span field = {start, reader->at};

    while (field.end < reader->length && !cron_is_blank(reader->text[field.end]))
        field.end++;
    return cron_refuse(reader, CRON_ERROR_EMPTY_ITEM, field);
}

/* Most fields are a "*" and nothing else, so they take a shortcut. */
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

/* Reads the five fields. False with an error, or without one if the line goes on after them. */
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

/* Reads a line that starts with "@". */
static bool macro_read(struct cron_reader *reader, struct cron *cron)
{
    const char *word = reader->text + reader->at;
    size_t length = reader->length - reader->at;

    while (cron_is_blank(word[length - 1]))
        length--;
    for (const struct cron_macro *macro = cron_macros; macro->name != NULL; macro++)
        if (strlen(macro->name) == length && memcmp(macro->name, word, length) == 0)
            return cron_parse(macro->expression, strlen(macro->expression), cron, reader->error);
    return cron_refuse_macro(reader);
}

bool cron_parse(const char *text, size_t length, struct cron *cron, struct cron_error *error)
{
    struct cron_reader reader = {.text = text, .length = length, .error = error};

    if (length > CRON_LENGTH_MAX)
        return cron_refuse(&reader, CRON_ERROR_TOO_LONG, (struct cron_span){0, length});
    skip_blanks(&reader);
    if (peek(&reader) == '@')
        return macro_read(&reader, cron);
    return fields_read(&reader, cron) || cron_refuse_line(&reader);
}
