#include "plan/run.h"

#include <stddef.h>
#include <string.h>

enum run_status run_status_parse(const char *text)
{
    static const char *const names[] = {"pending", "running", "completed", "failed"};

    for (size_t i = 0; text != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum run_status)i;
    return RUN_GONE;
}

int run_compare_keys(const char *org_a, const char *integration_a, const char *org_b,
                     const char *integration_b)
{
    int order = strcmp(org_a, org_b);

    return order != 0 ? order : strcmp(integration_a, integration_b);
}
