

-- Version 2: who made a run, since when a schedule's text holds, up to when the log was pruned ---

ALTER TABLE sync_run_log
    ADD COLUMN IF NOT EXISTS trigger_name text,
    ADD COLUMN IF NOT EXISTS host text;

CREATE INDEX IF NOT EXISTS sync_run_log_failed_idx
    ON sync_run_log (failed_at)
    WHERE status = 'failed';

ALTER TABLE sync_schedule_state ADD COLUMN IF NOT EXISTS since timestamptz;

CREATE TABLE IF NOT EXISTS sync_prune_state (
    is_only_row   boolean     DEFAULT true,
    pruned_before timestamptz NOT NULL,

    PRIMARY KEY (is_only_row),

    CONSTRAINT sync_prune_state_is_only_row_check CHECK (is_only_row),
    CONSTRAINT sync_prune_state_pruned_before_check CHECK (isfinite(pruned_before))
);

COMMENT ON TABLE sync_prune_state IS
    'Up to when the log has been pruned: of earlier slots nobody knows any more who covered them.';

ALTER TABLE sync_prune_state ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON sync_prune_state FROM PUBLIC;

DO $$
DECLARE
    role_name name;
BEGIN
    FOR role_name IN
        SELECT rolname FROM pg_roles
        WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON sync_prune_state FROM %I', role_name);
        IF role_name = 'service_role' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON sync_prune_state TO %I',
                           role_name);
        END IF;
    END LOOP;
END
$$;
