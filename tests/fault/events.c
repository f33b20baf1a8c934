#include "fault/events.h"

#include "support/testdb.h"
#include "time/instant.h"

#include <inttypes.h>

enum {
    EVENTS_EDIT_PERCENT = 1,
    EVENTS_PER_THOUSAND = 1000,
    EVENTS_CLOCK = 5,           /* ticks in a thousand before which a clock steps, */
    EVENTS_BLIND = 3,           /* or the last host loses its zones */
    EVENTS_BACKUP_EVERY = 1500, /* minutes, at most twice that */
};

#define EVENTS_HOUR (60 * INSTANT_US_PER_MINUTE)
#define EVENTS_SEEN (15 * INSTANT_US_PER_MINUTE) /* by then some tick has seen an edit */

static const char *const events_crons[] = {
    "* * * * *",  "* * * * *",  "* 6-20 * * *",    "*/2 * * * *",          "*/5 * * * *",
    "7 * * * *",  "37 * * * *", "7-59/13 * * * *", "9-59/13 * * * *",      "0 */2 * * *",
    "30 2 * * *", "15 6 1 * *", "@hourly",         "0,20,40 8-17 * * 1-5",
};

static const char *const events_zones[] = {"UTC", "Europe/Oslo", "Asia/Kolkata", "+02:00",
                                           "America/New_York"};

/* What a backup holds. */
static const char *const events_tables[] = {
    "organizations",       "organization_integrations", "sync_run_log",
    "sync_schedule_state", "sync_schedule_journal",     "sync_trigger_state",
    "sync_database_state",
};

enum { EVENTS_TABLES = sizeof events_tables / sizeof *events_tables };

void events_open(struct events *events, struct chance chance, int integrations, int64_t first_us,
                 int64_t calm_from_us)
{
    *events = (struct events){
        .chance = chance,
        .integrations = integrations,
        .first_us = first_us,
        .calm_from_us = calm_from_us,
        /* Also a short simulation has one. */
        .next_backup_us = first_us + (calm_from_us - first_us) / 4,
    };
    testdb_exec("CREATE SCHEMA simulated;"
                "CREATE SCHEMA simulated_time;"
                "CREATE SEQUENCE simulated.clock;"
                "CREATE FUNCTION simulated_time.now() RETURNS timestamptz LANGUAGE sql STABLE AS"
                " 'SELECT to_timestamp(last_value / 1000000.0) FROM simulated.clock';"
                "CREATE TABLE simulated.calls (key text PRIMARY KEY, times integer NOT NULL,"
                " is_lost boolean NOT NULL);"
                "CREATE TABLE simulated.removed (run_id uuid PRIMARY KEY)");
    for (int i = 0; i < EVENTS_TABLES; i++)
        testdb_exec("CREATE TABLE simulated.%s AS TABLE %s WITH NO DATA", events_tables[i],
                    events_tables[i]);
    testdb_exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = simulated_time,"
                " pg_catalog, public', current_database()); END $$");
}

int64_t events_set_clock(const struct events *events, int64_t at_us)
{
    int64_t now_us = at_us + events->database_off_us;

    testdb_exec("SELECT setval('simulated.clock', %" PRId64 ")", now_us);
    return now_us;
}

void events_note_call(const struct events *events, const char *key)
{
    testdb_exec("INSERT INTO simulated.calls AS c VALUES ('%s', 1, %s)"
                " ON CONFLICT (key) DO UPDATE SET times = c.times + 1",
                key, events->saved_at_us != 0 ? "true" : "false");
}

/* ---- Edits ---- */

static const char *events_pick(struct chance *chance, const char *const texts[], size_t count)
{
    return texts[chance_pick(chance, 0, (int)count - 1)];
}

static void events_edit(struct events *events, int64_t at_us)
{
    struct chance *chance = &events->chance;
    int n = chance_pick(chance, 0, events->integrations - 1);
    int what = chance_pick(chance, 1, 10);

    events->edits++;
    events->edited_at_us = at_us;
    if (what <= 1) /* deleted */
        testdb_exec("DELETE FROM organization_integrations"
                    " WHERE integration_id = '10000000-0000-4000-8000-%012d'",
                    n);
    else if (what <= 3) /* disabled, or enabled */
        testdb_exec("UPDATE organization_integrations SET is_enabled = NOT is_enabled"
                    " WHERE integration_id = '10000000-0000-4000-8000-%012d'",
                    n);
    else if (what <= 5) /* in another zone */
        testdb_exec("UPDATE organizations SET timezone = '%s'"
                    " WHERE id = '00000000-0000-4000-8000-%012d'",
                    events_pick(chance, events_zones, sizeof events_zones / sizeof *events_zones),
                    n);
    else /* moved, or made anew */
        testdb_exec("INSERT INTO organization_integrations AS i (org_id, integration_id,"
                    " integration_type, cron_schedule, is_enabled) VALUES"
                    " ('00000000-0000-4000-8000-%012d', '10000000-0000-4000-8000-%012d', 'xledger',"
                    " '%s', true) ON CONFLICT (org_id, integration_id)"
                    " DO UPDATE SET cron_schedule = excluded.cron_schedule, is_enabled = true",
                    n, n,
                    events_pick(chance, events_crons, sizeof events_crons / sizeof *events_crons));
}

/* ---- Clocks and zones ---- */

/* The database's clock steps, with that of the hosts or alone; or that of the hosts alone. */
static void events_step_clocks(struct events *events)
{
    static const int seconds[] = {20, 150, 1200, 7200, 86400, 3 * 86400};
    struct chance *chance = &events->chance;
    int64_t off_us = seconds[chance_pick(chance, 0, sizeof seconds / sizeof *seconds - 1)] *
                     (chance_percent(chance, 50) ? 1 : -1) * INSTANT_US_PER_SECOND;
    int whose = chance_pick(chance, 0, 2);

    events->steps++;
    events->database_off_us = whose == 2 ? 0 : off_us;
    events->host_off_us = whose == 1 ? 0 : off_us;
    events->wrong_ticks = chance_pick(chance, 1, 5);
}

static void events_go_on(struct events *events)
{
    if (events->wrong_ticks > 0 && --events->wrong_ticks == 0)
        events->database_off_us = events->host_off_us = 0;
    if (events->blind_ticks > 0)
        events->blind_ticks--;
}

/* ---- A backup, and an hour later it is all that is left ---- */

static void events_save(struct events *events, int64_t at_us)
{
    for (int i = 0; i < EVENTS_TABLES; i++)
        testdb_exec("TRUNCATE simulated.%s; INSERT INTO simulated.%s TABLE %s", events_tables[i],
                    events_tables[i], events_tables[i]);
    events->saved_at_us = at_us;
}

/* The next tick finds another timeline than that of the backup. */
static void events_restore(struct events *events, int64_t at_us)
{
    testdb_exec("BEGIN");
    for (int i = EVENTS_TABLES - 1; i >= 0; i--)
        testdb_exec("DELETE FROM %s", events_tables[i]);
    for (int i = 0; i < EVENTS_TABLES; i++)
        testdb_exec("INSERT INTO %s TABLE simulated.%s", events_tables[i], events_tables[i]);
    testdb_exec("UPDATE sync_database_state SET timeline = to_char(%d, 'FM00000000')"
                " WHERE timeline = '00000001'; COMMIT",
                events->restores + 10);
    events->restores++;
    events->saved_at_us = 0;
    events->next_backup_us =
        at_us + INSTANT_US_PER_MINUTE *
                    chance_pick(&events->chance, EVENTS_BACKUP_EVERY, 2 * EVENTS_BACKUP_EVERY);
}

bool events_happen(struct events *events, int64_t at_us)
{
    struct chance *chance = &events->chance;
    bool is_calm = at_us >= events->calm_from_us;

    events_go_on(events);
    if (events->saved_at_us != 0) {
        if (at_us < events->saved_at_us + EVENTS_HOUR)
            return false; /* nobody can know what an edit or a clock did that is lost, too */
        events_restore(events, at_us);
        return true;
    }
    if (is_calm || events->wrong_ticks > 0)
        return false;
    if (at_us >= events->next_backup_us && at_us + EVENTS_HOUR < events->calm_from_us &&
        at_us > events->edited_at_us + EVENTS_SEEN) {
        events_save(events, at_us);
        return false;
    }
    if (chance_percent(chance, EVENTS_EDIT_PERCENT))
        events_edit(events, at_us);
    else if (chance_pick(chance, 1, EVENTS_PER_THOUSAND) <= EVENTS_CLOCK &&
             at_us > events->edited_at_us + EVENTS_SEEN)
        events_step_clocks(events); /* the text of an edit that it saw would be dated by it */
    if (events->blind_ticks == 0 && chance_pick(chance, 1, EVENTS_PER_THOUSAND) <= EVENTS_BLIND) {
        events->blinds++;
        events->blind_ticks = chance_pick(chance, 10, 60);
    }
    return false;
}
