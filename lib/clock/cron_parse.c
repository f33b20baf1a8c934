#include "clock/cron.h"

#include "clock/cron_fault.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

enum { FIELD_MINUTE, FIELD_HOUR, FIELD_DAY, FIELD_MONTH, FIELD_WEEKDAY, FIELD_COUNT };

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct cron_field cron_fields[FIELD_COUNT] = {
    [FIELD_MINUTE] = {"minute", 0, 59, 59, NULL},
    [FIELD_HOUR] = {"hour", 0, 23, 23, NULL},
    [FIELD_DAY] = {"day-of-month", 1, 31, 31, NULL},
    [FIELD_MONTH] = {"month", 1, 12, 12, month_names},
    [FIELD_WEEKDAY] = {"day-of-week", 0, 7, 6, weekday_names},
};

static const struct {
    const char *name;
    const char *expression;
} cron_macros[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The number that a word of digits makes; INT_MAX when it is greater than that. */
static int read_digits(const char *digits, size_t length)
{
    int number = 0;

    for (size_t i = 0; i < length; i++) {
        int digit = digits[i] - '0';

        if (number > (INT_MAX - digit) / 10)
            return INT_MAX;
        number = number * 10 + digit;
    }
    return number;
}

static bool take_character(struct cron_reader *reader, char wanted)
{
    if (reader->at >= reader->item.end || reader->text[reader->at] != wanted)
        return false;
    reader->at++;
    return true;
}

/* Takes letters and digits; *is_number says whether there were only digits. */
static bool take_word(struct cron_reader *reader, struct cron_span *word, bool *is_number)
{
    word->start = reader->at;
    *is_number = true;
    for (; reader->at < reader->item.end; reader->at++) {
        char c = reader->text[reader->at];

        if (!is_digit(c) && !is_letter(c))
            break;
        *is_number = *is_number && is_digit(c);
    }
    word->end = reader->at;
    if (word->end > word->start)
        return true;
    if (reader->at < reader->item.end && reader->text[reader->at] != '-' &&
        reader->text[reader->at] != '/')
        return cron_fault_character(reader);
    cron_fault_set(reader, reader->item, "lacks a number");
    return cron_fault_hint_values(reader);
}

/* Takes a number or a name of the field. */
static bool take_value(struct cron_reader *reader, int *value)
{
    const struct cron_field *field = reader->field;
    struct cron_span word;
    const char *start;
    size_t length;
    bool is_number;

    if (!take_word(reader, &word, &is_number))
        return false;
    start = reader->text + word.start;
    length = word.end - word.start;
    if (!is_number) {
        *value = cron_find_name(field, start, length);
        return (*value >= 0 && length == CRON_NAME_LENGTH) || cron_fault_word(reader, word);
    }
    *value = read_digits(start, length);
    if (*value >= field->low && *value <= field->high)
        return true;
    if (*value == INT_MAX)
        cron_fault_set(reader, word, "is too large a number (%d-%d)", field->low, field->high);
    else
        cron_fault_set(reader, word, "is outside %d-%d", field->low, field->high);
    return cron_fault_hint_values(reader);
}

/* Takes the number after a "/"; item_check() sees whether it is too great. */
static bool take_step(struct cron_reader *reader, int *step)
{
    struct cron_span word;
    bool is_number;

    if (!take_word(reader, &word, &is_number))
        return cron_fault_hint(reader, "write a step from 1 to %d", reader->field->high);
    *step = is_number ? read_digits(reader->text + word.start, word.end - word.start) : 0;
    if (*step > 0)
        return true;
    cron_fault_set(reader, reader->item, "has a step %s",
                   is_number ? "of 0" : "that is not a number");
    return cron_fault_hint(reader, "write a step from 1 to %d", reader->field->high);
}

/* Whether the numbers of an item go together. */
static bool item_check(const struct cron_reader *reader, const struct cron_item *item)
{
    const struct cron_field *field = reader->field;

    if (item->first > item->last)
        return cron_fault_backwards(reader, item);
    if (item->step > field->high) {
        /* Some crons run it at its first value, some refuse it. */
        cron_fault_set(reader, reader->item, "has a step beyond its range (%d-%d)", field->low,
                       field->high);
        return cron_fault_hint(reader, "write \"%d\"", item->first);
    }
    if (item->single && item->stepped) {
        /* cronie takes the number and drops the step, others go on to the field's end. */
        cron_fault_set(reader, reader->item, "has a step after a single number");
        if (item->first >= field->end)
            return cron_fault_hint(reader, "write \"%d\"", item->first);
        return cron_fault_hint(reader, "write \"%d-%d/%d\"", item->first, field->end, item->step);
    }
    return true;
}

/* Reads the item that reader->item spans and adds its values to set. */
static bool item_read(struct cron_reader *reader, uint64_t *set)
{
    struct cron_item item = {.first = reader->field->low, .last = reader->field->high, .step = 1};

    reader->at = reader->item.start;
    if (!take_character(reader, '*')) {
        if (!take_value(reader, &item.first))
            return false;
        item.last = item.first;
        item.single = !take_character(reader, '-');
        if (!item.single && !take_value(reader, &item.last))
            return false;
    }
    item.stepped = take_character(reader, '/');
    if (item.stepped && !take_step(reader, &item.step))
        return false;
    if (reader->at < reader->item.end)
        return cron_fault_character(reader);
    if (!item_check(reader, &item))
        return false;
    for (int value = item.first; value <= item.last; value += item.step)
        *set |= UINT64_C(1) << value;
    return true;
}

/* Reads a field, a list of items with commas between them. */
static bool field_read(struct cron_reader *reader, struct cron_span field, uint64_t *set)
{
    *set = 0;
    for (size_t start = field.start; start <= field.end; start = reader->item.end + 1) {
        const char *comma = memchr(reader->text + start, ',', field.end - start);

        reader->item.start = start;
        reader->item.end = comma != NULL ? (size_t)(comma - reader->text) : field.end;
        if (reader->item.end == start) {
            cron_fault_set(reader, field, "has an empty list item");
            return cron_fault_hint(reader, "remove the extra comma");
        }
        if (!item_read(reader, set))
            return false;
    }
    return true;
}

/* Whether any of the months has any of the days; every date meets every weekday in 400 years. */
static bool cron_has_date(const struct cron *cron)
{
    if (!cron->days_starred && !cron->weekdays_starred)
        return true; /* a weekday will do */
    for (int month = 1; month <= 12; month++) {
        int last = civil_month_days(2000, month); /* a leap year */

        if ((cron->months >> month & 1) != 0 && (cron->days & ((UINT64_C(2) << last) - 1)) != 0)
            return true;
    }
    return false;
}

/* Reads the five fields. */
static bool fields_read(struct cron_reader *reader, const struct cron_span fields[FIELD_COUNT],
                        struct cron *cron)
{
    uint64_t sets[FIELD_COUNT];
    bool starred[FIELD_COUNT];

    for (int i = 0; i < FIELD_COUNT; i++) {
        reader->field = &cron_fields[i];
        if (!field_read(reader, fields[i], &sets[i]))
            return false;
        starred[i] = reader->text[fields[i].start] == '*';
    }
    cron->minutes = sets[FIELD_MINUTE];
    cron->hours = (uint32_t)sets[FIELD_HOUR];
    cron->days = (uint32_t)sets[FIELD_DAY];
    cron->months = (uint16_t)sets[FIELD_MONTH];
    cron->weekdays = (uint8_t)((sets[FIELD_WEEKDAY] | sets[FIELD_WEEKDAY] >> 7) & 0x7F);
    cron->days_starred = starred[FIELD_DAY];
    cron->weekdays_starred = starred[FIELD_WEEKDAY];
    cron->wildcard = starred[FIELD_MINUTE] || starred[FIELD_HOUR];
    cron->fires = cron_has_date(cron);
    return true;
}

/*
 * Splits at blanks and tabs. Returns how many fields there are, of which the first five are kept;
 * line spans them all.
 */
static size_t line_split(const char *text, size_t length, struct cron_span fields[FIELD_COUNT],
                         struct cron_span *line)
{
    size_t count = 0;
    size_t start;

    *line = (struct cron_span){0};
    for (size_t at = 0; at < length;) {
        while (at < length && is_blank(text[at]))
            at++;
        start = at;
        while (at < length && !is_blank(text[at]))
            at++;
        if (at == start)
            break;
        if (count == 0)
            line->start = start;
        line->end = at;
        if (count < FIELD_COUNT)
            fields[count] = (struct cron_span){start, at};
        count++;
    }
    return count;
}

/* Reads the one word of a line that starts with "@". */
static bool macro_read(struct cron_reader *reader, struct cron_span line, struct cron *cron)
{
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

/* Whether the first field is a time of day (02:30), a common slip; refuses it then. */
static bool time_of_day_refused(struct cron_reader *reader, struct cron_span field)
{
    const char *word = reader->text + field.start;
    size_t length = field.end - field.start;
    size_t colon = length > 3 ? length - 3 : 0;
    int hour;
    int minute;

    if (colon < 1 || colon > 2 || word[colon] != ':' || !is_digit(word[0]) ||
        !is_digit(word[colon - 1]) || !is_digit(word[colon + 1]) || !is_digit(word[colon + 2]))
        return false;
    hour = read_digits(word, colon);
    minute = read_digits(word + colon + 1, 2);
    if (hour > 23 || minute > 59)
        return false;
    reader->field = &cron_fields[FIELD_MINUTE];
    cron_fault_set(reader, field, "is a time of day, but minute and hour are two fields");
    cron_fault_hint(reader, "write \"%d %d\"", minute, hour);
    return true;
}

bool cron_parse(const char *text, size_t length, struct cron *cron, struct cron_fault *fault)
{
    struct cron_reader reader = {.text = text, .fault = fault};
    struct cron_span fields[FIELD_COUNT];
    struct cron_span line = {0, length};
    size_t count;

    if (length > CRON_LENGTH_MAX) {
        cron_fault_set(&reader, line, "is longer than %d bytes", CRON_LENGTH_MAX);
        return cron_fault_hint(&reader, "write ranges and steps instead of long lists");
    }
    count = line_split(text, length, fields, &line);
    if (count > 0 && text[line.start] == '@')
        return macro_read(&reader, line, cron);
    if (count > 0 && time_of_day_refused(&reader, fields[0]))
        return false;
    if (count != FIELD_COUNT)
        return cron_fault_count(&reader, line, count);
    return fields_read(&reader, fields, cron);
}
