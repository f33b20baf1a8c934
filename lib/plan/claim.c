#include "plan/claim.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A key and where it stood, so that the slots can follow it. */
struct claim_place {
    struct claim_key key;
    size_t was;
};

static int claim_compare_places(const void *left, const void *right)
{
    const struct claim_place *a = left;
    const struct claim_place *b = right;

    return run_compare_keys(a->key.org_id, a->key.integration_id, b->key.org_id,
                            b->key.integration_id);
}

static int claim_compare_slots(const void *left, const void *right)
{
    const struct claim_slot *a = left;
    const struct claim_slot *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->minute < b->minute ? -1 : a->minute > b->minute;
}

void claim_sort(struct claim *claim)
{
    size_t n = claim->key_count;
    struct claim_place *places = memory_allocate(n, sizeof *places);
    size_t *now_at = memory_allocate(n, sizeof *now_at);

    for (size_t i = 0; i < n; i++)
        places[i] = (struct claim_place){claim->keys[i], i};
    if (n > 0)
        qsort(places, n, sizeof *places, claim_compare_places);
    for (size_t i = 0; i < n; i++) {
        claim->keys[i] = places[i].key;
        now_at[places[i].was] = i;
    }
    for (size_t i = 0; i < claim->slot_count; i++)
        claim->slots[i].key = now_at[claim->slots[i].key];
    if (claim->slot_count > 0)
        qsort(claim->slots, claim->slot_count, sizeof *claim->slots, claim_compare_slots);
    free(now_at);
    free(places);
}

static int claim_compare_run_to_key(const void *left, const void *right)
{
    const struct run *run = left;
    const struct claim_key *key = right;

    return run_compare_keys(run->org_id, run->integration_id, key->org_id, key->integration_id);
}

const struct claim_key *claim_find_key(const struct claim *claim, const struct run *run)
{
    if (claim->key_count == 0)
        return NULL;
    return bsearch(run, claim->keys, claim->key_count, sizeof *claim->keys,
                   claim_compare_run_to_key);
}

void claim_free(struct claim *claim)
{
    for (size_t i = 0; i < claim->key_count; i++) {
        free(claim->keys[i].integration_type);
        free(claim->keys[i].cron_schedule);
        free(claim->keys[i].timezone);
        free(claim->keys[i].text);
        free(claim->keys[i].state_text);
    }
    free(claim->keys);
    free(claim->slots);
    *claim = (struct claim){0};
}
