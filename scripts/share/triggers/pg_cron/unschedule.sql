-- Undoes schedule.sql, except the extension: removes the jobs, the record of their starts, and the role.
-- As a superuser, in the same database. Safe to apply again. A running tick goes on to its end.

BEGIN;

-- A trigger on the table notifies pg_cron.
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
