#include "plan/retry_after.h"

#include "time/instant.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The preferred form, and the two that a recipient must understand, too. English: no locale is set.
 */
static const char *const retry_after_dates[] = {
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
};

static bool retry_after_read_date(const char *value, int64_t *instant_s)
{
    for (size_t i = 0; i < sizeof retry_after_dates / sizeof *retry_after_dates; i++) {
        struct tm date = {0};
        const char *end = strptime(value, retry_after_dates[i], &date);

        if (end != NULL && *end == '\0') {
            *instant_s = (int64_t)timegm(&date);
            return true;
        }
    }
    return false;
}

bool retry_after_read(const char *value, int64_t now_us, int64_t *wait_s)
{
    int64_t until_s;

    if (*value != '\0' && value[strspn(value, "0123456789")] == '\0')
        *wait_s = strtoll(value, NULL, 10); /* the greatest number where it does not fit */
    else if (retry_after_read_date(value, &until_s))
        *wait_s = until_s - instant_divide_down(now_us, INSTANT_US_PER_SECOND);
    else
        return false;
    if (*wait_s < 0)
        *wait_s = 0;
    if (*wait_s > RETRY_AFTER_MOST_S)
        *wait_s = RETRY_AFTER_MOST_S;
    return true;
}
