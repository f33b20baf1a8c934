#include "time/duration.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit as it is written, and as people read it. */
static const struct {
    const char *unit;
    const char *shown;
    int64_t ms;
} units[] = {
    {"d", "d", INT64_C(86400000)}, {"h", "h", 3600000}, {"m", "min", 60000}, {"s", "s", 1000}};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static bool duration_fail(struct error *err, const char *text, const char *wrong)
{
    char quoted[TEXT_QUOTE_SIZE];

    text_quote_string(text, quoted);
    error_set(err, ERROR_USAGE, "duration \"%s\" %s", quoted, wrong);
    return error_hint(err, "write a whole number and a unit: 50s, 15m, 1h or 2d");
}

bool duration_parse(const char *text, int64_t *duration_ms, struct error *err)
{
    char *at;
    int64_t count;
    int64_t unit_ms = 0;

    if (*text < '0' || *text > '9')
        return duration_fail(err, text, "does not start with a whole number");
    errno = 0;
    count = strtoll(text, &at, 10);
    if (errno != 0)
        return duration_fail(err, text, "is too long");
    if (*at == '\0' && count > 0)
        return duration_fail(err, text, "has no unit");
    for (size_t i = 0; i < UNIT_COUNT; i++)
        unit_ms = strcmp(at, units[i].unit) == 0 ? units[i].ms : unit_ms;
    if (unit_ms == 0 && *at != '\0')
        return duration_fail(err, text, "has an unknown unit");
    if (unit_ms > 0 && count > INT64_MAX / unit_ms)
        return duration_fail(err, text, "is too long");
    *duration_ms = count * unit_ms;
    return true;
}

void duration_format(int64_t duration_ms, char text[DURATION_TEXT_SIZE])
{
    int64_t ms = duration_ms > 0 ? duration_ms : 0;
    size_t unit = 0;

    while (unit + 1 < UNIT_COUNT && ms < 2 * units[unit].ms)
        unit++;
    snprintf(text, DURATION_TEXT_SIZE, "%" PRId64 " %s", ms / units[unit].ms, units[unit].shown);
}
