#include "cron/cron_message.h"

#include "base/text.h"
#include "cron/cron_grammar.h"

#include <stdio.h>
#include <string.h>

#define WRITE_AN_ITEM                                                                              \
    "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "     \
    "\"*/2\""

/* The words. cron_message_make() has the values for the names in braces. */
struct words {
    const char *wrong; /* after field and value; NULL: "has six fields, not five" */
    const char *hint;
};

static const struct words words_of_codes[CRON_ERROR_CODE_COUNT] = {
    [CRON_ERROR_TOO_LONG] = {"is longer than 1000 bytes",
                             "write ranges and steps instead of long lists"},
    [CRON_ERROR_MACRO_CASE] = {"is not in lower case", "write \"{spelling}\""},
    [CRON_ERROR_MACRO_REBOOT] = {"names no time", "write a time, such as \"0 2 * * *\""},
    [CRON_ERROR_MACRO_UNKNOWN] = {"is not a known @ word on its own",
                                  "write five fields, such as \"0 2 * * *\", or one of @yearly, "
                                  "@monthly, @weekly, @daily, @hourly"},
    [CRON_ERROR_FIELD_COUNT] =
        {NULL, "write minute, hour, day-of-month, month and day-of-week, such as \"0 2 * * *\""},
    [CRON_ERROR_BLANK_IN_ITEM] = {NULL,
                                  "write lists, ranges and steps without blanks, such as \"1,2\""},
    [CRON_ERROR_MACRO_BARE] = {NULL, "write \"@{spelling}\""},
    [CRON_ERROR_EVERY_SECONDS] = {NULL,
                                  "write \"* * * * *\": every minute is as often as cron goes"},
    [CRON_ERROR_SETTING_BEFORE] = {NULL, "remove the setting before the five fields"},
    [CRON_ERROR_COMMAND_BEHIND] = {NULL, "remove what follows the five fields"},
    [CRON_ERROR_YEAR] = {NULL, "remove the year field"},
    [CRON_ERROR_SECONDS] = {NULL, "remove the seconds field"},
    [CRON_ERROR_SECONDS_AND_YEAR] = {NULL, "remove the seconds field and the year field"},

    [CRON_ERROR_TIME_OF_DAY] = {"is a time of day, but minute and hour are two fields",
                                "write \"{first} {second}\""},
    [CRON_ERROR_NO_NUMBER] = {"lacks a number", "write a number from {low} to {high}{names}"},
    [CRON_ERROR_NOT_NUMBER] = {"is not a number", "write a number from {low} to {high}{names}"},
    [CRON_ERROR_NEITHER_NUMBER_NOR_NAME] = {"is neither a number nor a name",
                                            "write a number from {low} to {high}{names}"},
    [CRON_ERROR_OUTSIDE] = {"is outside {low}-{high}",
                            "{units} go from {low} to {high}{names}{likely}"},
    [CRON_ERROR_TOO_LARGE] = {"is too large a number ({low}-{high})",
                              "{units} go from {low} to {high}{names}{likely}"},
    [CRON_ERROR_LONG_NAME] = {"is longer than three letters", "write \"{spelling}\""},
    [CRON_ERROR_WEEKDAY_ELSEWHERE] =
        {"is a weekday", "weekdays are the fifth field, such as \"0 2 * * {spelling}\""},
    [CRON_ERROR_MONTH_ELSEWHERE] = {"is a month",
                                    "months are the fourth field, such as \"0 2 1 {spelling} *\""},

    [CRON_ERROR_EMPTY_ITEM] = {"has an empty list item", "remove the extra comma"},
    [CRON_ERROR_BACKWARDS] = {"runs backwards", "write \"{spelling}\""},
    [CRON_ERROR_STEP_MISSING] = {"lacks a number", "write a step from 1 to {high}"},
    [CRON_ERROR_STEP_ZERO] = {"has a step of 0", "write a step from 1 to {high}"},
    [CRON_ERROR_STEP_NOT_NUMBER] = {"has a step that is not a number",
                                    "write a step from 1 to {high}"},
    [CRON_ERROR_STEP_TOO_LARGE] = {"has a step beyond its range ({low}-{high})",
                                   "write \"{first}\"; steps start anew with each {cycle}"},
    [CRON_ERROR_STEP_AT_START] = {"has a step after a single number", "write \"*/{step}\""},
    [CRON_ERROR_STEP_AT_END] = {"has a step after a single number", "write \"{first}\""},
    [CRON_ERROR_STEP_BETWEEN] = {"has a step after a single number",
                                 "write \"{first}-{end}/{step}\""},
};

enum { CONTROL = '\x01', NOT_ASCII = '\x7F' }; /* in place of all such bytes */

/* What bytes without a meaning likely are: signs of other schedulers, most of them. */
static const struct {
    int field; /* CRON_LINE: in any */
    const char *bytes;
    const char *wrong;
    const char *hint;
} byte_words[] = {
    {CRON_LINE, "\n\r", "has \"{byte}\" in it",
     "write the expression on one line, without a line break"},
    {CRON_LINE, "\x01", "has \"{byte}\" in it", "remove the control character"},
    {CRON_LINE, "\x7F", "has \"{byte}\", which is not ASCII",
     "write plain ASCII, with ordinary blanks, digits and \"-\""},
    {CRON_LINE, "\"'`", "has \"{byte}\" in it", "remove the quotes"},
    {CRON_WEEKDAY, "#", "has \"#\", but cron cannot count the weekdays of a month",
     "write the weekday alone, such as \"1\""},
    {CRON_LINE, "#", "has \"#\", which starts a comment", "remove the \"#\""},
    {CRON_LINE, "?", "has \"?\", which cron does not know", "write \"*\""},
    {CRON_LINE, "~", "has \"~\", a random value that only some crons know", "write one number"},
    {CRON_LINE, "H", "has \"H\", a value that only Jenkins picks",
     "write one number, or \"*\" before a step"},
    {CRON_DAY, "L", "has \"L\", but cron does not know last days",
     "write a day that every month has, such as \"28\""},
    {CRON_WEEKDAY, "L", "has \"L\", but cron does not know last days",
     "write the weekday alone, such as \"5\""},
    {CRON_DAY, "W", "has \"W\", but cron does not know nearest weekdays",
     "write the day alone, such as \"15\""},
    {CRON_DAY, "$", "has \"$\", the last day, which only pg_cron knows",
     "write a day that every month has, such as \"28\""},
    {CRON_LINE, ":", "has \":\", but minute and hour are fields of their own",
     "write \"30 2\" for 02:30"},
    {CRON_LINE, ".", "has \".\", but cron knows whole numbers only", "write a whole number"},
    {CRON_LINE, "*-/0123456789", "has a \"{byte}\" out of place", WRITE_AN_ITEM},
};

static const struct {
    const char *name;
    const char *units; /* what its numbers count */
    const char *cycle; /* after which its values start anew */
    const char *names;
} field_words[CRON_FIELD_COUNT] = {
    [CRON_MINUTE] = {"minute", "minutes", "hour", ""},
    [CRON_HOUR] = {"hour", "hours", "day", ""},
    [CRON_DAY] = {"day-of-month", "days", "month", ""},
    [CRON_MONTH] = {"month", "months", "year", ", or jan to dec"},
    [CRON_WEEKDAY] = {"day-of-week", "weekdays", "week", " (0 and 7 are Sunday), or sun to sat"},
};

/* Numbers that a field does not take, and what people likely mean by them. */
static const struct {
    int field;
    int first;
    int last;
    const char *meaning;
} slips[] = {
    {CRON_MINUTE, 60, 60, "the full hour is 0"},
    {CRON_HOUR, 24, 24, "midnight is 0"},
    {CRON_HOUR, 25, 59, "minutes are the first field"},
    {CRON_DAY, 0, 0, "the first day is 1"},
    {CRON_MONTH, 0, 0, "January is 1"},
    {CRON_MONTH, 13, 13, "December is 12"},
    {CRON_MONTH, 14, 31, "days are the third field"},
    {CRON_WEEKDAY, 1970, 2199, "cron has no field for years"},
};

/* Adds "; midnight is 0"; nothing where the number has no likely meaning. */
static void likely_add(struct text *text, const char *expression, const struct cron_error *error)
{
    if (error->position > 0 && expression[error->position - 1] == '-')
        return; /* the end of a range goes too far: "0-24" does not mean midnight */
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++)
        if (slips[i].field == error->field && slips[i].first <= error->numbers[0] &&
            slips[i].last >= error->numbers[0])
            text_addf(text, "; %s", slips[i].meaning);
}

static void span_add(struct text *text, int first, int last)
{
    text_addf(text, "%s%d", text->length > 0 ? "," : "", first);
    if (first != last)
        text_addf(text, "-%d", last);
}

/* Adds a range that runs backwards as a list: "22-23,0-2" for 22-2. */
static void wrapped_add(struct text *text, const struct cron_field *field, const int numbers[3])
{
    int first = numbers[0];
    int last = numbers[1];
    int step = numbers[2];
    int size = field->end - field->low + 1;
    int count = (last - first + size) % size + 1; /* going on past the field's end */

    if (step > 0) {
        for (int i = 0; i < count; i += step < count ? step : count) {
            int value = field->low + (first - field->low + i) % size;

            span_add(text, value, value);
        }
    } else if (field->high > field->end && last == field->low) {
        span_add(text, first, field->high); /* sat-sun is 6-7 */
    } else if (first > field->end) {
        span_add(text, field->low, last); /* 7-2 is 0-2 */
    } else {
        span_add(text, first, field->end);
        span_add(text, field->low, last);
    }
}

/* A name in braces, and what is written in its place. */
struct value {
    const char *name;
    const char *string; /* NULL: the number */
    int number;
};

static struct words words_find(const struct cron_error *error)
{
    int byte = error->numbers[1];

    if (error->code != CRON_ERROR_BYTE)
        return words_of_codes[error->code];
    if (byte >= 0x80)
        byte = NOT_ASCII;
    else if (byte == 0x7F || (byte < ' ' && byte != '\n' && byte != '\r'))
        byte = CONTROL;
    for (size_t i = 0; i < sizeof byte_words / sizeof byte_words[0]; i++)
        if (strchr(byte_words[i].bytes, byte) != NULL &&
            (byte_words[i].field == error->field || byte_words[i].field == CRON_LINE))
            return (struct words){byte_words[i].wrong, byte_words[i].hint};
    return (struct words){"has \"{byte}\" in it", WRITE_AN_ITEM};
}

/* Writes the words with the values in them; the last value has no name. */
static void words_write(const char *from, const struct value *values, char *out, size_t size)
{
    struct text text = {0};

    while (*from != '\0') {
        size_t length = strcspn(from, "{");
        const struct value *value = values;

        text_append(&text, from, length);
        from += length;
        while (value->name != NULL && strncmp(value->name, from, strlen(value->name)) != 0)
            value++;
        if (value->string != NULL)
            text_add(&text, value->string);
        else if (value->name != NULL)
            text_addf(&text, "%d", value->number);
        from += value->name != NULL ? strlen(value->name) : 0;
    }
    snprintf(out, size, "%s", text_string(&text));
    text_free(&text);
}

void cron_message_make(const char *text, const struct cron_error *error,
                       struct cron_message *message)
{
    static const char *const counts[] = {"no", "one", "two", "three", "four", "five", "six"};
    const int *numbers = error->numbers;
    bool is_line = error->field == CRON_LINE;
    int at = is_line ? 0 : error->field;
    const struct cron_field *field = &cron_fields[at];
    const char *refused = text + error->position;
    char byte = (char)numbers[1];
    char quoted[8];
    struct text spelling = {0}; /* that works, of names and ranges */
    struct text likely = {0};
    struct words words = words_find(error);
    int used;

    text_quote(&byte, 1, quoted, sizeof quoted);
    if (error->code == CRON_ERROR_BACKWARDS)
        wrapped_add(&spelling, field, numbers);
    else if (error->code == CRON_ERROR_MACRO_CASE || error->code == CRON_ERROR_MACRO_BARE)
        for (const char *c = refused; c < refused + error->length; c++)
            text_addf(&spelling, "%c", *c == '@' ? '@' : *c | 0x20); /* small */
    else if (error->length >= CRON_NAME_LENGTH)
        text_append(&spelling, refused, CRON_NAME_LENGTH);
    likely_add(&likely, text, error);
    const struct value values[] = {
        {"{low}", NULL, field->low},
        {"{high}", NULL, field->high},
        {"{end}", NULL, field->end},
        {"{first}", NULL, numbers[0]},
        {"{second}", NULL, numbers[1]},
        {"{step}", NULL, numbers[2]},
        {"{count}", is_line && numbers[0] <= 6 ? counts[numbers[0]] : NULL, numbers[0]},
        {"{s}", numbers[0] == 1 ? "" : "s", 0},
        {"{units}", field_words[at].units, 0},
        {"{cycle}", field_words[at].cycle, 0},
        {"{names}", field_words[at].names, 0},
        {"{byte}", quoted, 0},
        {"{likely}", text_string(&likely), 0},
        {"{spelling}", text_string(&spelling), 0},
        {NULL, NULL, 0},
    };

    if (is_line && error->code >= CRON_ERROR_FIELD_COUNT)
        words.wrong = "has {count} field{s}, not five";
    message->field = is_line ? NULL : field_words[error->field].name;
    text_quote(refused, error->length, message->value, sizeof message->value);
    used = snprintf(message->message, sizeof message->message, "%s \"%s\" ",
                    is_line ? "expression" : message->field, message->value);
    words_write(words.wrong, values, message->message + used,
                sizeof message->message - (size_t)used);
    words_write(words.hint, values, message->hint, sizeof message->hint);
    text_free(&likely);
    text_free(&spelling);
}
