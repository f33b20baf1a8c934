#include "plan/turns.h"

#include "plan/run.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int turns_compare_slots(const struct turn *a, const struct turn *b)
{
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return run_compare_keys(a->org_id, a->integration_id, b->org_id, b->integration_id);
}

static int turns_compare_in_organization(const void *left, const void *right)
{
    const struct turn *a = left;
    const struct turn *b = right;
    int order = strcmp(a->org_id, b->org_id);

    return order != 0 ? order : turns_compare_slots(a, b);
}

static int turns_compare(const void *left, const void *right)
{
    const struct turn *a = left;
    const struct turn *b = right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return turns_compare_slots(a, b);
}

void turns_take(struct turn *turns, size_t count)
{
    if (count == 0)
        return;
    qsort(turns, count, sizeof *turns, turns_compare_in_organization);
    for (size_t i = 0; i < count; i++) {
        bool is_first = i == 0 || strcmp(turns[i].org_id, turns[i - 1].org_id) != 0;

        turns[i].number = is_first ? 0 : turns[i - 1].number + 1;
    }
    qsort(turns, count, sizeof *turns, turns_compare);
}
