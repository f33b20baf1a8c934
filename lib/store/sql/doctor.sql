-- What a tick needs of the database, and what there is: a row for each fact about who we are, and
-- for each thing that is not as lib/store/schema.sql makes it. Reads catalogs, and of the tables one
-- row of sync_trigger_state. $1: the role that each transaction is to become, NULL for none; where it
-- could not be become nothing is said about what it may do. $2: the version that the schema should be.
  WITH tables (relation, verbs, is_ours) AS (
         VALUES ('organizations', 'SELECT', false),
                ('organization_integrations', 'SELECT', false),
                ('sync_run_log', 'SELECT,INSERT,UPDATE', true),
                ('sync_schedule_state', 'SELECT,INSERT,UPDATE', true),
                ('sync_trigger_state', 'SELECT,INSERT,UPDATE', true),
                ('sync_prune_state', 'SELECT', true)
       ), columns (relation, name, type, fallback) AS (
         -- Of tables that may be somebody else's: what is read. A NULL type: any will do.
         VALUES ('organizations', 'id', 'uuid', NULL),
                ('organizations', 'timezone', NULL, NULL),
                ('organization_integrations', 'org_id', 'uuid', NULL),
                ('organization_integrations', 'integration_id', 'uuid', NULL),
                ('organization_integrations', 'integration_type', NULL, NULL),
                ('organization_integrations', 'cron_schedule', NULL, NULL),
                ('organization_integrations', 'is_enabled', 'boolean', NULL),
                ('sync_run_log', 'run_id', 'uuid', 'gen_random_uuid()'),
                ('sync_run_log', 'org_id', 'uuid', NULL),
                ('sync_run_log', 'integration_id', 'uuid', NULL),
                ('sync_run_log', 'integration_type', 'text', NULL),
                ('sync_run_log', 'scheduled_for', 'timestamp with time zone', NULL),
                ('sync_run_log', 'covers_from', 'timestamp with time zone', NULL),
                ('sync_run_log', 'attempt', 'integer', NULL),
                ('sync_run_log', 'status', 'text', NULL),
                ('sync_run_log', 'idempotency_key', 'text', NULL),
                ('sync_run_log', 'triggered_by', 'text', NULL),
                ('sync_run_log', 'worker', 'text', NULL),
                ('sync_run_log', 'created_at', 'timestamp with time zone', NULL),
                ('sync_run_log', 'started_at', 'timestamp with time zone', NULL),
                ('sync_run_log', 'completed_at', 'timestamp with time zone', NULL),
                ('sync_run_log', 'failed_at', 'timestamp with time zone', NULL),
                ('sync_run_log', 'records_exported', 'bigint', NULL),
                ('sync_run_log', 'error_class', 'text', NULL),
                ('sync_run_log', 'error_code', 'text', NULL),
                ('sync_run_log', 'error_message', 'text', NULL),
                ('sync_run_log', 'trigger_name', 'text', NULL),
                ('sync_run_log', 'host', 'text', NULL),
                ('sync_schedule_state', 'org_id', 'uuid', NULL),
                ('sync_schedule_state', 'integration_id', 'uuid', NULL),
                ('sync_schedule_state', 'schedule', 'text', NULL),
                ('sync_schedule_state', 'mark', 'timestamp with time zone', NULL),
                ('sync_schedule_state', 'since', 'timestamp with time zone', NULL),
                ('sync_trigger_state', 'trigger_name', 'text', NULL),
                ('sync_trigger_state', 'host', 'text', NULL),
                ('sync_trigger_state', 'last_tick_at', 'timestamp with time zone', NULL),
                ('sync_prune_state', 'is_only_row', 'boolean', 'true'),
                ('sync_prune_state', 'pruned_before', 'timestamp with time zone', NULL)
       ), constraints (kind, relation, name, definition) AS (
         VALUES ('key', 'sync_run_log', 'sync_run_log_pkey', 'PRIMARY KEY (run_id)'),
                ('key', 'sync_run_log', 'sync_run_log_slot_key',
                 'UNIQUE (org_id, integration_id, scheduled_for, attempt)'),
                ('key', 'sync_schedule_state', 'sync_schedule_state_pkey',
                 'PRIMARY KEY (org_id, integration_id)'),
                ('key', 'sync_trigger_state', 'sync_trigger_state_pkey',
                 'PRIMARY KEY (trigger_name, host)'),
                ('key', 'sync_prune_state', 'sync_prune_state_pkey', 'PRIMARY KEY (is_only_row)'),
                ('check', 'sync_run_log', 'sync_run_log_scheduled_for_check',
                 $$CHECK (isfinite(scheduled_for) AND date_trunc('minute', scheduled_for AT TIME ZONE 'UTC') = scheduled_for AT TIME ZONE 'UTC')$$),
                ('check', 'sync_run_log', 'sync_run_log_covers_from_check',
                 $$CHECK (isfinite(covers_from) AND date_trunc('minute', covers_from AT TIME ZONE 'UTC') = covers_from AT TIME ZONE 'UTC' AND covers_from <= scheduled_for)$$),
                ('check', 'sync_run_log', 'sync_run_log_attempt_check', 'CHECK (attempt >= 1)'),
                ('check', 'sync_run_log', 'sync_run_log_idempotency_key_check',
                 $$CHECK (idempotency_key <> '')$$),
                ('check', 'sync_run_log', 'sync_run_log_triggered_by_check',
                 $$CHECK (triggered_by IN ('schedule', 'catch_up', 'manual', 'retry'))$$),
                ('check', 'sync_run_log', 'sync_run_log_records_exported_check',
                 'CHECK (records_exported >= 0)'),
                ('check', 'sync_run_log', 'sync_run_log_error_class_check',
                 $$CHECK (error_class IN ('not_delivered', 'rejected', 'unknown'))$$),
                ('check', 'sync_run_log', 'sync_run_log_error_code_check',
                 'CHECK (char_length(error_code) BETWEEN 1 AND 64)'),
                ('check', 'sync_run_log', 'sync_run_log_error_message_check',
                 'CHECK (char_length(error_message) <= 2000)'),
                ('check', 'sync_run_log', 'sync_run_log_status_check',
                 $$CHECK (status IN ('pending', 'running', 'completed', 'failed'))$$),
                ('check', 'sync_run_log', 'sync_run_log_status_columns_check',
                 $$CHECK (CASE status WHEN 'pending' THEN num_nonnulls(worker, started_at, completed_at, failed_at, records_exported, error_class, error_code, error_message) = 0 WHEN 'running' THEN num_nonnulls(worker, started_at) = 2 AND num_nonnulls(completed_at, failed_at, records_exported, error_class, error_code, error_message) = 0 WHEN 'completed' THEN num_nonnulls(worker, started_at, completed_at) = 3 AND num_nonnulls(failed_at, error_class, error_code) = 0 WHEN 'failed' THEN num_nonnulls(failed_at, error_class, error_code) = 3 AND num_nonnulls(completed_at, records_exported) = 0 AND num_nonnulls(worker, started_at) IN (0, 2) END)$$),
                ('check', 'sync_schedule_state', 'sync_schedule_state_mark_check',
                 $$CHECK (isfinite(mark) AND date_trunc('minute', mark AT TIME ZONE 'UTC') = mark AT TIME ZONE 'UTC')$$),
                ('check', 'sync_prune_state', 'sync_prune_state_is_only_row_check',
                 'CHECK (is_only_row)'),
                ('check', 'sync_prune_state', 'sync_prune_state_pruned_before_check',
                 'CHECK (isfinite(pruned_before))')
       ), indexes (relation, name, is_key, definition) AS (
         VALUES ('sync_run_log', 'sync_run_log_active_key', true,
                 $$(org_id, integration_id) WHERE status IN ('pending', 'running')$$),
                ('sync_run_log', 'sync_run_log_failed_idx', false,
                 $$(failed_at) WHERE status = 'failed'$$),
                ('sync_run_log', 'sync_run_log_completed_slot_idx', false,
                 $$(org_id, integration_id, scheduled_for) WHERE status = 'completed'$$),
                ('sync_run_log', 'sync_run_log_failed_slot_idx', false,
                 $$(org_id, integration_id, scheduled_for) WHERE status = 'failed'$$)
       ), rows_of (relation, name) AS (
         -- What tells the rows of somebody else's table apart: a key on these, or on fewer of them.
         VALUES ('organizations', '{id}'::name[]),
                ('organization_integrations', '{org_id,integration_id}')
       ), found AS (
         SELECT t.*, to_regclass(t.relation) AS oid, c.relowner, c.relkind, c.relrowsecurity,
                row_security_active(c.oid) AS hides_rows
           FROM tables AS t
           LEFT JOIN pg_class AS c ON c.oid = to_regclass(t.relation)
       ), role (wanted, is_there, may_be_become, is_become) AS (
         SELECT $1::text, to_regrole(quote_ident($1)) IS NOT NULL,
                pg_has_role(session_user, to_regrole(quote_ident($1)), 'MEMBER'),
                $1 IS NULL OR current_user = $1
       ), readable (is_readable) AS (
         SELECT (has_table_privilege(f.oid, 'SELECT') AND NOT f.hides_rows
                 AND (SELECT count(*) = 3
                        FROM pg_attribute AS a
                       WHERE a.attrelid = f.oid
                         AND (a.attname, a.atttypid) IN (('trigger_name', 'text'::regtype),
                                                         ('host', 'text'::regtype),
                                                         ('last_tick_at', 'timestamptz'::regtype))))
                IS TRUE
           FROM found AS f
          WHERE f.relation = 'sync_trigger_state'
       ), ticks AS (
         -- Of a table that may not be there, and so in a text. The names are hexadecimal: no XML in
         -- them.
         SELECT regexp_match(query_to_xml(
                  CASE
                    WHEN (SELECT is_readable FROM readable)
                    THEN $$SELECT encode(convert_to(trigger_name, 'UTF8'), 'hex') AS name,
                                  encode(convert_to(host, 'UTF8'), 'hex') AS host,
                                  floor(extract(epoch FROM now() - last_tick_at))::bigint AS age
                             FROM sync_trigger_state
                            WHERE isfinite(last_tick_at)
                            ORDER BY last_tick_at DESC
                            LIMIT 1$$
                    ELSE 'SELECT WHERE false'
                  END, false, true, '')::text,
                  '<name>(.*)</name>\s*<host>(.*)</host>\s*<age>(.*)</age>') AS last
       ), version (oid, number) AS (
         -- Of a function that may not be there, and so in a text, too.
         SELECT v.oid, (regexp_match(query_to_xml(
                  CASE
                    WHEN has_function_privilege(v.oid, 'EXECUTE')
                    THEN 'SELECT sync_schema_version() AS version'
                    ELSE 'SELECT WHERE false'
                  END, false, true, '')::text, '<version>(-?[0-9]+)</version>'))[1]::bigint
           FROM (SELECT to_regprocedure('sync_schema_version()') AS oid) AS v
       )
SELECT 'user' AS kind, quote_ident(current_database()) AS relation, quote_ident(session_user) AS name,
       quote_ident(current_user) AS wanted, current_setting('server_version') AS found
 UNION ALL
SELECT CASE WHEN r.is_there THEN 'role_refused' ELSE 'role_missing' END,
       NULL, quote_ident(session_user), quote_ident(r.wanted), NULL
  FROM role AS r
 WHERE r.wanted IS NOT NULL AND r.may_be_become IS NOT TRUE
 UNION ALL
SELECT 'read_only', quote_ident(current_database()), quote_ident(session_user), NULL, NULL
 WHERE current_setting('transaction_read_only') = 'on'
 UNION ALL
SELECT 'hidden', string_agg(f.relation, ', '), quote_ident(current_user), NULL, NULL
  FROM found AS f
 CROSS JOIN role AS r
 WHERE f.hides_rows AND r.is_become
HAVING count(*) > 0
 UNION ALL
SELECT 'privilege', f.relation, string_agg(v.verb, ', '), quote_ident(current_user),
       f.oid::regclass::text
  FROM found AS f
 CROSS JOIN role AS r
 CROSS JOIN LATERAL unnest(string_to_array(f.verbs, ',')) AS v (verb)
 WHERE NOT has_table_privilege(f.oid, v.verb) AND r.is_become
 GROUP BY f.relation, f.oid
 UNION ALL
SELECT 'privilege', 'sync_schema_version()', 'EXECUTE', quote_ident(current_user),
       'FUNCTION sync_schema_version()'
  FROM version AS v
 CROSS JOIN role AS r
 WHERE NOT has_function_privilege(v.oid, 'EXECUTE') AND r.is_become
 UNION ALL
SELECT CASE
         WHEN v.number = $2::text::bigint THEN 'version'
         WHEN v.number > $2::text::bigint THEN 'newer'
         WHEN v.number < $2::text::bigint THEN 'older'
         ELSE 'unnumbered'
       END,
       NULL, NULL, $2::text, v.number::text
  FROM version AS v
 WHERE v.number IS NOT NULL
    OR v.oid IS NULL AND EXISTS (SELECT FROM found AS f WHERE f.oid IS NOT NULL AND f.is_ours)
 UNION ALL
SELECT CASE
         WHEN n.oid IS NULL THEN 'table'
         WHEN has_schema_privilege(n.oid, 'USAGE') THEN 'search_path'
         ELSE 'usage'
       END,
       string_agg(f.relation, ', ' ORDER BY f.relation), quote_ident(n.nspname),
       quote_ident(current_user), quote_ident(session_user)
  FROM found AS f
  LEFT JOIN LATERAL (
         SELECT s.oid, s.nspname
           FROM pg_class AS c
           JOIN pg_namespace AS s ON s.oid = c.relnamespace
          WHERE c.relname = f.relation AND c.relkind IN ('r', 'p', 'v', 'f')
            AND s.nspname !~ '^pg_'
          ORDER BY s.nspname
          LIMIT 1
       ) AS n ON true
 WHERE f.oid IS NULL
 GROUP BY n.oid, n.nspname
 UNION ALL
SELECT CASE
         WHEN a.attnum IS NULL THEN 'column'
         WHEN format_type(a.atttypid, NULL) <> c.type THEN 'type'
         ELSE 'default'
       END,
       f.relation, c.name,
       CASE
         WHEN a.attnum IS NULL THEN concat_ws(' ', coalesce(c.type, 'text'), 'DEFAULT ' || c.fallback)
         WHEN format_type(a.atttypid, NULL) <> c.type THEN c.type
         ELSE c.fallback
       END,
       format_type(a.atttypid, NULL)
  FROM columns AS c
  JOIN found AS f ON f.relation = c.relation
  LEFT JOIN pg_attribute AS a ON a.attrelid = f.oid AND a.attname = c.name AND NOT a.attisdropped
 WHERE f.oid IS NOT NULL
   AND (a.attnum IS NULL OR format_type(a.atttypid, NULL) <> c.type
        OR c.fallback IS NOT NULL AND NOT a.atthasdef)
 UNION ALL
SELECT 'extra', f.relation, quote_ident(a.attname), NULL, NULL
  FROM found AS f
  JOIN pg_attribute AS a ON a.attrelid = f.oid
 WHERE f.is_ours AND a.attnum > 0 AND NOT a.attisdropped
   AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
   AND NOT EXISTS (SELECT FROM columns AS c WHERE c.relation = f.relation AND c.name = a.attname)
 UNION ALL
SELECT CASE WHEN s.oid IS NOT NULL THEN 'other_key' ELSE c.kind END, f.relation, c.name, c.definition,
       pg_get_constraintdef(s.oid)
  FROM constraints AS c
  JOIN found AS f ON f.relation = c.relation
  LEFT JOIN pg_constraint AS s ON s.conrelid = f.oid AND s.conname = c.name
 WHERE f.oid IS NOT NULL
   AND (s.oid IS NULL OR c.kind = 'key' AND pg_get_constraintdef(s.oid) <> c.definition)
 UNION ALL
SELECT CASE WHEN i.is_key THEN 'unique_index' ELSE 'index' END, f.relation, i.name,
       i.definition, NULL
  FROM indexes AS i
  JOIN found AS f ON f.relation = i.relation
 WHERE f.oid IS NOT NULL
   AND NOT EXISTS (SELECT
                     FROM pg_index AS x
                     JOIN pg_class AS c ON c.oid = x.indexrelid
                    WHERE x.indrelid = f.oid AND c.relname = i.name
                      AND (x.indisunique OR NOT i.is_key) AND x.indpred IS NOT NULL)
 UNION ALL
SELECT CASE WHEN x.indisunique THEN 'invalid_key' ELSE 'invalid_index' END, f.relation,
       x.indexrelid::regclass::text, NULL, NULL
  FROM found AS f
  JOIN pg_index AS x ON x.indrelid = f.oid
 WHERE f.is_ours AND NOT x.indisvalid
 UNION ALL
SELECT 'row_key', f.relation, array_to_string(r.name, ', '), NULL, NULL
  FROM rows_of AS r
  JOIN found AS f ON f.relation = r.relation
 WHERE f.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT
                     FROM pg_index AS x
                    WHERE x.indrelid = f.oid AND x.indisunique AND x.indisvalid AND x.indpred IS NULL
                      AND (SELECT array_agg(a.attname)
                             FROM pg_attribute AS a
                            WHERE a.attrelid = f.oid
                              AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1]))
                          <@ r.name
                      AND 0 <> ALL ((x.indkey::int2[])[0:x.indnkeyatts - 1]))
 UNION ALL
SELECT 'exposed', f.relation, f.oid::regclass::text, NULL, NULL
  FROM found AS f
 WHERE f.is_ours AND NOT f.relrowsecurity
 UNION ALL
SELECT 'function', NULL, 'sync_member_org_id()', NULL, NULL
 WHERE to_regprocedure('sync_member_org_id()') IS NULL
   AND EXISTS (SELECT FROM found AS f WHERE f.oid IS NOT NULL AND f.is_ours)
 UNION ALL
SELECT 'unread_ticks', NULL, NULL, NULL, NULL
  FROM readable
 WHERE NOT is_readable
 UNION ALL
SELECT 'ticked', NULL, convert_from(decode(t.last[1], 'hex'), 'UTF8'),
       convert_from(decode(t.last[2], 'hex'), 'UTF8'), t.last[3]
  FROM ticks AS t
 WHERE t.last IS NOT NULL
