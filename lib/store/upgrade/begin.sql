-- Takes an older database of syncsched to version 4. Printed by `syncsched schema --from N`, where N
-- is the version that is there; for a file in supabase/migrations/, or
--
--     syncsched schema --from N | psql -v ON_ERROR_STOP=1
--
-- `SELECT sync_schema_version()` tells N; where there is no such function it is 1, 2 or 3, and 1 is
-- right for each of them. One transaction, all or nothing, and safe to apply again. It wants the
-- owner of the tables. What each thing is for stands in `syncsched schema`, which comes to the same.

BEGIN;

SET LOCAL client_min_messages = warning; -- no "already exists, skipping"
SET LOCAL lock_timeout = '10s';          -- rather fail than queue, and everybody behind us

-- The newer version knows things that this text would take back.
DO $$
BEGIN
    IF to_regprocedure('sync_schema_version()') IS NOT NULL THEN
        IF sync_schema_version() > 4 THEN
            RAISE EXCEPTION 'the schema is of version %, and this would make it version 4',
                            sync_schema_version()
                USING HINT = 'Update syncsched.';
        END IF;
    END IF;
END
$$;
