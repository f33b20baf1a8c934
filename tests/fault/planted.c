#include "fault/planted.h"

#include "base/memory.h"
#include "support/testdb.h"
#include "time/clock.h"
#include "time/instant.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PLANTED_AUDIT_MS = 10 * 60 * 1000 };

/* A slot, as an audit has it. */
struct planted_slot {
    char integration_id[RUN_UUID_SIZE];
    char run_id[RUN_UUID_SIZE]; /* "" when none covers it */
    int64_t slot;
    enum audit_verdict verdict;
};

struct planted_slots {
    struct planted_slot *slots;
    size_t count;
    size_t capacity;
};

/* Extra runs are no slots, and go with their rows. */
static void take_entry(void *context, const struct audit_entry *entry)
{
    struct planted_slots *slots = context;
    struct planted_slot *slot;

    if (entry->slot == NULL || entry->slot->verdict == AUDIT_EXTRA)
        return;
    slots->slots = memory_grow(slots->slots, slots->count, &slots->capacity, sizeof *slots->slots);
    slot = &slots->slots[slots->count++];
    *slot = (struct planted_slot){.slot = entry->slot->slot, .verdict = entry->slot->verdict};
    strcpy(slot->integration_id, entry->integration_id);
    if (entry->slot->run != NULL)
        strcpy(slot->run_id, entry->slot->run->run_id);
}

static struct planted_slots audit(int64_t first, int64_t last, struct audit_result *result)
{
    struct audit_options options = {.deadline_ms = clock_now_ms() + PLANTED_AUDIT_MS,
                                    .from_us = first * INSTANT_US_PER_MINUTE,
                                    .to_us = (last + 1) * INSTANT_US_PER_MINUTE,
                                    .has_to = true};
    struct planted_slots slots = {0};
    struct error err;

    ck_assert_msg(audit_read(&options, take_entry, &slots, result, &err), "%s", err.message);
    return slots;
}

static bool is_covered(const struct planted_slot *slot)
{
    return testdb_number("SELECT count(*) FROM sync_run_log WHERE integration_id = '%s'"
                         " AND covers_from <= to_timestamp(%" PRId64 ")"
                         " AND scheduled_for >= to_timestamp(%" PRId64 ")",
                         slot->integration_id, slot->slot * 60, slot->slot * 60) > 0;
}

static bool is_removed(const struct planted_slot *slot)
{
    return *slot->run_id != '\0' &&
           testdb_number("SELECT count(*) FROM simulated.removed WHERE run_id = '%s'",
                         slot->run_id) > 0;
}

/* Whether a tick will serve it, again: the mark lies before it, as after a clock that was set back. */
static bool is_owed(const struct planted_slot *slot)
{
    return slot->verdict == AUDIT_WAITING &&
           testdb_number("SELECT count(*) FROM sync_schedule_state WHERE integration_id = '%s'"
                         " AND mark < to_timestamp(%" PRId64 ")",
                         slot->integration_id, slot->slot * 60) > 0;
}

static void compare(const struct planted_slot *before, const struct planted_slot *after,
                    struct planted *planted)
{
    bool is_missing = after->verdict == AUDIT_MISSING;

    ck_assert_str_eq(before->integration_id, after->integration_id);
    ck_assert_int_eq(before->slot, after->slot);
    if (before->verdict == after->verdict && strcmp(before->run_id, after->run_id) == 0)
        return;
    ck_assert_msg(is_removed(before), "slot %" PRId64 " of %s: another verdict, but not removed",
                  before->slot, before->integration_id);
    ck_assert_msg(is_missing || is_owed(after) || is_covered(before),
                  "slot %" PRId64 " of %s is not found missing", before->slot,
                  before->integration_id);
    planted->missing += is_missing ? 1 : 0;
}

void planted_check(int64_t first, int64_t last, long rows, uint64_t seed, struct planted *planted)
{
    struct planted_slots before = audit(first, last, &planted->audit);
    struct planted_slots after;
    struct audit_result result;

    testdb_exec("WITH chosen AS (SELECT run_id FROM sync_run_log"
                "   WHERE scheduled_for BETWEEN to_timestamp(%" PRId64 ")"
                "     AND to_timestamp(%" PRId64 ")"
                "   ORDER BY md5(idempotency_key || attempt || '%" PRIu64 "') LIMIT %ld),"
                " gone AS (DELETE FROM sync_run_log AS r USING chosen AS c"
                "   WHERE r.run_id = c.run_id RETURNING r.run_id)"
                " INSERT INTO simulated.removed SELECT run_id FROM gone",
                first * 60, last * 60, seed, rows);
    planted->removed = testdb_number("SELECT count(*) FROM simulated.removed");
    planted->missing = 0;
    *planted->first_missing = '\0';
    for (size_t i = before.count; i-- > 0;)
        if (before.slots[i].verdict == AUDIT_MISSING) {
            strcpy(planted->first_missing, before.slots[i].integration_id);
            planted->missing_slot = before.slots[i].slot;
        }
    after = audit(first, last, &result);
    ck_assert_uint_eq(before.count, after.count);
    for (size_t i = 0; i < before.count; i++)
        compare(&before.slots[i], &after.slots[i], planted);
    ck_assert_int_eq(result.totals.verdicts[AUDIT_MISSING],
                     planted->missing + planted->audit.totals.verdicts[AUDIT_MISSING]);
    free(before.slots);
    free(after.slots);
}
