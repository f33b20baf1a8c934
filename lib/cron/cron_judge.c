#include "cron/cron_grammar.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_KEPT = 6 };

#define DIGITS "0123456789"

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* --- words --- */

int cron_find_name(int field, const char *word, size_t length)
{
    const struct cron_field *names = &cron_fields[field];

    if (names->names == NULL || length < CRON_NAME_LENGTH)
        return -1;
    for (int value = names->low; value <= names->end; value++) {
        const char *name = names->names[value - names->low];

        /* In any case: 0x20 tells small letters from great ones, and makes no digit a letter. */
        if ((word[0] & ~0x20) == name[0] && (word[1] | 0x20) == name[1] &&
            (word[2] | 0x20) == name[2])
            return value;
    }
    return -1;
}

/* Whether a word begins a name of the field with three letters or more, or is it, or its plural. */
static bool word_abbreviates(const char *word, size_t length, int field)
{
    int value = cron_find_name(field, word, length);
    const char *name;
    size_t whole;

    if (value < 0)
        return false;
    name = cron_fields[field].names[value - cron_fields[field].low];
    whole = strlen(name);
    return strncasecmp(word, name, length < whole ? length : whole) == 0 &&
           (length <= whole || (length == whole + 1 && (word[whole] | 0x20) == 's'));
}

char cron_find_sign(const char *word, size_t length, int field)
{
    char last = (char)(word[length - 1] & ~0x20);
    size_t digits = 0;

    if (length == 1 && word[0] == 'H')
        return 'H';
    if (field != CRON_DAY && (field != CRON_WEEKDAY || last != 'L'))
        return 0;
    while (is_one_of(word[digits], DIGITS))
        digits++;
    return (last == 'L' || last == 'W') &&
                   (digits == length - 1 || (length == 2 && strncasecmp(word, "LW", 2) == 0) ||
                    (length == CRON_NAME_LENGTH + 1 && cron_find_name(field, word, length) >= 0))
               ? last
               : 0;
}

enum cron_error_code cron_judge_word(const char *word, size_t length, int field)
{
    if (word_abbreviates(word, length, CRON_WEEKDAY))
        return field == CRON_WEEKDAY ? CRON_ERROR_LONG_NAME : CRON_ERROR_WEEKDAY_ELSEWHERE;
    if (word_abbreviates(word, length, CRON_MONTH))
        return field == CRON_MONTH ? CRON_ERROR_LONG_NAME : CRON_ERROR_MONTH_ELSEWHERE;
    return cron_fields[field].names != NULL ? CRON_ERROR_NEITHER_NUMBER_NOR_NAME
                                            : CRON_ERROR_NOT_NUMBER;
}

/* --- lines --- */

/* A line as words. */
struct cron_line {
    char copy[CRON_LENGTH_MAX + 1];
    const char *words[WORDS_KEPT]; /* the first ones; "" where there are no more */
    int count;
    size_t start; /* of the first word */
    size_t end;   /* of the last one */
};

static void line_split(const char *text, size_t length, struct cron_line *line)
{
    char *rest = line->copy;
    char *word;

    *line = (struct cron_line){.words = {"", "", "", "", "", ""}};
    for (size_t i = 0; i < length; i++)
        line->copy[i] = text[i] != '\0' ? text[i] : '\x01'; /* a NUL would end the copy */
    for (; (word = strtok_r(rest, " \t", &rest)) != NULL; line->count++) {
        line->end = (size_t)(word - line->copy) + strlen(word);
        if (line->count < WORDS_KEPT)
            line->words[line->count] = word;
        if (line->count == 0)
            line->start = (size_t)(word - line->copy);
    }
}

/* Whether a word could be a sixth field, rather than a command, a user's name or a comment. */
static bool word_could_be_field(const char *word)
{
    if (is_one_of(word[0], "/#"))
        return false;
    for (; *word != '\0'; word++)
        if (cron_find_name(CRON_WEEKDAY, word, strlen(word)) >= 0 ||
            cron_find_name(CRON_MONTH, word, strlen(word)) >= 0)
            word += CRON_NAME_LENGTH - 1;
        else if (!is_one_of(*word, DIGITS "*?,-/#LW"))
            return false;
    return true;
}

/* What more than five fields likely are. */
static enum cron_error_code judge_long_line(const struct cron_line *line)
{
    const char *sixth = line->words[CRON_FIELD_COUNT];

    if (strchr(line->words[0], '=') != NULL)
        return CRON_ERROR_SETTING_BEFORE;
    if (!word_could_be_field(sixth))
        return CRON_ERROR_COMMAND_BEHIND;
    if (line->count > 6)
        return line->count == 7 ? CRON_ERROR_SECONDS_AND_YEAR : CRON_ERROR_FIELD_COUNT;
    /* As in AWS, where "?" is the third field or the fifth, and the last one a year. */
    return strspn(sixth, DIGITS) == 4 || strcmp(line->words[2], "?") == 0 ||
                   strcmp(line->words[4], "?") == 0
               ? CRON_ERROR_YEAR
               : CRON_ERROR_SECONDS;
}

/* What likely made a line have too few or too many fields. */
static enum cron_error_code judge_count(const struct cron_line *line)
{
    for (int i = 0; i + 1 < line->count && i + 1 < WORDS_KEPT; i++) /* "1, 2" or "mon - fri" */
        if (is_one_of(line->words[i][strlen(line->words[i]) - 1], ",-/") ||
            is_one_of(line->words[i + 1][0], ",-"))
            return CRON_ERROR_BLANK_IN_ITEM;
    if (line->count == 2 && strcasecmp(line->words[1], "seconds") == 0)
        return CRON_ERROR_EVERY_SECONDS;
    for (int i = 0; line->count == 1 && cron_macros[i].expression != NULL; i++)
        if (strcasecmp(line->words[0], cron_macros[i].name + 1) == 0)
            return CRON_ERROR_MACRO_BARE;
    return line->count > CRON_FIELD_COUNT ? judge_long_line(line) : CRON_ERROR_FIELD_COUNT;
}

/* Where a byte is that no field has, such as a pasted line break or quote; else the line's end. */
static size_t find_stray_byte(const char *text, const struct cron_line *line)
{
    size_t at = line->start;

    if (at < line->end && is_one_of(text[at], "\"'`#")) /* further on it may be a command's */
        return at;
    while (at < line->end && (cron_is_blank(text[at]) || (text[at] >= ' ' && text[at] < 0x7F)))
        at++;
    return at;
}

/* Whether a word is a time of day, such as 02:30. */
static bool word_is_time(const char *word, int *hour, int *minute)
{
    size_t digits = strspn(word, DIGITS);
    char *end;

    if (digits < 1 || digits > 2 || word[digits] != ':' || strspn(word + digits + 1, DIGITS) != 2 ||
        word[digits + 3] != '\0')
        return false;
    *hour = (int)strtol(word, &end, 10);
    *minute = (int)strtol(end + 1, NULL, 10);
    return *hour <= 23 && *minute <= 59;
}

void cron_judge_line(const char *text, size_t length, struct cron_error *error)
{
    struct cron_line line;
    int hour;
    int minute;

    line_split(text, length, &line);
    if (word_is_time(line.words[0], &hour, &minute)) {
        *error = (struct cron_error){.code = CRON_ERROR_TIME_OF_DAY,
                                     .field = CRON_MINUTE,
                                     .position = line.start,
                                     .length = strlen(line.words[0]),
                                     .numbers = {minute, hour}};
    } else if (line.count != CRON_FIELD_COUNT) { /* else one of the fields has been refused */
        size_t stray = find_stray_byte(text, &line);

        *error = (struct cron_error){.code = judge_count(&line),
                                     .field = CRON_LINE,
                                     .position = line.start,
                                     .length = line.end - line.start,
                                     .numbers = {line.count}};
        if (stray < line.end) {
            error->code = CRON_ERROR_BYTE;
            error->numbers[1] = (unsigned char)text[stray];
        }
    }
}
