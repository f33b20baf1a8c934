-- What the function run-integration keeps: the records that wait to be exported, and a ledger with
-- one row for each idempotency key. PostgreSQL 13 or later. Safe to apply again.

BEGIN;

SET LOCAL client_min_messages = warning; -- no "already exists, skipping"
SET LOCAL lock_timeout = '10s';

-- One row a slot of an integration, whatever the number of attempts.
--
--   in_progress  An attempt holds the key until held_until. After that it is dead, and it is unknown
--                whether the target system took the records.
--   completed    The target system took them. Another attempt learns this and exports nothing.
--   refused      It surely did not take them. They are free again for another attempt.
CREATE TABLE IF NOT EXISTS export_ledger (
    idempotency_key  text,
    org_id           uuid        NOT NULL,
    integration_id   uuid        NOT NULL,
    integration_type text        NOT NULL,
    period_start     timestamptz,          -- the records after this (NULL: from the first one),
    scheduled_for    timestamptz NOT NULL, -- up to and including this
    status           text        NOT NULL DEFAULT 'in_progress',
    run_id           uuid        NOT NULL, -- the latest attempt's row in sync_run_log
    holder           uuid        NOT NULL DEFAULT gen_random_uuid(),
    held_until       timestamptz NOT NULL,
    records_exported bigint,
    completed_at     timestamptz,

    PRIMARY KEY (idempotency_key),

    CONSTRAINT export_ledger_status_check CHECK (
        CASE status
            WHEN 'in_progress' THEN num_nonnulls(records_exported, completed_at) = 0
            WHEN 'completed' THEN num_nonnulls(records_exported, completed_at) = 2
            WHEN 'refused' THEN num_nonnulls(records_exported, completed_at) = 0
            ELSE false
        END
    ),
    CONSTRAINT export_ledger_records_exported_check CHECK (records_exported >= 0)
);

-- An earlier state of this file had other columns.
ALTER TABLE export_ledger
    DROP COLUMN IF EXISTS covers_from,
    DROP COLUMN IF EXISTS is_in_doubt,
    ADD COLUMN IF NOT EXISTS period_start timestamptz;

CREATE INDEX IF NOT EXISTS export_ledger_slot_idx
    ON export_ledger (org_id, integration_id, scheduled_for);

COMMENT ON TABLE export_ledger IS 'The state of each slot''s export, by its idempotency key.';

-- Your application writes the records to export here. Each record goes to one batch, the one whose
-- key it carries. Without a key it waits.
CREATE TABLE IF NOT EXISTS export_records (
    record_id       bigint      GENERATED ALWAYS AS IDENTITY,
    org_id          uuid        NOT NULL,
    integration_id  uuid        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    content         jsonb       NOT NULL,
    idempotency_key text,

    PRIMARY KEY (record_id),
    FOREIGN KEY (idempotency_key) REFERENCES export_ledger
);

CREATE INDEX IF NOT EXISTS export_records_waiting_idx
    ON export_records (org_id, integration_id, created_at)
    WHERE idempotency_key IS NULL;
CREATE INDEX IF NOT EXISTS export_records_batch_idx
    ON export_records (idempotency_key)
    WHERE idempotency_key IS NOT NULL;

COMMENT ON TABLE export_records IS 'The records to export, and with which slot each was exported.';

-- The ledger as `syncsched audit` reads it.
CREATE OR REPLACE VIEW sync_export_ledger AS
SELECT idempotency_key,
       CASE
           WHEN status = 'completed' THEN 'completed'
           WHEN status = 'refused' THEN 'absent'
           WHEN held_until > now() THEN 'held'
           ELSE 'unknown' -- its holder is dead
       END AS state,
       records_exported
  FROM export_ledger;

COMMENT ON VIEW sync_export_ledger IS 'What became of each export, by its idempotency key.';

-- Only the service role, which bypasses row level security, and the owner may see the tables. On
-- Supabase the owner is postgres, and the function connects as that. The grants are explicit, since
-- Supabase's defaults have been both "all to everybody" and "none". The roles exist only there.
ALTER TABLE export_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE export_records ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON export_ledger, export_records, sync_export_ledger FROM PUBLIC;

DO $$
DECLARE
    role_name name;
BEGIN
    FOR role_name IN
        SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON export_ledger, export_records, sync_export_ledger FROM %I',
                       role_name);
        IF role_name = 'service_role' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON export_ledger, export_records'
                           ' TO %I', role_name);
            EXECUTE format('GRANT SELECT ON sync_export_ledger TO %I', role_name);
        END IF;
    END LOOP;
END
$$;

COMMIT;
