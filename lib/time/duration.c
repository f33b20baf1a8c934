#include "time/duration.h"

#include "base/quote.h"

#include <inttypes.h>
#include <stdio.h>

static bool duration_fail(struct error *err, const char *text, const char *wrong)
{
    char quoted[QUOTE_SIZE];

    quote_string(text, quoted);
    error_set(err, ERROR_USAGE, "duration \"%s\" %s", quoted, wrong);
    return error_hint(err, "write a whole number and a unit: 50s, 15m, 1h or 2d");
}

/* Milliseconds in the unit; 0 when it is not one. */
static int64_t duration_unit_ms(const char *unit)
{
    if (unit[0] == '\0' || unit[1] != '\0')
        return 0;
    switch (unit[0]) {
    case 's':
        return 1000;
    case 'm':
        return INT64_C(60) * 1000;
    case 'h':
        return INT64_C(60) * 60 * 1000;
    case 'd':
        return INT64_C(24) * 60 * 60 * 1000;
    default:
        return 0;
    }
}

bool duration_parse(const char *text, int64_t *duration_ms, struct error *err)
{
    const char *at = text;
    int64_t count = 0;
    int64_t unit_ms;

    for (; *at >= '0' && *at <= '9'; at++) {
        int digit = *at - '0';

        if (count > (INT64_MAX - digit) / 10)
            return duration_fail(err, text, "is too long");
        count = count * 10 + digit;
    }
    if (at == text)
        return duration_fail(err, text, "does not start with a whole number");
    if (*at == '\0' && count > 0)
        return duration_fail(err, text, "has no unit");
    unit_ms = *at == '\0' ? 1 : duration_unit_ms(at);
    if (unit_ms == 0)
        return duration_fail(err, text, "has an unknown unit");
    if (count > INT64_MAX / unit_ms)
        return duration_fail(err, text, "is too long");
    *duration_ms = count * unit_ms;
    return true;
}

void duration_format(int64_t duration_ms, char text[DURATION_TEXT_SIZE])
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", INT64_C(86400000)}, {"h", 3600000}, {"min", 60000}, {"s", 1000}};
    int64_t ms = duration_ms > 0 ? duration_ms : 0;
    size_t unit = 0;

    while (unit + 1 < sizeof units / sizeof *units && ms < 2 * units[unit].ms)
        unit++;
    snprintf(text, DURATION_TEXT_SIZE, "%" PRId64 " %s", ms / units[unit].ms, units[unit].name);
}
