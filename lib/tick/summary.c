#include "tick/summary.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

void summary_add_run_id(struct summary *summary, const char *run_id)
{
    summary->run_ids = memory_grow(summary->run_ids, summary->run_id_count,
                                   &summary->run_id_capacity, sizeof *summary->run_ids);
    snprintf(summary->run_ids[summary->run_id_count++], RUN_UUID_SIZE, "%s", run_id);
}

char *summary_json(const struct summary *summary)
{
    json_t *ids = json_array();
    struct text line = {0};

    for (size_t i = 0; i < summary->run_id_count; i++)
        json_array_append_new(ids, json_string(summary->run_ids[i]));
    json_add_line(&line,
                  json_pack("{s:I, s:I, s:I, s:o}", "triggered", (json_int_t)summary->triggered,
                            "skipped", (json_int_t)summary->skipped, "failed",
                            (json_int_t)summary->failed, "runIds", ids));
    return line.data;
}

void summary_free(struct summary *summary)
{
    free(summary->run_ids);
    *summary = (struct summary){0};
}
