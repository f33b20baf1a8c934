/*
 * calls parse|next REPEATS: so many times over a fixed set of expressions, for counting
 * instructions: what 1,000 repeats take more than none is what the calls take.
 */
#include "cron/cron.h"
#include "time/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_FROM INT64_C(28575360) /* 2024-05-01T00:00Z */

static const char *const expressions[] = {
    "* * * * *",   "*/5 * * * *",      "0 2 * * *",           "30 4 * * 1-5", "0 0 1 * *",
    "0 */6 * * *", "15,45 8-17 * * *", "5 4 * * mon,wed,fri", "0 0 1,15 * 3", "59 23 31 12 *",
};

enum { CALLS_COUNT = sizeof expressions / sizeof expressions[0] };

int main(int argc, char *argv[])
{
    static const struct zone utc;
    const char *what = argc > 2 ? argv[1] : "";
    long repeats = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    struct cron crons[CALLS_COUNT];
    struct cron_error error;
    int64_t minute = 0;
    int64_t sum = 0;

    for (size_t i = 0; i < CALLS_COUNT; i++)
        sum += cron_parse(expressions[i], strlen(expressions[i]), &crons[i], &error);
    for (long n = 0; n < repeats; n++) {
        for (size_t i = 0; i < CALLS_COUNT; i++) {
            if (*what == 'p')
                sum += cron_parse(expressions[i], strlen(expressions[i]), &crons[i], &error);
            else
                sum += cron_next(&crons[i], &utc, CALLS_FROM + n, &minute) ? minute : 0;
        }
    }
    printf("%d %lld\n", CALLS_COUNT, (long long)sum);
    return EXIT_SUCCESS;
}
