#include "plan/run.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { RUN_DAY_MINUTES = 24 * 60 };

static const char *const run_statuses[RUN_GONE] = {"pending", "running", "completed", "failed"};

enum run_status run_status_parse(const char *text)
{
    for (size_t i = 0; text != NULL && i < RUN_GONE; i++)
        if (strcmp(text, run_statuses[i]) == 0)
            return (enum run_status)i;
    return RUN_GONE;
}

const char *run_status_name(enum run_status status)
{
    return status < RUN_GONE ? run_statuses[status] : "gone";
}

enum run_resolution run_resolution_parse(const char *text)
{
    if (text == NULL)
        return RUN_UNRESOLVED;
    if (strcmp(text, "done") == 0)
        return RUN_RESOLVED_DONE;
    return strcmp(text, "not_done") == 0 ? RUN_RESOLVED_NOT_DONE : RUN_UNRESOLVED;
}

const char *run_resolution_name(enum run_resolution resolution)
{
    static const char *const names[] = {NULL, "done", "not_done"};

    return names[resolution];
}

bool run_failure_is_news(const struct run *run)
{
    return run->failed_before == 0 || run->failed_before == 2 ||
           instant_divide_down(run->begun_before, RUN_DAY_MINUTES) !=
               instant_divide_down(run->scheduled_for, RUN_DAY_MINUTES);
}

bool run_begins_uuid(const char *text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t length = strlen(text);
    bool ok = length > 0 && length <= strlen(pattern);

    for (size_t i = 0; ok && i < length; i++)
        ok = pattern[i] == '-' ? text[i] == '-' : isxdigit((unsigned char)text[i]) != 0;
    return ok;
}

const char *run_format_period_start(const struct run *run, char text[INSTANT_TEXT_SIZE])
{
    if (run->period_start == RUN_PERIOD_OPEN)
        return NULL;
    instant_format_minute(run->period_start, text);
    return text;
}

int run_compare_keys(const char *org_a, const char *integration_a, const char *org_b,
                     const char *integration_b)
{
    int order = strcmp(org_a, org_b);

    return order != 0 ? order : strcmp(integration_a, integration_b);
}
