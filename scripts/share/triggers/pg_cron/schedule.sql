-- A tick a minute by pg_cron, on a server of your own that has syncsched on it (a hosted one has not, and allows no
-- programs). As a superuser, in the database that cron.database_name names (postgres, unless it is set):
--
--     psql -X -v ON_ERROR_STOP=1 -d postgres -f schedule.sql
--
-- Safe to apply again. Before that, in postgresql.conf, and with a restart of the server:
--
--     shared_preload_libraries = 'pg_cron'
--     cron.use_background_workers = on   -- else the jobs log in by TCP, and need a line in pg_hba.conf and ~/.pgpass
--
-- and the wrapper syncsched-tick, where it says itself that it belongs. The tick connects as /etc/syncsched.conf says,
-- to that server or any other.
--
-- What this risks. The server starts a program, as the user postgres: who can have it start others owns the server, its
-- files and the key in /etc/syncsched.conf. Every superuser can do that anyway. Besides them only the role below can,
-- which has no password and no other rights. Do not make anybody a member of it, and do not let it in by "trust".
--
-- What to know. The job fails when the tick's exit status is not 0, and cron.job_run_details says so. A tick takes as
-- long as its calls do, 50 seconds and a few more at most (--budget); so long there is a transaction open, which locks
-- nothing but has VACUUM wait, and a fast shutdown of the server waits, too. Of one job pg_cron runs one start at a time
-- and queues the next. Beside cron or systemd it may tick in the same minutes: of two ticks one gets the slot.

BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_cron;

DO $$
BEGIN
    IF to_regrole('syncsched_trigger') IS NULL THEN
        -- LOGIN because background workers of PostgreSQL are refused without it.
        CREATE ROLE syncsched_trigger LOGIN;
    END IF;
END
$$;

GRANT pg_execute_server_program TO syncsched_trigger;
GRANT USAGE ON SCHEMA cron TO syncsched_trigger;

SET LOCAL ROLE syncsched_trigger;

-- No row is written to the program: it reads none.
SELECT cron.schedule('syncsched', '* * * * *',
    $$COPY (SELECT 1 WHERE false) TO PROGRAM '/usr/local/lib/syncsched/syncsched-tick'$$);

-- pg_cron keeps a row for every start, for ever. Row level security limits this to the role's own.
SELECT cron.schedule('syncsched-details', '17 3 * * *',
    $$DELETE FROM cron.job_run_details
      WHERE status IN ('succeeded', 'failed')
        AND coalesce(end_time, start_time, '-infinity') < now() - interval '7 days'$$);

COMMIT;
