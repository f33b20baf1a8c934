#include "plan/outcome.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_classes[] = {
    [OUTCOME_NOT_DELIVERED] = "not_delivered",
    [OUTCOME_REJECTED] = "rejected",
    [OUTCOME_UNKNOWN] = "unknown",
};

const char *outcome_class_name(enum outcome_class error_class)
{
    return outcome_classes[error_class];
}

enum outcome_class outcome_class_parse(const char *name)
{
    for (size_t i = 1; name != NULL && i < sizeof outcome_classes / sizeof *outcome_classes; i++)
        if (strcmp(outcome_classes[i], name) == 0)
            return (enum outcome_class)i;
    return OUTCOME_NONE;
}

void outcome_fail(struct outcome *outcome, enum outcome_class error_class, const char *code,
                  const char *message)
{
    outcome_free(outcome);
    outcome->error_class = error_class;
    outcome->message = memory_copy_text(message);
    snprintf(outcome->error_code, sizeof outcome->error_code, "%s", code);
}

void outcome_free(struct outcome *outcome)
{
    free(outcome->message);
    *outcome = (struct outcome){.records_exported = -1};
}
