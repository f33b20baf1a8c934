/* store/claim: putting a claim in key order, the order in which every claim takes its locks. */
#include "base/memory.h"
#include "store/claim.h"
#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A claim of n integrations in descending order, each with progressions from i and i + 1000. */
static struct claim claim_of(size_t n)
{
    struct claim claim = {0};

    claim.keys = memory_allocate(n, sizeof *claim.keys);
    claim.progressions = memory_allocate(2 * n, sizeof *claim.progressions);
    for (size_t i = 0; i < n; i++) {
        snprintf(claim.keys[i].org_id, sizeof claim.keys[i].org_id, "org-%04zu", n - i);
        claim.keys[i].text = memory_copy_text("* * * * * UTC");
        claim.keys[i].first_progression = 2 * i;
        claim.keys[i].progression_count = 2;
        claim.progressions[2 * i] = (struct claim_progression){.first = (int64_t)(n - i)};
        claim.progressions[2 * i + 1] =
            (struct claim_progression){.first = (int64_t)(n - i) + 1000};
    }
    claim.key_count = n;
    claim.progression_count = 2 * n;
    return claim;
}

/* Each progression still belongs to the integration that it was made for. */
static void assert_slots_fit(const struct claim *claim)
{
    for (size_t i = 0; i < claim->key_count; i++) {
        const struct claim_key *key = &claim->keys[i];

        ck_assert_uint_eq(key->progression_count, 2);
        for (size_t n = 0; n < key->progression_count; n++) {
            int64_t minute = claim->progressions[key->first_progression + n].first;
            char org_id[RUN_UUID_SIZE];

            snprintf(org_id, sizeof org_id, "org-%04d", (int)(minute % 1000));
            ck_assert_str_eq(key->org_id, org_id);
            ck_assert_int_eq(minute / 1000, (int64_t)n);
        }
    }
}

START_TEST(sorting_takes_the_slots_along)
{
    struct claim claim = claim_of(7);

    claim_sort(&claim);
    ck_assert_str_eq(claim.keys[0].org_id, "org-0001");
    ck_assert_str_eq(claim.keys[6].org_id, "org-0007");
    ck_assert_uint_eq(claim.progression_count, 14);
    assert_slots_fit(&claim);
    claim_free(&claim);
}
END_TEST

/* Covers: in which order a claim is carried out in parts: by turns, the oldest slot first. */
START_TEST(parts_are_filled_by_turns)
{
    static const struct {
        char org;
        int64_t slot; /* 0: it has none, and its text is to be kept */
    } keys[] = {{'a', 5}, {'a', 3}, {'a', 0}, {'b', 4}, {'c', 2}, {'c', 2}};
    static const size_t expected[] = {2, 4, 3, 5, 1, 0};
    struct claim claim = claim_of(6);
    size_t *order;

    for (size_t i = 0; i < 6; i++) {
        struct claim_key *key = &claim.keys[i];

        snprintf(key->org_id, sizeof key->org_id, "%c", keys[i].org);
        snprintf(key->integration_id, sizeof key->integration_id, "%zu", i);
        claim.progressions[key->first_progression].first = keys[i].slot;
        key->progression_count = keys[i].slot == 0 ? 0 : 2;
    }
    order = claim_take_turns(&claim);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(order[i], expected[i]);
    free(order);
    claim_free(&claim);
}
END_TEST

START_TEST(an_empty_claim_is_fine)
{
    struct claim claim = {0};

    claim_sort(&claim);
    ck_assert_uint_eq(claim.key_count, 0);
    claim_free(&claim);
}
END_TEST

SUITE(claim)
{
    TCase *tcase = tcase_create("order");

    tcase_add_test(tcase, sorting_takes_the_slots_along);
    tcase_add_test(tcase, parts_are_filled_by_turns);
    tcase_add_test(tcase, an_empty_claim_is_fine);
    suite_add_tcase(suite, tcase);
}
