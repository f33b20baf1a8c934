#include "plan/status.h"

#include "base/memory.h"

#include <stdlib.h>

const char *status_keep_text(struct status *status, const char *text)
{
    if (text == NULL)
        return NULL;
    status->texts = memory_grow(status->texts, status->text_count, &status->text_capacity,
                                sizeof *status->texts);
    return status->texts[status->text_count++] = memory_copy_text(text);
}

void status_free(struct status *status)
{
    for (size_t i = 0; i < status->count; i++)
        free(status->integrations[i].runs);
    for (size_t i = 0; i < status->text_count; i++)
        free(status->texts[i]);
    free(status->integrations);
    free(status->triggers);
    free(status->texts);
    zones_free(&status->zones);
    *status = (struct status){0};
}
