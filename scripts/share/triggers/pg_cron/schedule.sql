-- A tick a minute by pg_cron, on your own server with syncsched installed. (A hosted server does not have it, and allows
-- no programs.) As a superuser, in the database that cron.database_name names (postgres, unless it is set):
--
--     psql -X -v ON_ERROR_STOP=1 -d postgres -f schedule.sql
--
-- Safe to apply again. Before that, in postgresql.conf, and with a restart of the server:
--
--     shared_preload_libraries = 'pg_cron'
--     cron.use_background_workers = on   -- else the jobs log in by TCP, and need a line in pg_hba.conf and ~/.pgpass
--
-- and install the wrapper syncsched-tick at the place that it names. The tick connects as /etc/syncsched.conf says, to
-- this server or to another.
--
-- Risks. The server starts a program as the user postgres. Whoever can make it start other programs owns the server, its
-- files and the key in /etc/syncsched.conf. Every superuser can do that anyway. Besides them only the role below can. It
-- has no password and no other rights. Do not make anybody a member of it, and do not admit it by "trust".
--
-- Behaviour. The job fails when the tick's exit status is not 0, and cron.job_run_details says so. A tick takes as long
-- as its calls, at most 50 seconds (--budget) and some more. Its transaction stays open for so long. It locks nothing,
-- but VACUUM and a fast shutdown of the server wait for it. pg_cron runs one start of a job at a time and queues the
-- next. It may tick in the same minutes as cron or systemd: one of two ticks gets the slot.

BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_cron;

DO $$
BEGIN
    IF to_regrole('syncsched_trigger') IS NULL THEN
        -- LOGIN, because PostgreSQL refuses background workers without it.
        CREATE ROLE syncsched_trigger LOGIN;
    END IF;
END
$$;

GRANT pg_execute_server_program TO syncsched_trigger;
GRANT USAGE ON SCHEMA cron TO syncsched_trigger;

SET LOCAL ROLE syncsched_trigger;

-- The program reads no rows, so it gets none.
SELECT cron.schedule('syncsched', '* * * * *',
    $$COPY (SELECT 1 WHERE false) TO PROGRAM '/usr/local/lib/syncsched/syncsched-tick'$$);

-- pg_cron keeps a row for every start, for ever. This deletes old ones; row level security limits it to the role's own.
SELECT cron.schedule('syncsched-details', '17 3 * * *',
    $$DELETE FROM cron.job_run_details
      WHERE status IN ('succeeded', 'failed')
        AND coalesce(end_time, start_time, '-infinity') < now() - interval '7 days'$$);

COMMIT;
