#include "fault/tally.h"

#include <string.h>

static bool tally_covers(const struct tally_run *run, const struct tally_slot *slot)
{
    return run->integration == slot->integration && run->covers_from <= slot->minute &&
           slot->minute <= run->scheduled_for;
}

static void tally_add_slot(const struct tally_lists *lists, const struct tally_slot *slot,
                           struct tally *tally)
{
    const struct tally_run *first = NULL;
    bool is_served = false;
    bool is_doubled = false;

    for (size_t i = 0; i < lists->run_count; i++) {
        const struct tally_run *run = &lists->runs[i];

        if (!tally_covers(run, slot))
            continue;
        is_served = is_served || !run->is_given_up;
        if (first == NULL)
            first = run;
        is_doubled = is_doubled || run->scheduled_for != first->scheduled_for;
    }
    tally->missing += is_served ? 0 : 1;
    tally->doubled += is_doubled ? 1 : 0;
}

static bool tally_is_asked_for(const struct tally_lists *lists, const struct tally_run *run)
{
    for (size_t i = 0; i < lists->slot_count; i++)
        if (tally_covers(run, &lists->slots[i]))
            return true;
    return false;
}

static void tally_add_run(const struct tally_lists *lists, const struct tally_run *run,
                          struct tally *tally)
{
    size_t allowed = run->was_started ? 1 : 0;
    size_t calls = 0;

    for (size_t i = 0; i < lists->call_count; i++)
        calls += strcmp(lists->calls[i].run_id, run->id) == 0 ? 1 : 0;
    tally->missing += run->is_completed && calls == 0 ? 1 : 0;
    tally->doubled += calls > allowed ? calls - allowed : 0;
    tally->doubled += tally_is_asked_for(lists, run) ? 0 : 1;
    tally->stuck += run->is_over ? 0 : 1;
}

/* Whether the call is for a run of the log, under that run's key. */
static bool tally_is_known(const struct tally_lists *lists, const struct tally_call *call)
{
    for (size_t i = 0; i < lists->run_count; i++)
        if (strcmp(lists->runs[i].id, call->run_id) == 0)
            return strcmp(lists->runs[i].key, call->key) == 0;
    return false;
}

struct tally tally_count(const struct tally_lists *lists)
{
    struct tally tally = {0};

    for (size_t i = 0; i < lists->slot_count; i++)
        tally_add_slot(lists, &lists->slots[i], &tally);
    for (size_t i = 0; i < lists->run_count; i++)
        tally_add_run(lists, &lists->runs[i], &tally);
    for (size_t i = 0; i < lists->call_count; i++)
        tally.doubled += tally_is_known(lists, &lists->calls[i]) ? 0 : 1;
    return tally;
}
