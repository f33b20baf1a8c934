#include "cron/cron_reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_KEPT = 6 };

#define DIGITS "0123456789"

static int reader_field(const struct cron_reader *reader)
{
    return reader->field != NULL ? (int)(reader->field - cron_fields) : CRON_LINE;
}

bool cron_refuse(const struct cron_reader *reader, enum cron_error_code code, struct cron_span span)
{
    *reader->error = (struct cron_error){
        .code = code,
        .field = reader_field(reader),
        .position = span.start,
        .length = span.end - span.start,
    };
    return false;
}

bool cron_refuse_item(const struct cron_reader *reader, enum cron_error_code code)
{
    struct cron_span item = {reader->item_start, reader->item_start};

    while (item.end < reader->length && memchr(", \t", reader->text[item.end], 3) == NULL)
        item.end++;
    return cron_refuse(reader, code, item);
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* --- bytes --- */

/* What a byte in that field likely is; CRON_LINE: in any. */
static enum cron_error_code code_of_byte(char byte, int field)
{
    static const struct {
        unsigned char first;
        unsigned char last;
        int field;
        enum cron_error_code code;
    } bytes[] = {
        {'\n', '\n', CRON_LINE, CRON_ERROR_LINE_BREAK},
        {'\r', '\r', CRON_LINE, CRON_ERROR_LINE_BREAK},
        {0x00, 0x1F, CRON_LINE, CRON_ERROR_CONTROL},
        {0x7F, 0x7F, CRON_LINE, CRON_ERROR_CONTROL},
        {0x80, 0xFF, CRON_LINE, CRON_ERROR_NOT_ASCII},
        {'"', '"', CRON_LINE, CRON_ERROR_QUOTE},
        {'\'', '\'', CRON_LINE, CRON_ERROR_QUOTE},
        {'`', '`', CRON_LINE, CRON_ERROR_QUOTE},
        {'#', '#', CRON_WEEKDAY, CRON_ERROR_NTH_WEEKDAY},
        {'#', '#', CRON_LINE, CRON_ERROR_COMMENT},
        {'?', '?', CRON_LINE, CRON_ERROR_NO_VALUE},
        {'~', '~', CRON_LINE, CRON_ERROR_RANDOM},
        {'H', 'H', CRON_LINE, CRON_ERROR_JENKINS},
        {'L', 'L', CRON_DAY, CRON_ERROR_LAST_DAY},
        {'L', 'L', CRON_WEEKDAY, CRON_ERROR_LAST_WEEKDAY},
        {'W', 'W', CRON_DAY, CRON_ERROR_NEAREST_WEEKDAY},
        {'$', '$', CRON_DAY, CRON_ERROR_PG_CRON_LAST_DAY},
        {':', ':', CRON_LINE, CRON_ERROR_COLON},
        {'.', '.', CRON_LINE, CRON_ERROR_POINT},
        {'*', '*', CRON_LINE, CRON_ERROR_OUT_OF_PLACE},
        {'-', '/', CRON_LINE, CRON_ERROR_OUT_OF_PLACE},
        {'0', '9', CRON_LINE, CRON_ERROR_OUT_OF_PLACE},
    };
    unsigned char value = (unsigned char)byte;

    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        if (value >= bytes[i].first && value <= bytes[i].last &&
            (bytes[i].field == field || bytes[i].field == CRON_LINE))
            return bytes[i].code;
    return CRON_ERROR_OTHER_BYTE;
}

bool cron_refuse_byte(const struct cron_reader *reader)
{
    char byte = reader->text[reader->at];

    cron_refuse_item(reader, code_of_byte(byte, reader_field(reader)));
    reader->error->numbers[0] = (unsigned char)byte;
    return false;
}

/* --- words --- */

int cron_find_name(const char *const *names, int count, const char *word, size_t length)
{
    if (names == NULL || length < CRON_NAME_LENGTH)
        return -1;
    for (int i = 0; i < count; i++) {
        const char *name = names[i];

        /* In any case: 0x20 tells small letters from great ones, and makes no digit a letter. */
        if ((word[0] & ~0x20) == name[0] && (word[1] | 0x20) == name[1] &&
            (word[2] | 0x20) == name[2])
            return i;
    }
    return -1;
}

static int find_weekday(const char *word, size_t length)
{
    return cron_find_name(civil_weekday_names, 7, word, length);
}

static int find_month(const char *word, size_t length)
{
    return cron_find_name(civil_month_names, 12, word, length);
}

/* Whether a word of three letters or more begins a name, or is it, in the plural even. */
static bool word_abbreviates(const char *word, size_t length, const char *name)
{
    size_t whole = strlen(name);

    if (strncasecmp(word, name, length < whole ? length : whole) != 0)
        return false;
    return length <= whole || (length == whole + 1 && (word[whole] | 0x20) == 's');
}

/* 'L' or 'W' of a word as Quartz has it (L, LW, 15W, 5L, friL), Jenkins' 'H', or else 'x'. */
static char word_sign(const char *word, size_t length, int field)
{
    char last = (char)(word[length - 1] & ~0x20);
    size_t digits = 0;

    while (cron_is_digit(word[digits]))
        digits++;
    if (last != 'L' && last != 'W')
        return length == 1 && word[0] == 'H' ? 'H' : 'x';
    if (digits == length - 1 || (length == 2 && strncasecmp(word, "LW", 2) == 0))
        return last;
    return field == CRON_WEEKDAY && length == CRON_NAME_LENGTH + 1 &&
                   find_weekday(word, length) >= 0
               ? last
               : 'x';
}

static enum cron_error_code code_of_word(const char *word, size_t length, int field)
{
    int weekday = find_weekday(word, length);
    int month = find_month(word, length);

    if (weekday >= 0 && word_abbreviates(word, length, civil_weekday_names[weekday]))
        return field == CRON_WEEKDAY ? CRON_ERROR_LONG_NAME : CRON_ERROR_WEEKDAY_ELSEWHERE;
    if (month >= 0 && word_abbreviates(word, length, civil_month_names[month]))
        return field == CRON_MONTH ? CRON_ERROR_LONG_NAME : CRON_ERROR_MONTH_ELSEWHERE;
    return cron_fields[field].names != NULL ? CRON_ERROR_NEITHER_NUMBER_NOR_NAME
                                            : CRON_ERROR_NOT_NUMBER;
}

bool cron_refuse_word(const struct cron_reader *reader, struct cron_span span)
{
    const char *word = reader->text + span.start;
    size_t length = span.end - span.start;
    int field = reader_field(reader);
    enum cron_error_code code = code_of_byte(word_sign(word, length, field), field);

    if (code != CRON_ERROR_OTHER_BYTE)
        return cron_refuse_item(reader, code);
    return cron_refuse(reader, code_of_word(word, length, field), span);
}

/* --- lines --- */

/* A line as words, for a look at them. It is zeroed before it is split. */
struct cron_line {
    char copy[CRON_LENGTH_MAX + 1];
    const char *words[WORDS_KEPT]; /* the first ones; "" where there are no more */
    size_t count;
    struct cron_span all;
    struct cron_span first;
};

static void line_split(const char *text, size_t length, struct cron_line *line)
{
    char *rest = line->copy;
    char *word;

    for (size_t i = 0; i < length; i++)
        line->copy[i] = text[i] != '\0' ? text[i] : '\x01'; /* a NUL would end the copy */
    for (size_t i = 0; i < WORDS_KEPT; i++)
        line->words[i] = "";
    for (; (word = strtok_r(rest, " \t", &rest)) != NULL; line->count++) {
        struct cron_span span = {(size_t)(word - line->copy), 0};

        span.end = span.start + strlen(word);
        if (line->count < WORDS_KEPT)
            line->words[line->count] = word;
        if (line->count == 0)
            line->first = span;
        line->all = (struct cron_span){line->first.start, span.end};
    }
}

/* Whether a word could be a sixth field, rather than a command, a user's name or a comment. */
static bool word_could_be_field(const char *word)
{
    if (is_one_of(word[0], "/#"))
        return false;
    for (; *word != '\0'; word++)
        if (find_weekday(word, strlen(word)) >= 0 || find_month(word, strlen(word)) >= 0)
            word += CRON_NAME_LENGTH - 1;
        else if (!is_one_of(*word, DIGITS "*?,-/#LW"))
            return false;
    return true;
}

/* Whether a list, a range or a step has a blank in it: "1, 2" or "mon - fri". */
static bool line_has_broken_item(const struct cron_line *line)
{
    for (size_t i = 0; i + 1 < line->count && i + 1 < WORDS_KEPT; i++)
        if (is_one_of(line->words[i][strlen(line->words[i]) - 1], ",-/") ||
            is_one_of(line->words[i + 1][0], ",-"))
            return true;
    return false;
}

/* What more than five fields likely are. */
static enum cron_error_code code_of_long_line(const struct cron_line *line)
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
static enum cron_error_code code_of_line(const char *text, const struct cron_line *line)
{
    for (size_t i = line->all.start; i < line->all.end; i++) {
        enum cron_error_code code = code_of_byte(text[i], CRON_LINE);

        /* A quote or a "#" further on may be a command's. */
        if (!cron_is_blank(text[i]) &&
            (code < CRON_ERROR_QUOTE || (code <= CRON_ERROR_COMMENT && i == line->all.start)))
            return code;
    }
    if (line_has_broken_item(line))
        return CRON_ERROR_BLANK_IN_ITEM;
    if (line->count == 2 && strcasecmp(line->words[1], "seconds") == 0)
        return CRON_ERROR_EVERY_SECONDS;
    for (size_t i = 0; line->count == 1 && cron_macros[i].name != NULL; i++)
        if (strcasecmp(line->words[0], cron_macros[i].name + 1) == 0)
            return CRON_ERROR_MACRO_BARE;
    return line->count > CRON_FIELD_COUNT ? code_of_long_line(line) : CRON_ERROR_FIELD_COUNT;
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

bool cron_refuse_line(struct cron_reader *reader)
{
    struct cron_line line = {0};
    int hour;
    int minute;

    line_split(reader->text, reader->length, &line);
    if (word_is_time(line.words[0], &hour, &minute)) {
        reader->field = &cron_fields[CRON_MINUTE];
        cron_refuse(reader, CRON_ERROR_TIME_OF_DAY, line.first);
        reader->error->numbers[0] = minute;
        reader->error->numbers[1] = hour;
    } else if (line.count != CRON_FIELD_COUNT) { /* else one of the fields has been refused */
        reader->field = NULL;
        cron_refuse(reader, code_of_line(reader->text, &line), line.all);
        reader->error->numbers[0] = (int)line.count;
    }
    return false;
}

bool cron_refuse_macro(const struct cron_reader *reader)
{
    enum cron_error_code code = CRON_ERROR_MACRO_UNKNOWN;
    struct cron_line line = {0};

    line_split(reader->text, reader->length, &line);
    if (line.count == 1 && strcasecmp(line.words[0], "@reboot") == 0)
        code = CRON_ERROR_MACRO_REBOOT;
    for (size_t i = 0; line.count == 1 && cron_macros[i].name != NULL; i++)
        if (strcasecmp(line.words[0], cron_macros[i].name) == 0)
            code = CRON_ERROR_MACRO_CASE;
    return cron_refuse(reader, code, line.all);
}
