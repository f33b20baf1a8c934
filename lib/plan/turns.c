#include "plan/turns.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int turns_compare_slots(const struct run *a, const struct run *b)
{
    if (a->scheduled_for != b->scheduled_for)
        return a->scheduled_for < b->scheduled_for ? -1 : 1;
    return run_compare_keys(a->org_id, a->integration_id, b->org_id, b->integration_id);
}

static int turns_compare_in_organization(const void *left, const void *right)
{
    const struct run *a = ((const struct turn *)left)->run;
    const struct run *b = ((const struct turn *)right)->run;
    int order = strcmp(a->org_id, b->org_id);

    return order != 0 ? order : turns_compare_slots(a, b);
}

static int turns_compare(const void *left, const void *right)
{
    const struct turn *a = left;
    const struct turn *b = right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return turns_compare_slots(a->run, b->run);
}

void turns_take(struct turn *turns, size_t count)
{
    if (count == 0)
        return;
    qsort(turns, count, sizeof *turns, turns_compare_in_organization);
    for (size_t i = 0; i < count; i++) {
        bool is_first = i == 0 || strcmp(turns[i].run->org_id, turns[i - 1].run->org_id) != 0;

        turns[i].number = is_first ? 0 : turns[i - 1].number + 1;
    }
    qsort(turns, count, sizeof *turns, turns_compare);
}
