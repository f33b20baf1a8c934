#include "cron/cron.h"

#include "cron/cron_grammar.h"
#include "cron/cron_set.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

const struct cron_field cron_fields[CRON_FIELD_COUNT] = {
    [CRON_MINUTE] = {0, 59, 59, NULL},
    [CRON_HOUR] = {0, 23, 23, NULL},
    [CRON_DAY] = {1, 31, 31, NULL},
    [CRON_MONTH] = {1, 12, 12, civil_month_names},
    [CRON_WEEKDAY] = {0, 7, 6, civil_weekday_names},
};

const struct cron_macro cron_macros[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"}, {"@reboot", NULL},          {NULL, NULL},
};

/* How far the expression has been read. */
struct cron_reader {
    const char *text;
    size_t length;
    struct cron_error *error;
    int field;         /* or CRON_LINE */
    size_t item_start; /* of the item that is being read */
    size_t at;
};

/* A word of letters and digits. */
struct cron_word {
    size_t start;
    size_t end;
    bool is_number; /* digits only */
    int number;     /* what they make; INT_MAX when it is greater than that */
};

/* One item: "*", "5" or "1-5", perhaps with a step. */
struct cron_item {
    int first;
    int last;
    int step;
    bool single;  /* one number */
    bool stepped; /* a step was written */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

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

static void skip_blanks(struct cron_reader *reader)
{
    while (reader->at < reader->length && cron_is_blank(reader->text[reader->at]))
        reader->at++;
}

/* Refuses a stretch of the expression. */
static bool refuse(const struct cron_reader *reader, enum cron_error_code code, size_t start,
                   size_t end)
{
    *reader->error = (struct cron_error){
        .code = code, .field = reader->field, .position = start, .length = end - start};
    return false;
}

/* Refuses the item that is being read, up to the comma or the blank behind it. */
static bool refuse_item(const struct cron_reader *reader, enum cron_error_code code)
{
    size_t end = reader->item_start;

    while (end < reader->length && !is_separator(reader->text[end]))
        end++;
    return refuse(reader, code, reader->item_start, end);
}

/* Refuses the item for a byte in it. */
static bool refuse_byte(const struct cron_reader *reader, char byte)
{
    refuse_item(reader, CRON_ERROR_BYTE);
    reader->error->numbers[1] = (unsigned char)byte;
    return false;
}

static bool take_word(struct cron_reader *reader, struct cron_word *word)
{
    int64_t number = 0;
    char c;

    *word = (struct cron_word){.start = reader->at, .is_number = true};
    for (; is_digit(c = peek(reader)) || is_letter(c); reader->at++) {
        word->is_number = word->is_number && is_digit(c);
        number = number > INT_MAX ? number : number * 10 + (c - '0');
    }
    word->number = number > INT_MAX ? INT_MAX : (int)number;
    word->end = reader->at;
    if (word->end > word->start)
        return true;
    return is_separator(c) || c == '-' || c == '/' ? refuse_item(reader, CRON_ERROR_NO_NUMBER)
                                                   : refuse_byte(reader, peek(reader));
}

/* Takes a number or a name of the field. */
static bool take_value(struct cron_reader *reader, int *value)
{
    const struct cron_field *field = &cron_fields[reader->field];
    struct cron_word word;

    if (!take_word(reader, &word))
        return false;
    if (!word.is_number) {
        const char *name = reader->text + word.start;
        size_t length = word.end - word.start;
        char sign;

        *value = cron_find_name(reader->field, name, length);
        if (*value >= 0 && length == CRON_NAME_LENGTH)
            return true;
        sign = cron_find_sign(name, length, reader->field);
        if (sign != 0)
            return refuse_byte(reader, sign);
        return refuse(reader, cron_judge_word(name, length, reader->field), word.start, word.end);
    }
    *value = word.number;
    if (*value >= field->low && *value <= field->high)
        return true;
    refuse(reader, *value == INT_MAX ? CRON_ERROR_TOO_LARGE : CRON_ERROR_OUTSIDE, word.start,
           word.end);
    reader->error->numbers[0] = *value;
    return false;
}

/* Reads the number after a "/". item_check() checks whether it is too great. */
static bool take_step(struct cron_reader *reader, int *step)
{
    struct cron_word word;

    if (!take_word(reader, &word) && reader->error->code == CRON_ERROR_NO_NUMBER)
        return refuse_item(reader, CRON_ERROR_STEP_MISSING);
    if (word.end == word.start || !word.is_number)
        return refuse_item(reader, CRON_ERROR_STEP_NOT_NUMBER);
    *step = word.number;
    return *step > 0 || refuse_item(reader, CRON_ERROR_STEP_ZERO);
}

/* Whether the numbers of an item go together. */
static bool item_check(const struct cron_reader *reader, const struct cron_item *item)
{
    const struct cron_field *field = &cron_fields[reader->field];
    enum cron_error_code code = CRON_ERROR_STEP_BETWEEN;

    if (item->first > item->last)
        code = CRON_ERROR_BACKWARDS;
    else if (item->step > field->high)
        code = CRON_ERROR_STEP_TOO_LARGE; /* crons run it at its first value alone: hardly meant */
    else if (!item->single || !item->stepped)
        return true;
    /* For the rest, cronie takes the number and drops the step; others go on to the field's end. */
    else if (item->first >= field->end)
        code = CRON_ERROR_STEP_AT_END;
    else if (item->first == 0 && field->names == NULL)
        code = CRON_ERROR_STEP_AT_START;
    refuse_item(reader, code);
    reader->error->numbers[0] = item->first;
    reader->error->numbers[1] = item->last;
    reader->error->numbers[2] = item->stepped ? item->step : 0;
    return false;
}

/* Reads the item at reader->at, up to the comma or the blank behind it. */
static bool item_read(struct cron_reader *reader, struct cron_item *item)
{
    const struct cron_field *field = &cron_fields[reader->field];

    *item = (struct cron_item){.first = field->low, .last = field->high, .step = 1};
    reader->item_start = reader->at;
    if (!take_character(reader, '*')) {
        if (!take_value(reader, &item->first))
            return false;
        item->last = item->first;
        item->single = !take_character(reader, '-');
        if (!item->single && !take_value(reader, &item->last))
            return false;
    }
    item->stepped = take_character(reader, '/');
    if (item->stepped && !take_step(reader, &item->step))
        return false;
    return is_separator(peek(reader)) ? item_check(reader, item)
                                      : refuse_byte(reader, peek(reader));
}

/* Reads the field at reader->at, a list of items with commas between them. */
static bool field_read(struct cron_reader *reader, uint64_t *set, uint8_t *uneven_step)
{
    const struct cron_field *field = &cron_fields[reader->field];
    size_t start = reader->at;
    struct cron_item item;

    do {
        if (is_separator(peek(reader))) { /* nothing between two commas */
            while (!cron_is_blank(peek(reader)))
                reader->at++;
            return refuse(reader, CRON_ERROR_EMPTY_ITEM, start, reader->at);
        }
        if (!item_read(reader, &item))
            return false;
        if (item.step == 1) /* most items */
            *set |= cron_set_range(item.first, item.last);
        for (int at = item.first; item.step > 1 && at <= item.last; at += item.step)
            *set |= UINT64_C(1) << at;
        if (item.first == field->low && item.last >= field->end && *uneven_step == 0 &&
            (field->end - field->low + 1) % item.step != 0)
            *uneven_step = (uint8_t)item.step;
    } while (take_character(reader, ','));
    return true;
}

/* Whether any of the months has any of the days; every date meets every weekday in 400 years. */
static bool cron_has_date(const struct cron *cron)
{
    for (int month = 1; month <= 12; month++)
        if (cron_set_holds(cron->months, month) &&
            (cron->days & cron_set_range(1, civil_month_days(2000, month))) != 0)
            return true;
    return !cron->days_starred && !cron->weekdays_starred; /* a weekday will do */
}

/* Reads the five fields. False with an error, or without one if the line goes on after them. */
static bool fields_read(struct cron_reader *reader, struct cron *cron)
{
    uint64_t sets[CRON_FIELD_COUNT] = {0};
    bool starred[CRON_FIELD_COUNT];
    struct cron read = {0};

    for (int i = 0; i < CRON_FIELD_COUNT; i++) {
        reader->field = i;
        skip_blanks(reader);
        starred[i] = peek(reader) == '*';
        if (!field_read(reader, &sets[i], &read.uneven_steps[i]))
            return false;
    }
    skip_blanks(reader);
    if (reader->at < reader->length)
        return false;
    read.minutes = sets[CRON_MINUTE];
    read.hours = (uint32_t)sets[CRON_HOUR];
    read.days = (uint32_t)sets[CRON_DAY];
    read.months = (uint16_t)sets[CRON_MONTH];
    read.weekdays = (uint8_t)((sets[CRON_WEEKDAY] | sets[CRON_WEEKDAY] >> 7) & 0x7F);
    read.days_starred = starred[CRON_DAY];
    read.weekdays_starred = starred[CRON_WEEKDAY];
    read.wildcard = starred[CRON_MINUTE] || starred[CRON_HOUR];
    read.fires = cron_has_date(&read);
    *cron = read;
    return true;
}

/* Reads a line that starts with "@". */
static bool macro_read(const struct cron_reader *reader, struct cron *cron)
{
    const char *word = reader->text + reader->at;
    size_t length = reader->length - reader->at;
    enum cron_error_code code = CRON_ERROR_MACRO_UNKNOWN;

    while (cron_is_blank(word[length - 1]))
        length--;
    for (const struct cron_macro *macro = cron_macros; macro->name != NULL; macro++) {
        const char *expression = macro->expression;

        if (strlen(macro->name) != length || strncasecmp(macro->name, word, length) != 0)
            continue;
        if (expression != NULL && memcmp(macro->name, word, length) == 0)
            return cron_parse(expression, strlen(expression), cron, reader->error);
        code = expression != NULL ? CRON_ERROR_MACRO_CASE : CRON_ERROR_MACRO_REBOOT;
    }
    return refuse(reader, code, reader->at, reader->at + length);
}

bool cron_parse(const char *text, size_t length, struct cron *cron, struct cron_error *error)
{
    struct cron_reader reader = {text, length, error, .field = CRON_LINE};

    if (length > CRON_LENGTH_MAX)
        return refuse(&reader, CRON_ERROR_TOO_LONG, 0, length);
    skip_blanks(&reader);
    if (peek(&reader) == '@')
        return macro_read(&reader, cron);
    if (fields_read(&reader, cron))
        return true;
    cron_judge_line(text, length, error);
    return false;
}
