#include "store/run_name.h"

#include "time/instant.h"

#include <string.h>

/* The least and the greatest id that begin so. */
static void run_name_bound_ids(const char *beginning, char ids[2][RUN_UUID_SIZE])
{
    size_t length = strlen(beginning);

    memcpy(ids[0], "00000000-0000-0000-0000-000000000000", RUN_UUID_SIZE);
    memcpy(ids[1], "ffffffff-ffff-ffff-ffff-ffffffffffff", RUN_UUID_SIZE);
    memcpy(ids[0], beginning, length);
    memcpy(ids[1], beginning, length);
}

/* "ORG/INTEGRATION/2026-03-01T02:00:00Z" */
static bool run_name_split_key(const char *text, char ids[2][RUN_UUID_SIZE], int64_t *slot)
{
    struct error err;
    int64_t instant_us;

    for (int i = 0; i < 2; i++, text += RUN_UUID_SIZE) {
        if (strlen(text) <= RUN_UUID_SIZE || text[RUN_UUID_SIZE - 1] != '/')
            return false;
        memcpy(ids[i], text, RUN_UUID_SIZE - 1);
        ids[i][RUN_UUID_SIZE - 1] = '\0';
        if (!run_begins_uuid(ids[i]))
            return false;
    }
    if (!instant_parse(text, &instant_us, &err))
        return false;
    *slot = instant_divide_down(instant_us, INSTANT_US_PER_MINUTE);
    return true;
}

bool run_name_read(const char *text, size_t least_length, struct run_name *name)
{
    int64_t slot;

    *name = (struct run_name){0};
    if (run_begins_uuid(text) && strlen(text) >= least_length) {
        run_name_bound_ids(text, name->ids);
        name->values[0] = name->ids[0];
        name->values[1] = name->ids[1];
        return true;
    }
    if (!run_name_split_key(text, name->ids, &slot))
        return false;
    name->values[2] = name->ids[0];
    name->values[3] = name->ids[1];
    name->values[4] = database_number(name->slot, slot);
    return true;
}
