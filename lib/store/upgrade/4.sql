

-- Version 4: the number --------------------------------------------------------------------------

DO $$
BEGIN
    IF to_regclass('sync_probe_state') IS NULL THEN
        RAISE EXCEPTION 'the schema is older than version 3'
            USING HINT = 'Apply syncsched schema --from 1.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path = ''
AS 'SELECT 4';

COMMENT ON FUNCTION sync_schema_version() IS 'The version of the schema of syncsched.';

GRANT EXECUTE ON FUNCTION sync_schema_version() TO PUBLIC;
