#include "plan/claim.h"

#include "base/memory.h"
#include "plan/turns.h"

#include <stdlib.h>

static int claim_compare_keys(const void *left, const void *right)
{
    const struct claim_key *a = left;
    const struct claim_key *b = right;

    return run_compare_keys(a->org_id, a->integration_id, b->org_id, b->integration_id);
}

void claim_sort(struct claim *claim)
{
    if (claim->key_count > 0)
        qsort(claim->keys, claim->key_count, sizeof *claim->keys, claim_compare_keys);
}

size_t *claim_take_turns(const struct claim *claim)
{
    struct turn *turns = memory_allocate(claim->key_count, sizeof *turns);
    size_t *order = memory_allocate(claim->key_count, sizeof *order);

    for (size_t i = 0; i < claim->key_count; i++) {
        const struct claim_key *key = &claim->keys[i];
        bool has_slots = key->progression_count > 0; /* without, only its text is to be kept */

        turns[i] = (struct turn){
            .org_id = key->org_id,
            .integration_id = key->integration_id,
            .slot = has_slots ? claim->progressions[key->first_progression].first : INT64_MIN,
            .index = i,
        };
    }
    turns_take(turns, claim->key_count);
    for (size_t i = 0; i < claim->key_count; i++)
        order[i] = turns[i].index;
    free(turns);
    return order;
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

static bool claim_keep_owed_by(struct claim *claim, struct claim_key *key)
{
    struct claim_progression *progressions = claim->progressions + key->first_progression;
    size_t kept = 0;

    for (size_t i = 0; i < key->progression_count; i++)
        if (progressions[i].fate != CLAIM_GIVEN_UP)
            progressions[kept++] = progressions[i];
    if (kept == key->progression_count)
        return false;
    key->progression_count = kept;
    key->looked_to = key->looked_from;
    return true;
}

bool claim_keep_owed(struct claim *claim)
{
    bool has_kept = false;

    for (size_t i = 0; i < claim->key_count; i++)
        if (claim_keep_owed_by(claim, &claim->keys[i]))
            has_kept = true;
    return has_kept;
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
    free(claim->progressions);
    *claim = (struct claim){0};
}
