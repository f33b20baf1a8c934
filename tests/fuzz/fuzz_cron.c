/*
 * Fuzzes lib/cron/cron_parse.c and cron_message.c with any bytes, and with what is valid cron.c in
 * zones of all kinds, and the words for it.
 */
#include "fuzz/fuzz.h"
#include "fuzz/slots.h"

#include "base/text.h"
#include "cron/cron.h"
#include "cron/cron_message.h"
#include "cron/cron_text.h"
#include "time/zones.h"

#include <stdio.h>
#include <string.h>

/*
 * UTC and the farthest offsets, which are timed; then hours, half an hour and a whole day that are
 * skipped or repeated.
 */
static const char *const zone_names[] = {
    "UTC",
    "+15:59",
    "-15:59",
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
};

enum { ZONE_COUNT = sizeof zone_names / sizeof zone_names[0], ZONE_TIMED_COUNT = 3 };

static const char *const field_names[] = {"minute", "hour", "day-of-month", "month", "day-of-week"};

static const struct zone *zone_number(int i)
{
    static struct zones known;
    static struct zone zones[ZONE_COUNT];
    static bool is_read[ZONE_COUNT];
    struct error err;

    if (!is_read[i])
        is_read[i] = zones_find(&known, zone_names[i], &zones[i], &err);
    FUZZ_CHECK(is_read[i], "%s", err.message);
    return &zones[i];
}

/*
 * Where to start looking: another minute for every expression and for every zone, in the years
 * 1970 to 2100 mostly, and often just before the wall clock jumps.
 */
static int64_t after_minute(const char *text, size_t length, int zone)
{
    unsigned int salt = (unsigned int)zone * 4;
    int64_t from_1970 = (int64_t)fuzz_number(text, length, salt, SLOTS_MINUTES);
    int64_t before = (int64_t)fuzz_number(text, length, salt + 1, 300);
    struct zone_span span;

    switch (fuzz_number(text, length, salt + 2, 4)) {
    case 0:
        return from_1970;
    case 1:
        return from_1970 / 62; /* a 62nd of 8030 years */
    default:
        span = zone_span_at(zone_number(zone), from_1970 / 62);
        return span.to == INT64_MAX ? from_1970 / 62 : span.to - before;
    }
}

static void cron_exercise(const char *text, size_t length)
{
    struct text words = {0};
    struct cron cron;
    struct cron_error error;
    int64_t minute;

    if (!cron_parse(text, length, &cron, &error))
        return;
    cron_describe(&cron, &words);
    text_free(&words);
    for (int i = 0; i < ZONE_TIMED_COUNT; i++)
        cron_next(&cron, zone_number(i), after_minute(text, length, i), &minute);
}

/* --- what is refused --- */

/* The start of the n-th field, and in *end its end; not by the parser's own splitter. */
static size_t field_find(const char *text, size_t length, int n, size_t *end)
{
    size_t start = 0;

    for (*end = 0; n >= 0; n--) {
        start = *end;
        while (start < length && (text[start] == ' ' || text[start] == '\t'))
            start++;
        *end = start;
        while (*end < length && text[*end] != ' ' && text[*end] != '\t')
            ++*end;
    }
    return start;
}

/* The number of a field's name; -1 for NULL, the whole line. */
static int field_number(const char *name)
{
    for (int i = 0; name != NULL && i < CRON_FIELD_COUNT; i++) {
        if (strcmp(field_names[i], name) == 0)
            return i;
    }
    FUZZ_CHECK(name == NULL, "field \"%s\"", name);
    return -1;
}

/* What is refused, as a value and in words. */
struct refusal {
    struct cron_error error;
    struct cron_message words;
};

static void check_words_of_refusal(const struct cron_message *words)
{
    char start[128];

    FUZZ_CHECK(fuzz_is_clean(words->value, sizeof words->value), "value");
    FUZZ_CHECK(fuzz_is_clean(words->message, sizeof words->message), "message");
    FUZZ_CHECK(fuzz_is_clean(words->hint, sizeof words->hint), "hint of: %s", words->message);
    snprintf(start, sizeof start, "%s \"%s\" ", words->field != NULL ? words->field : "expression",
             words->value);
    FUZZ_CHECK(strncmp(words->message, start, strlen(start)) == 0, "%s", words->message);
    FUZZ_CHECK(strlen(words->message) > strlen(start), "%s", words->message);
    FUZZ_CHECK(strlen(words->message) < sizeof words->message - 1, "cut off: %s", words->message);
    FUZZ_CHECK(strpbrk(words->message + strlen(start), "{}") == NULL ||
                   strpbrk(words->value, "{}") != NULL,
               "unfilled: %s", words->message);
    FUZZ_CHECK(words->hint[0] != '\0', "%s", words->message);
    FUZZ_CHECK(strlen(words->hint) < sizeof words->hint - 1, "cut off: %s", words->hint);
}

/* What is pointed at lies in the field that is named, and is what is named. */
static void check_place(const char *text, size_t length, const struct refusal *refusal)
{
    const struct cron_error *error = &refusal->error;
    int field = field_number(refusal->words.field);
    size_t start = 0;
    size_t end = length;
    char quoted[CRON_VALUE_SIZE];

    if (field >= 0)
        start = field_find(text, length, field, &end);
    FUZZ_CHECK(field == error->field, "field %d", error->field);
    FUZZ_CHECK(error->position >= start && error->position <= end &&
                   error->length <= end - error->position,
               "%zu+%zu is outside %zu-%zu", error->position, error->length, start, end);
    text_quote(text + error->position, error->length, quoted, sizeof quoted);
    FUZZ_CHECK(strcmp(quoted, refusal->words.value) == 0, "\"%s\" is named \"%s\"", quoted,
               refusal->words.value);
}

/* The spelling that the hint tells to write, when it is nothing but one: write "5-59/10". */
static bool hint_spelling(const char *hint, char spelling[CRON_HINT_SIZE])
{
    int used = 0;

    return sscanf(hint, "write \"%255[^\"]\"%n", spelling, &used) == 1 && used == (int)strlen(hint);
}

/* The spelling is valid by itself, in a line whose other fields are open. */
static void check_spelling_alone(const struct refusal *refusal, const char *spelling)
{
    int fields = strchr(spelling, ' ') != NULL ? 2 : 1; /* "30 2" for 02:30 */
    int field = refusal->error.field;
    char line[CRON_HINT_SIZE + 16] = "";
    size_t used = 0;
    struct cron cron;
    struct cron_error again;

    for (int i = 0; field >= 0 && i < field; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "* ");
    used += (size_t)snprintf(line + used, sizeof line - used, "%s", spelling);
    for (int i = field + fields; field >= 0 && i < CRON_FIELD_COUNT; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, " *");
    FUZZ_CHECK(cron_parse(line, used, &cron, &again), "%s; yet error %d", refusal->words.hint,
               (int)again.code);
}

/* Nor is it refused where the error was; the parts around it may be. */
static void check_spelling_in_place(const char *text, size_t length, const struct refusal *refusal,
                                    const char *spelling)
{
    const struct cron_error *error = &refusal->error;
    size_t size = strlen(spelling);
    size_t end = error->position + size;
    size_t rest = length - error->position - error->length;
    char line[CRON_LENGTH_MAX + CRON_HINT_SIZE];
    struct cron cron;
    struct cron_error again;

    if (length > CRON_LENGTH_MAX)
        return;
    memcpy(line, text, error->position);
    memcpy(line + error->position, spelling, size);
    memcpy(line + end, text + length - rest, rest);
    if (cron_parse(line, end + rest, &cron, &again) || again.field == CRON_LINE)
        return;
    FUZZ_CHECK(again.position < error->position || again.position + again.length > end,
               "%s; yet error %d", refusal->words.hint, (int)again.code);
}

static void check_refused(const char *text, size_t length, const struct cron_error *error)
{
    struct refusal refusal = {.error = *error};
    char spelling[CRON_HINT_SIZE];

    cron_message_make(text, error, &refusal.words);
    check_words_of_refusal(&refusal.words);
    check_place(text, length, &refusal);
    if (hint_spelling(refusal.words.hint, spelling)) {
        check_spelling_alone(&refusal, spelling);
        check_spelling_in_place(text, length, &refusal, spelling);
    }
}

/* --- what is accepted --- */

/* Whether set holds something, and nothing but low to high. */
static bool set_is_within(uint64_t set, int low, int high)
{
    uint64_t all = ((UINT64_C(1) << (high - low + 1)) - 1) << low;

    return set != 0 && (set & ~all) == 0;
}

static bool field_is_starred(const char *text, size_t length, int field)
{
    size_t end;

    return text[field_find(text, length, field, &end)] == '*';
}

static void check_sets(const char *text, size_t length, const struct cron *cron)
{
    size_t end;
    bool is_macro = text[field_find(text, length, 0, &end)] == '@';

    FUZZ_CHECK(set_is_within(cron->minutes, 0, 59), "minutes");
    FUZZ_CHECK(set_is_within(cron->hours, 0, 23), "hours");
    FUZZ_CHECK(set_is_within(cron->days, 1, 31), "days");
    FUZZ_CHECK(set_is_within(cron->months, 1, 12), "months");
    FUZZ_CHECK(set_is_within(cron->weekdays, 0, 6), "weekdays");
    if (is_macro)
        return;
    FUZZ_CHECK(cron->days_starred == field_is_starred(text, length, 2), "days");
    FUZZ_CHECK(cron->weekdays_starred == field_is_starred(text, length, 4), "weekdays");
    FUZZ_CHECK(cron->wildcard ==
                   (field_is_starred(text, length, 0) || field_is_starred(text, length, 1)),
               "minute and hour");
}

/* One line of ASCII that is no sentence of its own; releases it. */
static void check_words(struct text *words, size_t size_max)
{
    const char *string = text_string(words);

    FUZZ_CHECK(words->length > 0 && words->length < size_max, "%s", string);
    FUZZ_CHECK(fuzz_is_clean(string, words->length + 1), "%s", string);
    FUZZ_CHECK(string[words->length - 1] != '.' && string[words->length - 1] != ' ', "%s", string);
    text_free(words);
}

static void check_all_words(const struct cron *cron, const struct zone *zone, int64_t after)
{
    struct text words = {0};
    struct text warnings[CRON_WARNINGS_MAX] = {0};
    struct text jumps[CRON_JUMPS_MAX] = {0};
    size_t count;

    cron_describe(cron, &words);
    check_words(&words, 1000);
    count = cron_warn(cron, warnings);
    FUZZ_CHECK(count <= CRON_WARNINGS_MAX && (cron->fires || count == 1), "%zu warnings", count);
    while (count > 0)
        check_words(&warnings[--count], 500);
    count = cron_warn_of_jumps(cron, zone, after, jumps);
    FUZZ_CHECK(count <= CRON_JUMPS_MAX, "%zu warnings", count);
    while (count > 0)
        check_words(&jumps[--count], 1000);
}

/* --- the target --- */

static bool cron_equals(const struct cron *one, const struct cron *other)
{
    return one->minutes == other->minutes && one->hours == other->hours &&
           one->days == other->days && one->months == other->months &&
           one->weekdays == other->weekdays && one->days_starred == other->days_starred &&
           one->weekdays_starred == other->weekdays_starred && one->wildcard == other->wildcard &&
           one->fires == other->fires &&
           memcmp(one->uneven_steps, other->uneven_steps, sizeof one->uneven_steps) == 0;
}

static bool is_filled_with(const void *bytes, size_t length, unsigned char value)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < length; i++) {
        if (at[i] != value)
            return false;
    }
    return true;
}

static void cron_check(const char *text, size_t length)
{
    struct cron cron;
    struct cron again;
    struct cron_error error;
    int zone = (int)fuzz_number(text, length, ZONE_COUNT * 4, ZONE_COUNT);
    int64_t after = after_minute(text, length, zone);

    memset(&cron, 0x55, sizeof cron);
    memset(&error, 0x55, sizeof error);
    if (!cron_parse(text, length, &cron, &error)) {
        FUZZ_CHECK(is_filled_with(&cron, sizeof cron, 0x55), "changed, though refused");
        check_refused(text, length, &error);
        return;
    }
    memset(&again, 0xAA, sizeof again);
    FUZZ_CHECK(cron_parse(text, length, &again, &error) && cron_equals(&cron, &again), "twice");
    check_sets(text, length, &cron);
    slots_check_next(&cron, zone_number(zone), after);
    check_all_words(&cron, zone_number(zone), after);
}

const struct fuzz_target fuzz_cron = {"cron", cron_exercise, cron_check};
