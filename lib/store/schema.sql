-- The database of syncsched. `syncsched schema --apply` applies it, `syncsched schema` prints it.
-- `syncsched schema --no-transaction` prints it without BEGIN and COMMIT, for a tool that has its
-- own transaction, such as `supabase db push`.
--
-- PostgreSQL 13 or later, plain or Supabase's. Safe to apply again; what an earlier state of it
-- made is brought up to date, with its rows. Names are plain: they land in the first schema of the
-- search path (public). The tables organizations and organization_integrations may exist already;
-- then this only adds organizations.timezone where it is missing, and whoever the tool connects as
-- needs SELECT on both.
--
-- Why the file has BEGIN and COMMIT: where tables are granted to everybody by default (older
-- Supabase projects) a table must never be seen before its row level security, and psql without
-- ON_ERROR_STOP would go on after an error. What is set for the transaction is set by functions:
-- a tool that sends the statements as one pipeline has no transaction block for SET LOCAL.

BEGIN;

-- No "already exists, skipping"; and rather fail than queue, and everybody behind us.
DO $$
BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    PERFORM set_config('lock_timeout', '10s', true);
END
$$;

-- A newer version knows things that this text would take back. Version 1 is the first one; 2 to 4
-- are what states of it before its first release called themselves.
DO $$
BEGIN
    IF to_regprocedure('sync_schema_version()') IS NOT NULL THEN
        IF sync_schema_version() > 4 THEN
            RAISE EXCEPTION 'the schema is of version %, and this would make it version 1',
                            sync_schema_version()
                USING HINT = 'Update syncsched.';
        END IF;
    END IF;
END
$$;


-- Where ----------------------------------------------------------------------------------------
--
-- What an earlier state made is brought up to date where it is. A schema of views over somebody
-- else's tables may come before it in the search path; there nothing is made a second time.

DO $$
DECLARE
    home text := (SELECT quote_ident(n.nspname)
                  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE c.oid = to_regclass('sync_run_log'));
BEGIN
    PERFORM set_config('syncsched.search_path', current_setting('search_path'), true);
    IF home <> quote_ident(current_schema()) THEN
        PERFORM set_config('search_path', home || ', ' || current_setting('search_path'), true);
    END IF;
    PERFORM set_config('syncsched.home_path', current_setting('search_path'), true);
    -- What is there already keeps the grants that somebody may have changed.
    PERFORM set_config('syncsched.found', coalesce(string_agg(c.relname::text, ','), ''), true)
       FROM pg_class AS c
      WHERE c.relkind IN ('r', 'p') AND c.relname ~ '^sync_|^organi' AND pg_table_is_visible(c.oid);
END
$$;


-- Who asks -------------------------------------------------------------------------------------
--
-- The organisation in the caller's JWT, as PostgREST hands it over; NULL when there is none or it
-- is not a UUID, so that a policy gives no rows instead of an error. Only app_metadata counts:
-- users can edit their user_metadata. PL/pgSQL, because before PostgreSQL 16 only an exception
-- block survives broken JSON; such a block may not run in a parallel plan, so it stays PARALLEL
-- UNSAFE.

-- Somebody may have put another function in its place, and said so in its comment: that stays.

DO $do$
DECLARE
    ours CONSTANT text :=
        'The organisation of the caller: app_metadata.org_id of request.jwt.claims, or NULL.';
BEGIN
    IF coalesce(obj_description(to_regprocedure('sync_member_org_id()'), 'pg_proc'), ours) = ours
    THEN
        EXECUTE $sql$
CREATE OR REPLACE FUNCTION sync_member_org_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY INVOKER
    SET search_path = ''
AS $$
BEGIN
    -- An unset setting is NULL, or '' once a transaction of this session has set it. The cast to
    -- uuid is spelt out: RETURN would cast outside this block, and its error would get away.
    RETURN (
        nullif(current_setting('request.jwt.claims', true), '')::jsonb
            -> 'app_metadata' ->> 'org_id'
    )::uuid;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END
$$
        $sql$;
        EXECUTE format('COMMENT ON FUNCTION sync_member_org_id() IS %L', ours);
    END IF;
END
$do$;

-- It tells callers nothing but what they sent. A policy calls it with the reader's own rights; any
-- role that is granted SELECT later should see no rows, not "permission denied for function".
GRANT EXECUTE ON FUNCTION sync_member_org_id() TO PUBLIC;


-- What is to be exported, and when -------------------------------------------------------------
--
-- Made only where no such table is in the search path. No foreign keys, no CHECK on the type or the
-- expression: the tool checks each row itself, and an odd one never stops the others.

DO $$
BEGIN
    PERFORM set_config('search_path', current_setting('syncsched.search_path'), true);
    IF to_regclass('organizations') IS NULL THEN
        CREATE TABLE organizations (
            id       uuid DEFAULT gen_random_uuid(),
            name     text,
            timezone text,
            PRIMARY KEY (id)
        );
        ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
        CREATE POLICY sync_members_read ON organizations
            FOR SELECT USING (id = (SELECT sync_member_org_id()));
        COMMENT ON TABLE organizations IS 'Organisations whose records are exported.';
    ELSIF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('organizations')
          AND attname = 'timezone'
          AND NOT attisdropped
    ) AND EXISTS (
        SELECT FROM pg_class
        WHERE oid = to_regclass('organizations') AND relkind IN ('r', 'p')
    ) THEN
        -- Not ADD COLUMN IF NOT EXISTS: that wants ownership and a lock for nothing at all.
        ALTER TABLE organizations ADD COLUMN timezone text;
    END IF;

    IF to_regclass('organization_integrations') IS NULL THEN
        CREATE TABLE organization_integrations (
            org_id           uuid,
            integration_id   uuid    DEFAULT gen_random_uuid(),
            integration_type text    NOT NULL,
            cron_schedule    text,
            is_enabled       boolean NOT NULL DEFAULT true,
            PRIMARY KEY (org_id, integration_id)
        );
        ALTER TABLE organization_integrations ENABLE ROW LEVEL SECURITY;
        CREATE POLICY sync_members_read ON organization_integrations
            FOR SELECT USING (org_id = (SELECT sync_member_org_id()));
        COMMENT ON TABLE organization_integrations IS
            'What syncsched exports and when: one cron schedule an integration.';
    END IF;
    PERFORM set_config('search_path', current_setting('syncsched.home_path'), true);
END
$$;


-- The log of runs ------------------------------------------------------------------------------
--
-- No foreign keys: history outlives what it speaks of. No CHECK compares two clock readings: a
-- clock that was set back must not keep an outcome out of the log.

CREATE TABLE IF NOT EXISTS sync_run_log (
    run_id           uuid        DEFAULT gen_random_uuid(),
    org_id           uuid        NOT NULL,
    integration_id   uuid        NOT NULL,
    integration_type text        NOT NULL,
    scheduled_for    timestamptz NOT NULL,
    covers_from      timestamptz NOT NULL,
    attempt          integer     NOT NULL,
    status           text        NOT NULL,
    idempotency_key  text        NOT NULL,
    triggered_by     text        NOT NULL,
    worker           text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    started_at       timestamptz,
    completed_at     timestamptz,
    failed_at        timestamptz,
    records_exported bigint,
    error_class      text,
    error_code       text,
    error_message    text,
    trigger_name     text,
    host             text,
    period_start     timestamptz, -- the run exports what lies after it; NULL: from the first record
    accepted_at      timestamptz, -- the function answered 202 and will report the end itself
    http_status      smallint,    -- of the function's last answer
    request_id       text,        -- by which the platform's own log knows the call
    retry_at         timestamptz, -- the answer asked not to be called again before
    resolution       text,        -- said afterwards; it never replaces the outcome
    resolved_at      timestamptz,
    resolved_by      text,
    resolution_note  text,
    call_until       timestamptz, -- when the call of a run that is running is over, at the latest
    left_at          timestamptz, -- its tick ended and had not begun it: any other may adopt it
    is_unsaid        boolean,     -- the function has ended it, and no tick has said so yet

    PRIMARY KEY (run_id),

    -- The last fence against two runs for one slot. It also finds the runs that cover a slot
    -- (scheduled_for >= slot, few, then covers_from <= slot) and the rows of one organisation.
    CONSTRAINT sync_run_log_slot_key UNIQUE (org_id, integration_id, scheduled_for, attempt),

    -- AT TIME ZONE 'UTC', because date_trunc on timestamptz depends on the session's zone.
    CONSTRAINT sync_run_log_scheduled_for_check CHECK (
        isfinite(scheduled_for)
        AND date_trunc('minute', scheduled_for AT TIME ZONE 'UTC')
            = scheduled_for AT TIME ZONE 'UTC'
    ),
    CONSTRAINT sync_run_log_covers_from_check CHECK (
        isfinite(covers_from)
        AND date_trunc('minute', covers_from AT TIME ZONE 'UTC') = covers_from AT TIME ZONE 'UTC'
        AND covers_from <= scheduled_for
    ),
    CONSTRAINT sync_run_log_attempt_check CHECK (attempt >= 1),
    CONSTRAINT sync_run_log_idempotency_key_check CHECK (idempotency_key <> ''),
    CONSTRAINT sync_run_log_triggered_by_check CHECK (
        triggered_by IN ('schedule', 'catch_up', 'manual', 'retry')
    ),
    CONSTRAINT sync_run_log_records_exported_check CHECK (records_exported >= 0),
    CONSTRAINT sync_run_log_error_class_check CHECK (
        error_class IN ('not_delivered', 'rejected', 'unknown')
    ),
    CONSTRAINT sync_run_log_error_code_check CHECK (char_length(error_code) BETWEEN 1 AND 64),
    CONSTRAINT sync_run_log_error_message_check CHECK (char_length(error_message) <= 2000),
    CONSTRAINT sync_run_log_status_check CHECK (
        status IN ('pending', 'running', 'completed', 'failed')
    ),

    -- What each status must and must not carry. A completed run may hold a note in error_message; a
    -- failed one that never ran (given up, cancelled) has neither started_at nor worker.
    CONSTRAINT sync_run_log_status_columns_check CHECK (
        CASE status
            WHEN 'pending' THEN
                num_nonnulls(worker, started_at, completed_at, failed_at, records_exported,
                             error_class, error_code, error_message) = 0
            WHEN 'running' THEN
                num_nonnulls(worker, started_at) = 2
                AND num_nonnulls(completed_at, failed_at, records_exported,
                                 error_class, error_code, error_message) = 0
            WHEN 'completed' THEN
                num_nonnulls(worker, started_at, completed_at) = 3
                AND num_nonnulls(failed_at, error_class, error_code) = 0
            WHEN 'failed' THEN
                num_nonnulls(failed_at, error_class, error_code) = 3
                AND completed_at IS NULL
                AND (records_exported IS NULL OR resolution IS NOT DISTINCT FROM 'done')
                AND num_nonnulls(worker, started_at) IN (0, 2)
        END
    ),
    CONSTRAINT sync_run_log_period_start_check CHECK (
        isfinite(period_start)
        AND date_trunc('minute', period_start AT TIME ZONE 'UTC') = period_start AT TIME ZONE 'UTC'
        AND period_start < scheduled_for
    ),
    CONSTRAINT sync_run_log_http_status_check CHECK (http_status BETWEEN 100 AND 999),
    CONSTRAINT sync_run_log_request_id_check CHECK (char_length(request_id) BETWEEN 1 AND 200),
    CONSTRAINT sync_run_log_resolution_check CHECK (resolution IN ('done', 'not_done')),
    CONSTRAINT sync_run_log_resolution_note_check CHECK (char_length(resolution_note) <= 2000),
    -- What the function's answer and a person's word add: never to a run that is not begun.
    CONSTRAINT sync_run_log_answer_columns_check CHECK (
        num_nonnulls(resolution, resolved_at, resolved_by) IN (0, 3)
        AND (resolution IS NOT NULL OR resolution_note IS NULL)
        AND CASE status
                WHEN 'pending' THEN
                    num_nonnulls(accepted_at, http_status, request_id, retry_at, resolution) = 0
                WHEN 'running' THEN num_nonnulls(retry_at, resolution) = 0
                WHEN 'completed' THEN retry_at IS NULL
                ELSE true
            END
    )
);

-- What earlier states lacked: who made the run, and what its answer adds. And a code's former name.
ALTER TABLE sync_run_log
    ADD COLUMN IF NOT EXISTS trigger_name text,
    ADD COLUMN IF NOT EXISTS host text,
    ADD COLUMN IF NOT EXISTS period_start timestamptz,
    ADD COLUMN IF NOT EXISTS accepted_at timestamptz,
    ADD COLUMN IF NOT EXISTS http_status smallint,
    ADD COLUMN IF NOT EXISTS request_id text,
    ADD COLUMN IF NOT EXISTS retry_at timestamptz,
    ADD COLUMN IF NOT EXISTS resolution text,
    ADD COLUMN IF NOT EXISTS resolved_at timestamptz,
    ADD COLUMN IF NOT EXISTS resolved_by text,
    ADD COLUMN IF NOT EXISTS resolution_note text,
    ADD COLUMN IF NOT EXISTS call_until timestamptz,
    ADD COLUMN IF NOT EXISTS left_at timestamptz,
    ADD COLUMN IF NOT EXISTS is_unsaid boolean;
UPDATE sync_run_log
   SET error_code = 'GIVEN_UP'
 WHERE status = 'failed' AND error_code = 'MISSED' AND started_at IS NULL;

-- And its checks.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = to_regclass('sync_run_log')
          AND conname = 'sync_run_log_answer_columns_check'
    ) THEN
        -- What may yet be exported must not be everything once more.
        UPDATE sync_run_log AS r
           SET period_start = (SELECT max(d.scheduled_for)
                                 FROM sync_run_log AS d
                                WHERE d.org_id = r.org_id AND d.integration_id = r.integration_id
                                  AND d.scheduled_for < r.scheduled_for
                                  AND (d.status = 'completed' OR d.error_class = 'unknown'))
         WHERE r.status IN ('pending', 'failed');
        ALTER TABLE sync_run_log
            ADD CONSTRAINT sync_run_log_period_start_check CHECK (
                isfinite(period_start)
                AND date_trunc('minute', period_start AT TIME ZONE 'UTC')
                    = period_start AT TIME ZONE 'UTC'
                AND period_start < scheduled_for
            ),
            ADD CONSTRAINT sync_run_log_http_status_check CHECK (http_status BETWEEN 100 AND 999),
            ADD CONSTRAINT sync_run_log_request_id_check CHECK (
                char_length(request_id) BETWEEN 1 AND 200
            ),
            ADD CONSTRAINT sync_run_log_resolution_check CHECK (resolution IN ('done', 'not_done')),
            ADD CONSTRAINT sync_run_log_resolution_note_check CHECK (
                char_length(resolution_note) <= 2000
            ),
            ADD CONSTRAINT sync_run_log_answer_columns_check CHECK (
                num_nonnulls(resolution, resolved_at, resolved_by) IN (0, 3)
                AND (resolution IS NOT NULL OR resolution_note IS NULL)
                AND CASE status
                        WHEN 'pending' THEN
                            num_nonnulls(accepted_at, http_status, request_id, retry_at,
                                         resolution) = 0
                        WHEN 'running' THEN num_nonnulls(retry_at, resolution) = 0
                        WHEN 'completed' THEN retry_at IS NULL
                        ELSE true
                    END
            );
    END IF;
END
$$;

-- And a check that knew no count of a resolution.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = to_regclass('sync_run_log')
          AND conname = 'sync_run_log_status_columns_check'
          AND pg_get_constraintdef(oid) NOT LIKE '%resolution%'
    ) THEN
        ALTER TABLE sync_run_log
            DROP CONSTRAINT sync_run_log_status_columns_check,
            ADD CONSTRAINT sync_run_log_status_columns_check CHECK (
                CASE status
                    WHEN 'pending' THEN
                        num_nonnulls(worker, started_at, completed_at, failed_at, records_exported,
                                     error_class, error_code, error_message) = 0
                    WHEN 'running' THEN
                        num_nonnulls(worker, started_at) = 2
                        AND num_nonnulls(completed_at, failed_at, records_exported,
                                         error_class, error_code, error_message) = 0
                    WHEN 'completed' THEN
                        num_nonnulls(worker, started_at, completed_at) = 3
                        AND num_nonnulls(failed_at, error_class, error_code) = 0
                    WHEN 'failed' THEN
                        num_nonnulls(failed_at, error_class, error_code) = 3
                        AND completed_at IS NULL
                        AND (records_exported IS NULL OR resolution IS NOT DISTINCT FROM 'done')
                        AND num_nonnulls(worker, started_at) IN (0, 2)
                END
            );
    END IF;
END
$$;

-- At most one active run an integration; and the few active runs among all that ever were. No
-- fillfactor: every update of a run changes status, which this predicate reads, so none is HOT.
CREATE UNIQUE INDEX IF NOT EXISTS sync_run_log_active_key
    ON sync_run_log (org_id, integration_id)
    WHERE status IN ('pending', 'running');

-- The failures of the last day, of which some may be tried again.
CREATE INDEX IF NOT EXISTS sync_run_log_failed_idx
    ON sync_run_log (failed_at)
    WHERE status = 'failed';

-- What was done last, and what failed last, of one integration, however long its history is, even
-- where all of it failed.
CREATE INDEX IF NOT EXISTS sync_run_log_completed_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'completed';
CREATE INDEX IF NOT EXISTS sync_run_log_failed_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'failed';

-- What failed and may have been done all the same: no later run exports it.
CREATE INDEX IF NOT EXISTS sync_run_log_maybe_done_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'failed'
      AND (error_class = 'unknown' AND resolution IS NULL OR resolution = 'done');

-- What failed and may have reached the function: where one took over what failed before it, no
-- further attempt is made at that.
CREATE INDEX IF NOT EXISTS sync_run_log_delivered_slot_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE status = 'failed' AND error_class <> 'not_delivered';

-- What the next tick is to say: hardly any run.
CREATE INDEX IF NOT EXISTS sync_run_log_unsaid_idx
    ON sync_run_log (scheduled_for)
    WHERE is_unsaid;

-- What was served before its time, by a clock that was wrong: hardly any run.
CREATE INDEX IF NOT EXISTS sync_run_log_early_idx
    ON sync_run_log (org_id, integration_id, scheduled_for)
    WHERE scheduled_for - started_at > interval '30 seconds';

COMMENT ON TABLE sync_run_log IS
    'One row a run: one attempt of syncsched to serve a slot, and earlier ones folded into it.';


-- What ticks remember --------------------------------------------------------------------------

-- An earlier state had no journal. The earliest did not even know since when a text was in force.
DO $$
BEGIN
    IF to_regclass('sync_schedule_state') IS NOT NULL
       AND to_regclass('sync_schedule_journal') IS NULL THEN
        ALTER TABLE sync_schedule_state ADD COLUMN IF NOT EXISTS since timestamptz;
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS sync_schedule_state (
    org_id         uuid,
    integration_id uuid,
    schedule       text        NOT NULL,
    mark           timestamptz NOT NULL,

    PRIMARY KEY (org_id, integration_id),

    CONSTRAINT sync_schedule_state_mark_check CHECK (
        isfinite(mark)
        AND date_trunc('minute', mark AT TIME ZONE 'UTC') = mark AT TIME ZONE 'UTC'
    )
) WITH (fillfactor = 70); -- marks move as often as every minute, in no index: room keeps that HOT

COMMENT ON TABLE sync_schedule_state IS
    'Each schedule as last seen, and the minute up to which its slots are accounted for.';

-- By which texts the slots of the past are judged: each was in force behind valid_from, up to and
-- with valid_to (NULL: it still is). Where a clock stepped back over an edit, the text of then may
-- have been in force up to stepped_back_to alone, and the log accounts for it up to valid_to.
-- Nothing is ever deleted, since a row is written only where somebody edits a schedule. The text is
-- in the key, because two may be seen within a minute.
CREATE TABLE IF NOT EXISTS sync_schedule_journal (
    org_id          uuid,
    integration_id  uuid,
    valid_from      timestamptz,
    schedule        text,
    valid_to        timestamptz,
    stepped_back_to timestamptz,

    PRIMARY KEY (org_id, integration_id, valid_from, schedule),

    CONSTRAINT sync_schedule_journal_schedule_check CHECK (schedule <> ''),
    CONSTRAINT sync_schedule_journal_valid_from_check CHECK (
        valid_from = '-infinity'
        OR isfinite(valid_from)
           AND date_trunc('minute', valid_from AT TIME ZONE 'UTC') = valid_from AT TIME ZONE 'UTC'
    ),
    CONSTRAINT sync_schedule_journal_valid_to_check CHECK (
        isfinite(valid_to)
        AND date_trunc('minute', valid_to AT TIME ZONE 'UTC') = valid_to AT TIME ZONE 'UTC'
        AND valid_to >= valid_from
    )
);
ALTER TABLE sync_schedule_journal ADD COLUMN IF NOT EXISTS stepped_back_to timestamptz;

COMMENT ON TABLE sync_schedule_journal IS
    'The texts that ticks have seen of each schedule, each with from when until when.';

-- What earlier states knew of it. Which texts were in force before is not known: "?".
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('sync_schedule_state')
          AND attname = 'since'
          AND NOT attisdropped
    ) THEN
        INSERT INTO sync_schedule_journal (org_id, integration_id, schedule, valid_from, valid_to)
        SELECT s.org_id, s.integration_id, t.schedule, t.valid_from, t.valid_to
          FROM sync_schedule_state AS s
         CROSS JOIN LATERAL (
                SELECT CASE
                           WHEN isfinite(s.since)
                               THEN date_trunc('minute', s.since AT TIME ZONE 'UTC')
                                    AT TIME ZONE 'UTC'
                           ELSE s.mark
                       END
              ) AS b (known_from)
         CROSS JOIN LATERAL (
                VALUES ('?', '-infinity'::timestamptz, b.known_from),
                       (s.schedule, b.known_from, NULL)
              ) AS t (schedule, valid_from, valid_to)
         WHERE t.schedule <> ''
            ON CONFLICT DO NOTHING;
        ALTER TABLE sync_schedule_state DROP COLUMN since;
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS sync_trigger_state (
    trigger_name text,
    host         text,
    last_tick_at timestamptz NOT NULL,
    warnings     jsonb,         -- what its ticks said, since when, and when last
    gaps         timestamptz[], -- from when to when nobody ticked until it did, one after the other

    PRIMARY KEY (trigger_name, host)
);
ALTER TABLE sync_trigger_state ADD COLUMN IF NOT EXISTS warnings jsonb;
ALTER TABLE sync_trigger_state ADD COLUMN IF NOT EXISTS gaps timestamptz[];

COMMENT ON TABLE sync_trigger_state IS 'Who starts syncsched, and when last.';

-- Which databases this has been, one row each. Ticks add the present one: a restored or promoted
-- database has a timeline of its own, a moved one a system identifier. After a restore that changes
-- neither, such as that of a disk, set restored_at to now(); NULL takes that back.
CREATE TABLE IF NOT EXISTS sync_database_state (
    system_identifier bigint,
    timeline          text,
    restored_at       timestamptz, -- what was served up to here is not known; NULL: it is
    warnings          jsonb,       -- of triggers whose own row cannot be written: by NAME@HOST

    PRIMARY KEY (system_identifier, timeline),

    CONSTRAINT sync_database_state_restored_at_check CHECK (isfinite(restored_at))
);

ALTER TABLE sync_database_state ADD COLUMN IF NOT EXISTS warnings jsonb;

COMMENT ON TABLE sync_database_state IS
    'Which databases this one has been, and up to when it is not known what was served.';

-- One row at most.
CREATE TABLE IF NOT EXISTS sync_prune_state (
    is_only_row   boolean     DEFAULT true,
    pruned_before timestamptz NOT NULL,

    PRIMARY KEY (is_only_row),

    CONSTRAINT sync_prune_state_is_only_row_check CHECK (is_only_row),
    CONSTRAINT sync_prune_state_pruned_before_check CHECK (isfinite(pruned_before))
);

COMMENT ON TABLE sync_prune_state IS
    'Up to when the log has been pruned: it no longer shows which run covered an earlier slot.';

-- One row a type of integration, of those that somebody has probed. To have a type probed at once,
-- delete its row; to let a type rest, set next_probe_at ahead.
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

    -- The last fence against two probes within 15 minutes.
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

-- One row a type of integration whose external system asked, by 429 with Retry-After, not to be
-- called. No run of the type starts until then. To let them start at once, delete the row.
CREATE TABLE IF NOT EXISTS sync_throttle_state (
    integration_type text,
    asked_at         timestamptz NOT NULL,
    throttled_until  timestamptz NOT NULL,

    PRIMARY KEY (integration_type),

    -- Whatever was asked, a type does not wait for longer than a day.
    CONSTRAINT sync_throttle_state_throttled_until_check CHECK (
        isfinite(asked_at)
        AND throttled_until >= asked_at
        AND throttled_until <= asked_at + interval '24 hours'
    )
);

COMMENT ON TABLE sync_throttle_state IS
    'Which external systems asked not to be called, and until when.';


-- Who may see it -------------------------------------------------------------------------------
--
-- Members read the rows of their organisation; only the service role, which bypasses row level
-- security, and the tables' owner write. The other tables of state belong to no organisation and
-- have no policy. The scalar subselect makes PostgreSQL ask for the organisation once a statement.
--
-- Not FORCE ROW LEVEL SECURITY. It would bind the owner too, and the tool sets row_security = off,
-- under which PostgreSQL refuses whom RLS binds, whatever the policies say: on plain PostgreSQL an
-- owner without BYPASSRLS could not run the tool. On Supabase it would add nothing, since the owner
-- there, postgres, has BYPASSRLS.
--
-- So a view over these tables, which reads with its owner's rights, must say one of
--     CREATE VIEW ... WITH (security_invoker = true) AS ...      -- PostgreSQL 15 or later
--     CREATE VIEW ... WITH (security_barrier = true) AS ...
--         WHERE org_id = (SELECT sync_member_org_id())           -- any version
-- or its readers see every organisation.

-- Grants are spelt out, since Supabase's defaults have been both "all to everybody" and "none". The
-- roles exist only there. Of the tables that may be somebody else's, those made here are known by
-- their policy. Which machines work is nothing to members: they must name the columns of the log.
-- An earlier state had its policies for everybody, and granted all columns: those are made anew.
DO $$
DECLARE
    relation        text;
    members_read_it boolean;
    is_for_all      boolean;
    role_name       name;
BEGIN
    FOREACH relation IN ARRAY ARRAY['sync_run_log', 'sync_schedule_state', 'sync_schedule_journal',
                                    'sync_trigger_state', 'sync_prune_state', 'sync_probe_state',
                                    'sync_throttle_state', 'sync_database_state', 'organizations',
                                    'organization_integrations']
    LOOP
        SELECT polroles = '{0}' INTO is_for_all
          FROM pg_policy
         WHERE polrelid = to_regclass(relation) AND polname = 'sync_members_read';
        members_read_it := FOUND;
        IF NOT members_read_it
           AND relation IN ('sync_run_log', 'sync_schedule_state', 'sync_schedule_journal') THEN
            EXECUTE format('CREATE POLICY sync_members_read ON %s
                                FOR SELECT USING (org_id = (SELECT sync_member_org_id()))',
                           relation);
            members_read_it := true;
            is_for_all := true;
        END IF;
        is_for_all := members_read_it AND is_for_all AND to_regrole('authenticated') IS NOT NULL;
        IF is_for_all THEN
            EXECUTE format('ALTER POLICY sync_members_read ON %s TO authenticated', relation);
        END IF;
        IF relation LIKE 'sync%' THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
        END IF;
        CONTINUE WHEN relation NOT LIKE 'sync%' AND NOT members_read_it
                   OR NOT is_for_all
                  AND relation = ANY (string_to_array(current_setting('syncsched.found'), ','));

        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', relation);
        FOR role_name IN
            SELECT rolname FROM pg_roles
            WHERE rolname IN ('anon', 'authenticated', 'service_role')
        LOOP
            EXECUTE format('REVOKE ALL ON %s FROM %I', relation, role_name);
            IF role_name = 'service_role' THEN
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I',
                               relation, role_name);
            ELSIF role_name = 'authenticated' AND members_read_it THEN
                EXECUTE format('GRANT SELECT %s ON %s TO %I', CASE relation
                                   WHEN 'sync_run_log' THEN (
                                       SELECT '(' || string_agg(quote_ident(attname), ', ') || ')'
                                       FROM pg_attribute
                                       WHERE attrelid = to_regclass(relation) AND attnum > 0
                                         AND NOT attisdropped AND attname NOT IN ('host', 'worker'))
                                   ELSE '' END, relation, role_name);
            END IF;
        END LOOP;
    END LOOP;
END
$$;


-- What the function reports itself -------------------------------------------------------------
--
-- A function that answers 202 works on, and reports the end of its run by sync_run_complete() or
-- sync_run_fail(): by SQL, or by PostgREST as an RPC with named parameters. run_id is the runId of
-- the call. Both return what the log then says:
--
--     {"runId": "...", "status": "completed", "recordsExported": 41, "errorClass": null,
--      "errorCode": null, "errorMessage": null, "recorded": true, "note": null}
--
-- recorded: the log says what this report says. note: what the caller should know besides.
--
-- The first report ends a running run, whether or not its 202 is in the log yet. A report is late
-- when the run has failed and nobody knows how: it was abandoned, no answer came in time, a worker
-- crashed. A late success is recorded where no later attempt at the slot exists; any other late
-- report is only noted in the message. No other report changes the log.
--
-- A tick says how the runs ended that it called. What ends when no tick waits for it any more is
-- marked, and the next tick says it.

-- Makes one of the two reports; code NULL: completed. The texts are what the log may hold.
CREATE OR REPLACE FUNCTION sync_run_report(run_id uuid, records bigint, code text, message text)
    RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
#variable_conflict use_column
DECLARE
    isolation text := upper(current_setting('transaction_isolation'));
    run       sync_run_log;
    failure   text;
    is_late   boolean;
    has_later boolean;
    is_alone  boolean; -- no tick waits for the run any more
    note      text;
BEGIN
    IF isolation <> 'READ COMMITTED' THEN
        RAISE EXCEPTION 'a report needs a READ COMMITTED transaction, and this one is %', isolation
            USING ERRCODE = 'invalid_transaction_state',
                  HINT = 'It must see what others commit while it waits for their locks.';
    END IF;
    -- First the integration's lock, then the row, as a late answer takes them: meanwhile nobody
    -- makes another attempt. A statement of its own, so that the next one's snapshot is younger.
    PERFORM pg_advisory_xact_lock(
                hashtextextended('syncsched/' || r.org_id::text || '/'
                                   || r.integration_id::text, 0::bigint))
       FROM sync_run_log AS r
      WHERE r.run_id = sync_run_report.run_id;
    SELECT r.* INTO run
      FROM sync_run_log AS r
     WHERE r.run_id = sync_run_report.run_id
       FOR UPDATE;
    IF NOT FOUND THEN -- PostgREST answers PT404 by the status 404
        RAISE EXCEPTION 'there is no run %', coalesce(sync_run_report.run_id::text, 'NULL')
            USING ERRCODE = 'PT404', HINT = 'run_id is the runId in the body of the call.';
    END IF;
    failure := run.error_class || '/' || run.error_code;
    is_late := run.status = 'failed' AND run.error_class = 'unknown' AND run.started_at IS NOT NULL;
    is_alone := is_late OR run.accepted_at IS NOT NULL OR coalesce(run.call_until < now(), false);
    has_later := EXISTS (SELECT
                           FROM sync_run_log AS o
                          WHERE o.org_id = run.org_id AND o.integration_id = run.integration_id
                            AND o.scheduled_for = run.scheduled_for AND o.attempt > run.attempt);

    IF code IS NULL AND (run.status = 'running' OR is_late AND NOT has_later) THEN
        note := 'late: the run was ' || failure || ' until now';
        UPDATE sync_run_log AS r
           SET status = 'completed', completed_at = now(), records_exported = records,
               failed_at = NULL, error_class = NULL, error_code = NULL, retry_at = NULL,
               is_unsaid = is_alone,
               error_message = 'it was ' || failure || ', and then reported completed after all'
         WHERE r.run_id = run.run_id
        RETURNING r.* INTO run;
    ELSIF run.status = 'running' THEN
        UPDATE sync_run_log AS r
           SET status = 'failed', failed_at = now(), is_unsaid = is_alone,
               error_class = 'rejected', error_code = code, error_message = message
         WHERE r.run_id = run.run_id
        RETURNING r.* INTO run;
    ELSIF is_late THEN
        note := 'late: the run stays ' || failure || CASE WHEN has_later
                    THEN ', since it has a later attempt' ELSE '' END || '; its message notes this';
        UPDATE sync_run_log AS r
           SET error_message = CASE
                 WHEN r.error_message LIKE '%; it was reported %' THEN r.error_message
                 ELSE pg_catalog.concat_ws('; ', left(r.error_message, 900),
                        left(coalesce('it was reported failed, but late: ' || code || ', '
                                        || message,
                                      'it was reported completed, but late'), 1000))
               END
         WHERE r.run_id = run.run_id
        RETURNING r.* INTO run;
    ELSIF run.status = 'pending' THEN
        note := 'the run has not begun';
    ELSE
        note := coalesce('the run has already failed as ' || failure,
                         'the run is already completed');
    END IF;
    RETURN pg_catalog.jsonb_build_object(
        'runId', run.run_id, 'status', run.status, 'recordsExported', run.records_exported,
        'errorClass', run.error_class, 'errorCode', run.error_code,
        'errorMessage', run.error_message,
        'recorded', coalesce(CASE
                               WHEN code IS NULL
                               THEN run.status = 'completed'
                                      AND (records IS NULL OR records = run.records_exported)
                               ELSE run.error_class = 'rejected' AND run.error_code = code
                             END, false),
        'note', note);
END
$$;

COMMENT ON FUNCTION sync_run_report(uuid, bigint, text, text) IS
    'What sync_run_complete() and sync_run_fail() have in common.';

-- A negative number is left out: it must not keep the success out of the log.
CREATE OR REPLACE FUNCTION sync_run_complete(run_id uuid, records bigint DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql VOLATILE SECURITY INVOKER
AS $$
    SELECT sync_run_report(run_id, CASE WHEN records >= 0 THEN records END, NULL, NULL)
$$;

COMMENT ON FUNCTION sync_run_complete(uuid, bigint) IS
    'The function reports that the run is completed. Returns what the log then says.';

-- What the log cannot hold must not keep the failure out of it: a code that is no plain token goes
-- into the message, which is cleaned and cut, and loses what looks like a service key.
CREATE OR REPLACE FUNCTION sync_run_fail(run_id uuid, code text, message text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql VOLATILE SECURITY INVOKER
AS $$
    SELECT sync_run_report(
               run_id, NULL, CASE WHEN t.is_token THEN code ELSE 'REPORTED_FAILURE' END,
               coalesce(nullif(btrim(left(c.text, 2000)), ''),
                        'the function reported that it failed'))
      FROM (SELECT coalesce(code ~ '^[A-Za-z0-9_.-]{1,64}$', false)) AS t (is_token),
           LATERAL (SELECT regexp_replace(
                             regexp_replace(
                               left(pg_catalog.concat_ws(': ', CASE WHEN NOT t.is_token THEN
                                                         nullif(code, '') END,
                                              nullif(message, '')), 10000),
                               '(sb_secret_|eyJ)[A-Za-z0-9_.-]+', '***', 'g'),
                             '[[:cntrl:]]', ' ', 'g')) AS c (text)
$$;

COMMENT ON FUNCTION sync_run_fail(uuid, text, text) IS
    'The function reports that the run has failed. Returns what the log then says.';

-- Their names are those of the schema that the tables are in, whoever calls. Only the service role
-- and the owner may: a report ends a run of any organisation.
DO $$
DECLARE
    signature text;
    role_name name;
BEGIN
    FOREACH signature IN ARRAY ARRAY['sync_run_report(uuid, bigint, text, text)',
                                     'sync_run_complete(uuid, bigint)',
                                     'sync_run_fail(uuid, text, text)']
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp',
                       signature, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
        FOR role_name IN
            SELECT rolname FROM pg_roles
            WHERE rolname IN ('anon', 'authenticated', 'service_role')
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', signature, role_name);
            IF role_name = 'service_role' THEN
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', signature, role_name);
            END IF;
        END LOOP;
    END LOOP;
END
$$;


-- Which version this is ------------------------------------------------------------------------
--
-- The program works with this version and refuses every other. A function, because the number is a
-- part of the shape that it names: it changes in the same transaction, pg_dump -s takes it along,
-- there is no row to lose and nothing to grant to whoever was granted the tables, and the planner
-- puts a constant in its place, so that a tick reads nothing more.

CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path = ''
AS 'SELECT 1';

COMMENT ON FUNCTION sync_schema_version() IS 'The version of the schema of syncsched.';

GRANT EXECUTE ON FUNCTION sync_schema_version() TO PUBLIC;

COMMIT;
