/*
 * A world that says no, all at once: a limit of calls over all ticks, an external system that
 * throttles, rows that the database refuses, a pooler that is slow and drops what it should not, a
 * reader of the messages that hangs, and hosts that are killed.
 */
#include "fault/fault.h"
#include "support/pooler.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { DENIALS_CALLS_MAX = 2, DENIALS_KINDS = 5, DENIALS_SPAN_MS = 1500 };

/* One scenario is one process. */
static char denials_wrapper[100];

/* A trigger refuses the rows of one integration in five to ticks, and nothing to the tests. */
static void denials_begin(struct fault_world *world)
{
    (void)world;
    snprintf(denials_wrapper, sizeof denials_wrapper, "exec \"$@\" 2>%s", scene_open_full_pipe());
    testdb_exec("CREATE TABLE public.refused (kind integer)");
    testdb_exec("CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF EXISTS (SELECT FROM public.refused AS r"
                "             WHERE right(NEW.integration_id::text, 12)::int %% %d = r.kind)"
                " THEN RAISE EXCEPTION 'not today'; END IF; RETURN NEW; END $$",
                DENIALS_KINDS);
    testdb_exec("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON sync_run_log FOR EACH ROW"
                " WHEN (current_setting('application_name') = 'syncsched')"
                " EXECUTE FUNCTION public.refuse()");
    pooler_start("0", "0.2");
    scene_set_variable(pooler_variable(pooler_port(), getenv("PGUSER"), getenv("PGPASSWORD")));
}

/* Before half of the bursts nothing is refused; before one in three somebody reads the messages. */
static void denials_prepare(struct fault_world *world)
{
    int kind = chance_pick(&world->chance, 0, 2 * DENIALS_KINDS - 1);

    testdb_exec("DELETE FROM public.refused");
    if (kind < DENIALS_KINDS) {
        testdb_exec("INSERT INTO public.refused VALUES (%d)", kind);
        world->fault_count++;
    }
    scene_set_wrapper(chance_percent(&world->chance, 33) ? NULL : denials_wrapper);
}

/* A host that dies, also in the middle of what it is refused. */
static void denials_kill(struct fault_world *world)
{
    struct program *tick = fault_pick_tick(world);

    if (chance_percent(&world->chance, 60))
        return;
    fault_wait(world, DENIALS_SPAN_MS);
    if (program_is_running(tick))
        world->fault_count += kill(-program_pid(tick), SIGKILL) == 0 ? 1 : 0;
}

/* All is well again: also the throttling, once its second is over. */
static void denials_end(struct fault_world *world)
{
    (void)world;
    ck_assert_uint_le(function_most_in_flight(scene_function()), DENIALS_CALLS_MAX);
    ck_assert_msg(testdb_number("SELECT count(*) FROM sync_throttle_state") > 0,
                  "nobody was throttled");
    testdb_exec("DELETE FROM public.refused");
    scene_wait_for("SELECT max(throttled_until) < now() FROM sync_throttle_state");
    scene_set_wrapper(NULL);
    scene_set_variable(NULL);
    pooler_stop();
    scene_close_full_pipe();
}

static const struct fault_scenario scenarios[] = {
    {.name = "denials",
     .ticks = 80,
     .options = "--budget 5s --max-calls 3 --max-calls-xledger 2 --max-attempts 3",
     .latency_ms_max = 300,
     .begin = denials_begin,
     .prepare = denials_prepare,
     .disturb = denials_kill,
     .end = denials_end,
     .is_throttled = true},
};

const struct fault_scenario *fault_denials(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
