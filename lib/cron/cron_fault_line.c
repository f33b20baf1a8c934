#include "cron/cron_fault.h"

#include <string.h>
#include <strings.h>

static bool cron_is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* The word of that index, 0 the first; an empty one at the line's end when there is none. */
static struct cron_span cron_line_word(const char *text, struct cron_span line, size_t index)
{
    struct cron_span word = {line.start, line.start};

    for (size_t i = 0; i <= index; i++) {
        word.start = word.end;
        while (word.start < line.end && cron_is_blank(text[word.start]))
            word.start++;
        word.end = word.start;
        while (word.end < line.end && !cron_is_blank(text[word.end]))
            word.end++;
    }
    return word;
}

static bool cron_word_is(const char *text, struct cron_span word, const char *wanted)
{
    return word.end - word.start == strlen(wanted) &&
           strncasecmp(text + word.start, wanted, strlen(wanted)) == 0;
}

/* Whether a word could be a sixth field, rather than a command, a user's name or a comment. */
static bool cron_word_is_field(const char *text, struct cron_span word)
{
    if (cron_is_one_of(text[word.start], "/#"))
        return false;
    for (size_t i = word.start; i < word.end; i++) {
        if (word.end - i >= CRON_NAME_LENGTH &&
            cron_find_whole_name(text + i, CRON_NAME_LENGTH) >= 0)
            i += CRON_NAME_LENGTH - 1;
        else if (!cron_is_one_of(text[i], "0123456789*?,-/#LW"))
            return false;
    }
    return true;
}

/* Whether a list, a range or a step has a blank in it: "1, 2" or "mon - fri". */
static bool cron_line_has_broken_item(const char *text, struct cron_span line)
{
    for (size_t i = 0; i < CRON_FIELD_COUNT; i++) {
        struct cron_span word = cron_line_word(text, line, i);
        struct cron_span next = cron_line_word(text, line, i + 1);

        if (next.end == next.start)
            return false;
        if (cron_is_one_of(text[word.end - 1], ",-/") || cron_is_one_of(text[next.start], ",-"))
            return true;
    }
    return false;
}

/* Whether the last of six fields is a year, as in AWS: "?" is the third field or the fifth. */
static bool cron_line_ends_in_year(const char *text, struct cron_span line)
{
    struct cron_span day = cron_line_word(text, line, 2);
    struct cron_span weekday = cron_line_word(text, line, 4);
    struct cron_span last = cron_line_word(text, line, CRON_FIELD_COUNT);
    size_t digits = 0;

    while (last.start + digits < last.end && cron_is_digit(text[last.start + digits]))
        digits++;
    return digits == 4 || cron_word_is(text, day, "?") || cron_word_is(text, weekday, "?");
}

/* What to do about a line of more than five fields; NULL: nobody can tell. */
static const char *cron_long_line_hint(const char *text, struct cron_span line, size_t count)
{
    if (memchr(text + line.start, '=', cron_line_word(text, line, 0).end - line.start) != NULL)
        return "remove the setting before the five fields";
    if (!cron_word_is_field(text, cron_line_word(text, line, CRON_FIELD_COUNT)))
        return "remove what follows the five fields";
    if (count == 6 && cron_line_ends_in_year(text, line))
        return "remove the year field";
    if (count == 6)
        return "remove the seconds field";
    return count == 7 ? "remove the seconds field and the year field" : NULL;
}

/* What to do about the bytes of a line, and not only about its fields; NULL: nothing. */
static const char *cron_line_bytes_hint(const char *text, struct cron_span line)
{
    for (size_t i = line.start; i < line.end; i++) {
        const char *hint = cron_is_blank(text[i]) ? NULL : cron_byte_hint(text[i]);
        bool is_printable = text[i] >= 0x20 && text[i] < 0x7F; /* a quote, within a command say */

        if (hint != NULL && (i == line.start || !is_printable))
            return hint;
    }
    return line.end > line.start && text[line.start] == '#' ? "remove the \"#\"" : NULL;
}

/* Adds the likely meaning of a line that has too few or too many fields; false: none is known. */
static bool cron_fault_hint_line(const struct cron_reader *reader, struct cron_span line,
                                 size_t count)
{
    static const char *const words[] = {"yearly", "annually", "monthly", "weekly",
                                        "daily",  "midnight", "hourly"};
    const char *text = reader->text;
    const char *hint = cron_line_bytes_hint(text, line);

    if (hint == NULL && cron_line_has_broken_item(text, line))
        hint = "write lists, ranges and steps without blanks, such as \"1,2\"";
    if (hint == NULL && count == 2 && cron_word_is(text, cron_line_word(text, line, 1), "seconds"))
        hint = "write \"* * * * *\": every minute is as often as cron goes";
    if (hint == NULL && count > CRON_FIELD_COUNT)
        hint = cron_long_line_hint(text, line, count);
    for (size_t i = 0; count == 1 && i < sizeof words / sizeof words[0]; i++) {
        if (cron_word_is(text, line, words[i]))
            return !cron_fault_hint(reader, "write \"@%s\"", words[i]);
    }
    return hint != NULL && !cron_fault_hint(reader, "%s", hint);
}

bool cron_fault_count(const struct cron_reader *reader, struct cron_span line, size_t count)
{
    static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six"};

    if (count < sizeof words / sizeof words[0])
        cron_fault_set(reader, line, "has %s field%s, not five", words[count],
                       count == 1 ? "" : "s");
    else
        cron_fault_set(reader, line, "has %zu fields, not five", count);
    if (cron_fault_hint_line(reader, line, count))
        return false;
    return cron_fault_hint(reader, "write minute, hour, day-of-month, month and day-of-week, such "
                                   "as \"0 2 * * *\"");
}
