#include "plan/outcome.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *outcome_class_name(enum outcome_class error_class)
{
    switch (error_class) {
    case OUTCOME_NOT_DELIVERED:
        return "not_delivered";
    case OUTCOME_REJECTED:
        return "rejected";
    case OUTCOME_UNKNOWN:
        return "unknown";
    case OUTCOME_NONE:
        break;
    }
    return NULL;
}

enum outcome_class outcome_class_parse(const char *name)
{
    static const enum outcome_class classes[] = {OUTCOME_NOT_DELIVERED, OUTCOME_REJECTED,
                                                 OUTCOME_UNKNOWN};

    for (size_t i = 0; name != NULL && i < sizeof classes / sizeof *classes; i++)
        if (strcmp(outcome_class_name(classes[i]), name) == 0)
            return classes[i];
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
