/*
 * Fuzzes lib/time/tzif.c and posix_tz.c with any bytes, and zone.c and cron.c with the zones that
 * come of them.
 */
#include "fuzz/fuzz.h"
#include "fuzz/slots.h"

#include "time/tzif.h"
#include "time/zone.h"

#include <inttypes.h>
#include <string.h>

enum { OFFSET_MINUTES_MOST = 26 * 60, MINUTES_TIMED = 4, MINUTES_CHECKED = 16, SPANS_WALKED = 8 };

/* Half of the minutes looked at are in the years 1970 to 2100, the others up to the year 9999. */
static int64_t minute_number(const char *bytes, size_t length, unsigned int i)
{
    int64_t minute = (int64_t)fuzz_number(bytes, length, i, SLOTS_MINUTES);

    return i % 2 == 0 ? minute : minute / 62;
}

static void tzif_exercise(const char *bytes, size_t length)
{
    struct tzif tzif;
    struct error err;

    if (!tzif_parse(bytes, length, &tzif, &err))
        return;
    for (unsigned int i = 0; i < MINUTES_TIMED; i++)
        zone_span_at(&(struct zone){.changes = &tzif}, minute_number(bytes, length, i));
    tzif_free(&tzif);
}

static void check_changes(const struct tzif *tzif)
{
    FUZZ_CHECK(tzif->count > 0 && tzif->changes[0].from == INT64_MIN, "%zu", tzif->count);
    for (size_t i = 0; i < tzif->count; i++) {
        const struct tzif_change *change = &tzif->changes[i];

        FUZZ_CHECK(change->offset_minutes >= -OFFSET_MINUTES_MOST &&
                       change->offset_minutes <= OFFSET_MINUTES_MOST,
                   "change %zu: %d minutes", i, change->offset_minutes);
        FUZZ_CHECK(i == 0 || (change->from > change[-1].from && change->from <= tzif->rule_from &&
                              change->offset_minutes != change[-1].offset_minutes),
                   "change %zu", i);
    }
}

static bool span_equals(const struct zone_span *one, const struct zone_span *other)
{
    return one->from == other->from && one->to == other->to &&
           one->offset_minutes == other->offset_minutes && one->jump_minutes == other->jump_minutes;
}

/* The span holds the minute, is the same at both of its ends, and the next one adjoins it. */
static struct zone_span check_span(const struct zone *zone, int64_t minute)
{
    struct zone_span span = zone_span_at(zone, minute);
    struct zone_span other;

    FUZZ_CHECK(span.from <= minute && minute < span.to, "%" PRId64, minute);
    FUZZ_CHECK(span.offset_minutes >= -OFFSET_MINUTES_MOST &&
                   span.offset_minutes <= OFFSET_MINUTES_MOST,
               "%" PRId64 ": %d minutes", minute, span.offset_minutes);
    FUZZ_CHECK((span.jump_minutes == 0) == (span.from == INT64_MIN), "%" PRId64, minute);
    if (span.from >= 0) {
        other = zone_span_at(zone, span.from);
        FUZZ_CHECK(span_equals(&span, &other), "%" PRId64, span.from);
    }
    if (span.to <= SLOTS_MINUTES) {
        other = zone_span_at(zone, span.to - 1);
        FUZZ_CHECK(span_equals(&span, &other), "%" PRId64, span.to - 1);
        other = zone_span_at(zone, span.to);
        FUZZ_CHECK(other.from == span.to, "%" PRId64 ", not %" PRId64, other.from, span.to);
        FUZZ_CHECK(other.offset_minutes == span.offset_minutes + other.jump_minutes, "%" PRId64,
                   span.to);
    }
    return span;
}

static void check_spans(const struct zone *zone, const char *bytes, size_t length)
{
    for (unsigned int i = 0; i < MINUTES_CHECKED; i++) {
        int64_t minute = minute_number(bytes, length, i);

        for (int n = 0; n < SPANS_WALKED && minute <= SLOTS_MINUTES; n++)
            minute = check_span(zone, minute).to;
    }
}

/* Schedules of both kinds, from just before the wall clock jumps. */
static void check_slots(const struct zone *zone, const char *bytes, size_t length)
{
    static const char *const texts[] = {"30 2 * * *", "*/20 * * * *", "0 0 1,29 * *",
                                        "15 1-3 * * 0"};
    unsigned int i = (unsigned int)fuzz_number(bytes, length, 100, sizeof texts / sizeof texts[0]);
    struct zone_span span = zone_span_at(zone, minute_number(bytes, length, 101));
    int64_t before = (int64_t)fuzz_number(bytes, length, 102, 3000);
    struct cron cron;
    struct cron_error error;

    FUZZ_CHECK(cron_parse(texts[i], strlen(texts[i]), &cron, &error), "error %d", (int)error.code);
    if (span.to <= SLOTS_MINUTES && span.to >= before)
        slots_check_next(&cron, zone, span.to - before);
}

static void tzif_check(const char *bytes, size_t length)
{
    struct tzif tzif;
    struct error err = {0};
    struct zone zone = {.changes = &tzif};

    memset(&tzif, 0x55, sizeof tzif);
    if (!tzif_parse(bytes, length, &tzif, &err)) {
        FUZZ_CHECK(err.kind == ERROR_INVALID && err.message[0] != '\0' &&
                       fuzz_is_clean(err.message, sizeof err.message),
                   "kind %d", (int)err.kind);
        FUZZ_CHECK(tzif.changes == NULL && tzif.count == 0, "%zu changes", tzif.count);
        return;
    }
    check_changes(&tzif);
    check_spans(&zone, bytes, length);
    check_slots(&zone, bytes, length);
    tzif_free(&tzif);
}

const struct fuzz_target fuzz_tzif = {"tzif", tzif_exercise, tzif_check};
