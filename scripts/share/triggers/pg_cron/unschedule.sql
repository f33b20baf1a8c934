-- Takes back what schedule.sql did, but for the extension: the jobs, what is kept of their starts, and the role.
-- As a superuser, in the same database; safe to apply again. A tick that runs comes to its end.

BEGIN;

-- A trigger on the table tells pg_cron.
DELETE FROM cron.job WHERE username = 'syncsched_trigger';
DELETE FROM cron.job_run_details WHERE username = 'syncsched_trigger';

DO $$
BEGIN
    IF to_regrole('syncsched_trigger') IS NOT NULL THEN
        DROP OWNED BY syncsched_trigger;
        DROP ROLE syncsched_trigger;
    END IF;
END
$$;

COMMIT;
