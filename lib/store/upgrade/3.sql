

-- Version 3: how each integration stands, and which external systems may be probed ---------------
--
-- On a long log, building the two indexes takes a while in which no run can be written.

DO $$
BEGIN
    IF to_regclass('sync_prune_state') IS NULL THEN
        RAISE EXCEPTION 'the schema is older than version 2'
            USING HINT = 'Apply syncsched schema --from 1.';
    END IF;
END
$$;

CREATE INDEX IF NOT EXISTS sync_run_log_completed_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'completed';
CREATE INDEX IF NOT EXISTS sync_run_log_failed_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'failed';

CREATE TABLE IF NOT EXISTS sync_probe_state (
    integration_type text,
    claimed_at       timestamptz NOT NULL,
    next_probe_at    timestamptz NOT NULL,
    pause_s          integer     NOT NULL DEFAULT 900,
    probed_at        timestamptz,
    result           text,
    code             text,
    since            timestamptz,

    PRIMARY KEY (integration_type),

    CONSTRAINT sync_probe_state_next_probe_at_check CHECK (
        isfinite(claimed_at)
        AND isfinite(next_probe_at)
        AND next_probe_at >= claimed_at + interval '15 minutes'
    ),
    CONSTRAINT sync_probe_state_pause_s_check CHECK (pause_s BETWEEN 900 AND 86400),
    CONSTRAINT sync_probe_state_result_check CHECK (
        result IN ('reachable', 'unreachable', 'throttled')
    ),
    CONSTRAINT sync_probe_state_code_check CHECK (char_length(code) BETWEEN 1 AND 64),
    CONSTRAINT sync_probe_state_result_columns_check CHECK (
        num_nonnulls(probed_at, result, code, since) IN (0, 4)
    )
);

COMMENT ON TABLE sync_probe_state IS
    'What the last probe of each external system found, and when the next one may be sent.';

ALTER TABLE sync_probe_state ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON sync_probe_state FROM PUBLIC;

DO $$
DECLARE
    role_name name;
BEGIN
    FOR role_name IN
        SELECT rolname FROM pg_roles
        WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON sync_probe_state FROM %I', role_name);
        IF role_name = 'service_role' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON sync_probe_state TO %I',
                           role_name);
        END IF;
    END LOOP;
END
$$;
