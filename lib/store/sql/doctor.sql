-- What a tick needs of the database, as findings: what is not as the migration makes it, and for
-- each check what to say if nothing is wrong. Reads catalogs, and one row of sync_trigger_state.
-- $1: the role that each transaction becomes, NULL for none. $2: the version that the schema should
-- have. $3: the migration, from which the columns, constraints and indexes of our own tables are
-- read. It corrects what has no hint. Ordered by check, since a hint may need those before it; the
-- first row of a check is for the case that it has no other.
  WITH tables (relation, is_ours, severity, verbs, columns) AS (
         -- A tick works without its heartbeat. Of tables that may be somebody else's: the columns
         -- that we read, without a type where any will do.
         VALUES ('organizations', false, 'fail', 'SELECT', 'id uuid,name,timezone'),
                ('organization_integrations', false, 'fail', 'SELECT',
                 'org_id uuid,integration_id uuid,integration_type,cron_schedule,'
                 'is_enabled boolean'),
                ('sync_run_log', true, 'fail', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_schedule_state', true, 'fail', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_schedule_journal', true, 'fail', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_trigger_state', true, 'warning', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_database_state', true, 'fail', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_throttle_state', true, 'fail', 'SELECT,INSERT,UPDATE', NULL),
                ('sync_prune_state', true, 'fail', 'SELECT', NULL)
       ), migration (statement) AS (
         SELECT regexp_split_to_table(regexp_replace($3, '--[^\n]*', '', 'g'), ';')
       ), items (relation, item) AS (
         -- Between the brackets of CREATE TABLE an item begins four blanks from the left, and what
         -- goes on with it further to the right.
         SELECT t.made[1], regexp_replace(i.item, '\s+', ' ', 'g')
           FROM migration AS m
          CROSS JOIN LATERAL regexp_match(
                 m.statement, '^\s*CREATE TABLE IF NOT EXISTS (\w+) \(\n {4}(.*)\n\)') AS t (made)
          CROSS JOIN LATERAL regexp_split_to_table(t.made[2], ',\s*\n {4}(?! )') AS i (item)
       ), found AS (
         SELECT t.*, to_regclass(t.relation)::oid AS oid, c.relkind, c.relrowsecurity,
                row_security_active(c.oid) AS hides_rows, s.nspname
           FROM tables AS t
           LEFT JOIN pg_class AS c ON c.oid = to_regclass(t.relation)::oid
           LEFT JOIN pg_namespace AS s ON s.oid = c.relnamespace
       ), absent AS (
         SELECT string_agg(f.relation, ', ' ORDER BY f.relation) AS relations,
                min(f.severity) AS severity, n.nspname,
                has_schema_privilege(n.oid, 'USAGE') AS is_usable
           FROM found AS f
           LEFT JOIN LATERAL (
                  SELECT s.oid, s.nspname
                    FROM pg_class AS c
                    JOIN pg_namespace AS s ON s.oid = c.relnamespace
                   WHERE c.relname = f.relation AND c.relkind IN ('r', 'p', 'v', 'f')
                     AND s.nspname::text !~ '^pg_'
                   ORDER BY s.nspname
                   LIMIT 1
                ) AS n ON true
          WHERE f.oid IS NULL
          GROUP BY n.oid, n.nspname
       ), columns AS (
         SELECT f.relation, f.is_ours, f.severity, c.name, c.type, c.fallback,
                a.attname, a.atthasdef, a.atttypid::regtype AS found_type
           FROM found AS f
           JOIN (
                 SELECT relation, item FROM items WHERE item ~ '^[a-z]'
                  UNION ALL
                 SELECT relation, pg_catalog.unnest(string_to_array(columns, ',')) FROM tables
                ) AS l (relation, line) ON l.relation = f.relation
          CROSS JOIN LATERAL (
                 -- Ticks say themselves when a run was created.
                 SELECT split_part(l.line, ' ', 1),
                        to_regtype(nullif(split_part(l.line, ' ', 2), '')),
                        nullif(nullif(split_part(l.line, ' DEFAULT ', 2), ''), 'now()')
               ) AS c (name, type, fallback)
           LEFT JOIN pg_attribute AS a
             ON a.attrelid = f.oid AND a.attname = c.name AND NOT a.attisdropped
          WHERE f.oid IS NOT NULL
       ), wanted (relation, place, name, type, names) AS (
         -- What ticks read of tables that may be somebody else's, and what else it may be called.
         VALUES ('organizations', 1, 'id', 'uuid', '{id,org_id,organization_id,organisation_id}'),
                ('organizations', 2, 'name', 'text', '{name,title,display_name}'),
                ('organizations', 3, 'timezone', 'text', '{timezone,time_zone,tz}'),
                ('organization_integrations', 1, 'org_id', 'uuid',
                 '{org_id,organization_id,organisation_id,tenant_id,company_id}'),
                ('organization_integrations', 2, 'integration_id', 'uuid',
                 '{integration_id,id,uuid}'),
                ('organization_integrations', 3, 'integration_type', 'text',
                 '{integration_type,type,kind,provider,system}'),
                ('organization_integrations', 4, 'cron_schedule', 'text',
                 '{cron_schedule,cron,cron_expression,crontab,schedule}'),
                ('organization_integrations', 5, 'is_enabled', 'boolean',
                 '{is_enabled,enabled,is_active,active}')
       ), views (statements, lacking) AS (
         -- The same as views over them, since nobody should change somebody else's tables. A number
         -- becomes a UUID with the same digits, and a text that is not a UUID its hash: no id must
         -- make a view fail. The boolean for the same reason.
         SELECT string_agg(pg_catalog.format('CREATE OR REPLACE VIEW syncsched.%I AS SELECT %s '
                                             'FROM %I.%I; ',
                                  v.relation, v.items, v.nspname, v.relation),
                           '' ORDER BY v.relation DESC),
                string_agg(v.lacking, ', ')
           FROM (SELECT f.relation, f.nspname,
                        string_agg(pg_catalog.format(CASE
                                            WHEN a.attname IS NULL AND w.type = 'boolean'
                                            THEN 'true'
                                            WHEN a.attname IS NULL THEN 'NULL::%2$s'
                                            WHEN a.type = w.type OR w.type = 'text' THEN '%1$I'
                                            WHEN w.type = 'boolean'
                                            THEN 'lower(%1$I::text) IN (''t'', ''true'', ''yes'', '
                                                 '''on'', ''1'')'
                                            WHEN a.type IN ('smallint', 'integer', 'bigint')
                                            THEN 'lpad(translate(%1$I::text, ''-'', ''f''), 32, '
                                                 '''0'')::uuid'
                                            ELSE 'CASE WHEN %1$I::text ~* ''^[0-9a-f]{8}(-[0-9a-f]'
                                                 '{4}){3}-[0-9a-f]{12}$'' THEN %1$I::text::uuid '
                                                 'ELSE md5(%1$I::text)::uuid END'
                                          END || ' AS %3$I', a.attname, w.type, w.name),
                                   ', ' ORDER BY w.place) AS items,
                        string_agg(w.name, ', ')
                          FILTER (WHERE a.attname IS NULL AND w.type <> 'boolean'
                                    AND w.name NOT IN ('name', 'timezone')) AS lacking
                   FROM found AS f
                   JOIN wanted AS w ON w.relation = f.relation
                   LEFT JOIN LATERAL (
                          SELECT a.attname, a.atttypid::regtype::text AS type
                            FROM pg_attribute AS a
                           WHERE a.attrelid = f.oid AND a.attnum > 0 AND NOT a.attisdropped
                             AND a.attname = ANY (w.names::name[])
                           ORDER BY pg_catalog.array_position(w.names::name[], a.attname)
                           LIMIT 1
                        ) AS a ON true
                  WHERE NOT f.is_ours AND f.nspname <> 'syncsched'
                  GROUP BY f.relation, f.nspname
                ) AS v
         HAVING NOT EXISTS (SELECT FROM found AS f WHERE NOT f.is_ours AND f.oid IS NULL)
       ), constraints AS (
         -- Of each table. Without its keys a tick would not keep what it promises.
         SELECT f.relation, k.kind, k.name, k.definition, pg_get_constraintdef(c.oid) AS found,
                CASE k.kind WHEN 'key' THEN f.severity ELSE 'warning' END AS severity
           FROM items AS i
           JOIN found AS f ON f.relation = i.relation
          CROSS JOIN LATERAL (
                 SELECT coalesce(substring(i.item FROM '^CONSTRAINT (\w+)'), f.relation || '_pkey'),
                        regexp_replace(i.item, '^CONSTRAINT \w+ ', ''),
                        CASE WHEN i.item ~ '^CONSTRAINT \w+ CHECK' THEN 'check' ELSE 'key' END
               ) AS k (name, definition, kind)
           LEFT JOIN pg_constraint AS c ON c.conrelid = f.oid AND c.conname = k.name
          WHERE i.item ~ '^[A-Z]' AND f.oid IS NOT NULL
       ), indexes (name, is_unique, severity, definition) AS (
         -- All are of sync_run_log. One that is unique is a key.
         SELECT i.made[2], coalesce(lower(i.made[1]), ''),
                CASE WHEN i.made[1] IS NULL THEN 'warning' ELSE 'fail' END,
                regexp_replace(i.made[3], '\s+', ' ', 'g')
           FROM migration AS m
          CROSS JOIN LATERAL regexp_match(
                 m.statement,
                 '^\s*CREATE (UNIQUE )?INDEX IF NOT EXISTS (\w+)\s+ON sync_run_log (.*)'
               ) AS i (made)
          WHERE i.made IS NOT NULL
       ), role (wanted, is_there, may_be_become) AS (
         SELECT $1::text, to_regrole(quote_ident($1)) IS NOT NULL,
                pg_has_role(session_user, to_regrole(quote_ident($1))::oid, 'MEMBER')
       ), ticks AS (
         -- Of a table that may not be there, and so in a text. The names are hexadecimal: no XML in
         -- them.
         SELECT c.is_readable, regexp_match(query_to_xml(
                  CASE
                    WHEN c.is_readable
                    THEN $$SELECT encode(convert_to(pg_catalog.format('by %s on %s', trigger_name,
                                                                      host),
                                             'UTF8'::name), 'hex') AS who,
                                  floor(date_part('epoch', now() - last_tick_at))::bigint AS age
                             FROM sync_trigger_state
                            WHERE isfinite(last_tick_at)
                            ORDER BY last_tick_at > now() + interval '60 seconds', last_tick_at DESC
                            LIMIT 1$$
                    ELSE 'SELECT WHERE false'
                  END, false, true, '')::text,
                  '<who>(.*)</who>\s*<age>(.*)</age>') AS last
           FROM (SELECT coalesce(bool_and((c.found_type::oid = c.type::oid) IS TRUE
                                          AND NOT f.hides_rows
                                          AND has_table_privilege(f.oid, 'SELECT')), false)
                   FROM columns AS c
                   JOIN found AS f ON f.relation = c.relation
                  WHERE c.relation = 'sync_trigger_state') AS c (is_readable)
       ), throttles AS (
         -- The same of the types that are throttled: their names, too, are hexadecimal.
         SELECT c.is_readable, regexp_matches(query_to_xml(
                  CASE
                    WHEN c.is_readable
                    THEN $$SELECT encode(convert_to(integration_type, 'UTF8'::name), 'hex') AS type,
                                  to_char(throttled_until AT TIME ZONE 'UTC',
                                          'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS until
                             FROM sync_throttle_state
                            WHERE throttled_until > now()
                              AND asked_at <= now() + interval '60 seconds'
                            ORDER BY integration_type$$
                    ELSE 'SELECT WHERE false'
                  END, false, true, '')::text,
                  '<type>(.*?)</type>\s*<until>(.*?)</until>', 'g') AS throttle
           FROM (SELECT coalesce(bool_and((c.found_type::oid = c.type::oid) IS TRUE
                                          AND NOT f.hides_rows
                                          AND has_table_privilege(f.oid, 'SELECT')), false)
                   FROM columns AS c
                   JOIN found AS f ON f.relation = c.relation
                  WHERE c.relation = 'sync_throttle_state') AS c (is_readable)
       ), version (oid, number) AS (
         -- Of a function that may not be there, and so in a text, too.
         SELECT v.oid, (regexp_match(query_to_xml(
                  CASE
                    WHEN has_function_privilege(v.oid, 'EXECUTE')
                    THEN 'SELECT sync_schema_version() AS version'
                    ELSE 'SELECT WHERE false'
                  END, false, true, '')::text, '<version>(-?[0-9]+)</version>'))[1]::bigint
           FROM (SELECT to_regprocedure('sync_schema_version()')::oid AS oid) AS v
       ), reports (signature, oid, others) AS (
         -- By which functions report what they accepted, and who may call them but should not.
         SELECT f.signature, p.oid,
                (SELECT string_agg(DISTINCT CASE a.grantee WHEN 0::oid THEN 'PUBLIC'
                                                 ELSE a.grantee::regrole::text END, ', ')
                   FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                   LEFT JOIN pg_roles AS g ON g.oid = a.grantee
                  WHERE a.grantee = 0::oid OR g.rolname IN ('anon', 'authenticated'))
           FROM (VALUES ('sync_run_complete(uuid,bigint)'), ('sync_run_fail(uuid,text,text)'),
                        ('sync_run_report(uuid,bigint,text,text)')) AS f (signature)
           LEFT JOIN pg_proc AS p ON p.oid = to_regprocedure(f.signature)::oid
       ), callers (role_name) AS (
         -- The roles that callers of the API have, or whose privileges they have: nothing is granted
         -- to those. Who sees all rows anyway, such as Supabase's postgres, may become any role.
         SELECT r.rolname
           FROM pg_roles AS r
          WHERE r.rolname IN ('anon', 'authenticated', 'authenticator')
             OR NOT r.rolsuper AND NOT r.rolbypassrls
            AND EXISTS (SELECT
                          FROM pg_roles AS c
                         WHERE c.rolname IN ('anon', 'authenticated')
                           AND (pg_has_role(r.oid, c.oid, 'MEMBER')
                                OR pg_has_role(c.oid, r.oid, 'MEMBER')))
       ), doors (role_name) AS (
         SELECT c.role_name FROM callers AS c WHERE c.role_name = coalesce($1::name, current_user)
       ), service (hint) AS (
         -- How to tick as Supabase's service role, which sees all rows; who does so needs no more.
         SELECT CASE
                  WHEN pg_has_role(session_user, r.oid, 'MEMBER')
                  THEN 'set SYNCSCHED_DB_ROLE=service_role'
                  WHEN EXISTS (SELECT FROM callers AS c WHERE c.role_name = session_user)
                  THEN 'connect as postgres, or as a role of your own: see doc/recipes.md'
                  ELSE pg_catalog.format('GRANT service_role TO %I; '
                              '-- and set SYNCSCHED_DB_ROLE=service_role', session_user)
                END
           FROM pg_roles AS r
          WHERE r.rolname = 'service_role' AND (r.rolbypassrls OR r.rolsuper)
            AND r.rolname <> coalesce($1::name, current_user)
       ), makers (nspname, who) AS (
         -- Who may make functions where ticks look for what they call, and should not: whatever
         -- callers of the API are, or may become.
         SELECT n.nspname, string_agg(w.name, ', ' ORDER BY w.name)
           FROM pg_namespace AS n
           JOIN pg_catalog.unnest(current_schemas(false)) AS p (nspname) ON p.nspname = n.nspname
          CROSS JOIN LATERAL (
                 SELECT DISTINCT CASE a.grantee
                                   WHEN 0::oid THEN 'PUBLIC'
                                   ELSE quote_ident(g.rolname::text)
                                 END
                   FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
                   LEFT JOIN pg_roles AS g ON g.oid = a.grantee
                  WHERE a.privilege_type = 'CREATE'
                    AND (a.grantee = 0::oid
                         OR EXISTS (SELECT
                                      FROM pg_roles AS c
                                     WHERE c.rolname IN ('anon', 'authenticated')
                                       AND pg_has_role(c.oid, a.grantee, 'MEMBER')))
                ) AS w (name)
          GROUP BY n.nspname
       ), findings AS (
SELECT v.place, v.about, v.state, NULL AS age_s, v.message, NULL AS hint
  FROM (VALUES (10, 'role', 'ok',
                pg_catalog.format('connected as %I, at work as %I; database %I, PostgreSQL %s',
                                  session_user,
                       current_user, current_database(), current_setting('server_version'))),
               (20, 'writes', 'ok', 'transactions may write'),
               (30, 'row-security', 'ok', 'no row is hidden from a tick'),
               (40, 'grants', 'ok', 'every privilege that a tick needs is there'),
               (50, 'version', 'not_asked', 'the schema''s version cannot be read'),
               (60, 'schema', 'ok', 'tables, columns, keys, checks and indexes are as expected'),
               (78, 'throttle', 'ok', 'no external system asks not to be called')
       ) AS v (place, about, state, message)
 UNION ALL
SELECT 12, 'role', 'fail', NULL,
       pg_catalog.format(CASE
                WHEN r.is_there THEN '%1$I may not become %2$I'
                ELSE 'the role %2$I does not exist'
              END, session_user, r.wanted),
       CASE
         WHEN r.is_there AND NOT EXISTS (SELECT FROM callers AS c WHERE c.role_name = session_user)
         THEN pg_catalog.format('GRANT %I TO %I;', r.wanted, session_user)
         WHEN r.is_there THEN 'connect as postgres, or as a role of your own: see doc/recipes.md'
         ELSE coalesce(s.hint, pg_catalog.format('CREATE ROLE %1$I NOLOGIN BYPASSRLS; '
                                     'GRANT %1$I TO %2$I;', r.wanted, session_user))
       END
  FROM role AS r
  LEFT JOIN service AS s ON true
 WHERE r.wanted IS NOT NULL AND r.may_be_become IS NOT TRUE
 UNION ALL
SELECT 21, 'writes', 'fail', NULL,
       pg_catalog.format('transactions in %I may not write', current_database()),
       'SELECT setrole, setdatabase, setconfig FROM pg_db_role_setting; -- who made it read-only, '
       'and why? Supabase does when the disk is full: free some space. Of a standby, connect to its '
       'primary'
 WHERE current_setting('transaction_read_only') = 'on'
 UNION ALL
SELECT 31, 'row-security', min(f.severity), NULL,
       pg_catalog.format('row level security would hide rows of %s from %I',
                         string_agg(f.relation, ', '),
              current_user),
       coalesce((SELECT s.hint FROM service AS s),
                pg_catalog.format('ALTER ROLE %I BYPASSRLS;', current_user))
  FROM found AS f
 WHERE f.hides_rows
HAVING count(*) > 0
 UNION ALL
SELECT 32, 'row-security', 'warning', NULL,
       pg_catalog.format('row level security is off on %s: members of one organisation may see '
                         'all of them',
              f.relation),
       pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', f.oid::regclass)
  FROM found AS f
 WHERE f.is_ours AND NOT f.relrowsecurity
 UNION ALL
SELECT 42, 'grants', f.severity, NULL,
       pg_catalog.format('%I lacks %s on %s', current_user, string_agg(v.verb, ', '), f.relation),
       pg_catalog.format('GRANT %s ON %s TO %I;', string_agg(v.verb, ', '), f.oid::regclass,
                         current_user)
  FROM found AS f
 CROSS JOIN LATERAL pg_catalog.unnest(string_to_array(f.verbs, ',')) AS v (verb)
 WHERE NOT has_table_privilege(f.oid, v.verb)
 GROUP BY f.relation, f.severity, f.oid
 UNION ALL
SELECT 42, 'grants', 'fail', NULL,
       pg_catalog.format('%I lacks EXECUTE on sync_schema_version()', current_user),
       pg_catalog.format('GRANT EXECUTE ON FUNCTION sync_schema_version() TO %I;', current_user)
  FROM version AS v
 WHERE NOT has_function_privilege(v.oid, 'EXECUTE')
 UNION ALL
SELECT 43, 'grants', 'warning', NULL,
       pg_catalog.format('service_role lacks EXECUTE on %s: no function reports what it accepted',
              r.signature),
       pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO service_role;', r.oid::regprocedure)
  FROM reports AS r
 WHERE NOT has_function_privilege(to_regrole('service_role')::oid, r.oid, 'EXECUTE')
 UNION ALL
SELECT 44, 'grants', 'warning', NULL,
       pg_catalog.format('%s may call %s, which is for the service role alone', r.others,
                         r.signature),
       pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM %s;', r.oid::regprocedure, r.others)
  FROM reports AS r
 WHERE r.others IS NOT NULL
 UNION ALL
SELECT 51, 'version', CASE WHEN v.number = $2::text::bigint THEN 'ok' ELSE 'fail' END, NULL,
       CASE
         WHEN v.number = $2::text::bigint
         THEN pg_catalog.format('the schema is of version %s, with which this program works',
                                v.number)
         ELSE pg_catalog.format('the schema is %s, this program works with version %s',
                     coalesce('of version ' || v.number::text, 'older than versions are'), $2::text)
       END,
       CASE WHEN v.number > 4 THEN 'update syncsched' END
  FROM version AS v -- 2 to 4: see schema.sql
 WHERE v.number IS NOT NULL
    OR v.oid IS NULL AND EXISTS (SELECT FROM found AS f WHERE f.oid IS NOT NULL AND f.is_ours)
 UNION ALL
SELECT 41, 'grants', a.severity, NULL,
       pg_catalog.format('%I may not use what is in the schema %I: %s', current_user, a.nspname,
                         a.relations),
       pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I;', a.nspname, current_user)
  FROM absent AS a
 WHERE NOT a.is_usable
 UNION ALL
SELECT 61, 'schema', a.severity, NULL,
       pg_catalog.format('in the schema %I, where %I does not look: %s', a.nspname, session_user,
                         a.relations),
       pg_catalog.format('ALTER ROLE %I SET search_path = %I, public;', session_user, a.nspname)
  FROM absent AS a
 WHERE a.is_usable
 UNION ALL
SELECT 62, 'schema', a.severity, NULL, pg_catalog.format('not there: %s', a.relations), NULL
  FROM absent AS a
 WHERE a.nspname IS NULL
 UNION ALL
SELECT 63, 'schema', c.severity, NULL, pg_catalog.format('%s has no column %s', c.relation, c.name),
       pg_catalog.format('ALTER TABLE %s ADD COLUMN %s %s;', c.relation, c.name,
              pg_catalog.concat_ws(' ', coalesce(c.type::text, 'text'), 'DEFAULT ' || c.fallback))
  FROM columns AS c
 WHERE c.is_ours AND c.attname IS NULL
 UNION ALL
SELECT 64, 'schema', c.severity, NULL,
       pg_catalog.format('%s.%s is of the type %s, not %s', c.relation, c.name, c.found_type,
                         c.type),
       pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %2$s::text::%3$s;',
                         c.relation, c.name,
              c.type)
  FROM columns AS c
 WHERE c.is_ours AND c.found_type::oid <> c.type::oid
 UNION ALL
SELECT 64, 'schema', 'fail', NULL, c.problems,
       CASE
         WHEN NOT c.is_of_view
         THEN pg_catalog.format('CREATE SCHEMA IF NOT EXISTS syncsched; %1$s'
                     'GRANT USAGE ON SCHEMA syncsched TO %2$I; '
                     'GRANT SELECT ON syncsched.organizations, syncsched.organization_integrations '
                     'TO %2$I; ALTER ROLE %3$I SET search_path = syncsched, %4$s;%5$s',
                     v.statements, current_user, session_user,
                     regexp_replace(current_setting('search_path'), '^syncsched, *', ''),
                     ' -- fill in what is NULL: ' || v.lacking)
         ELSE (SELECT string_agg(pg_catalog.format('SELECT pg_get_viewdef(%L::regclass);',
                                        pg_catalog.format('%I.%I', f.nspname, f.relation)), ' '
                                 ORDER BY f.relation) || ' -- correct what it selects'
                 FROM found AS f
                WHERE f.nspname = 'syncsched' AND f.relkind = 'v')
       END
  FROM (SELECT string_agg(CASE
                            WHEN c.attname IS NULL
                            THEN pg_catalog.format('%s has no column %s', c.relation, c.name)
                            ELSE pg_catalog.format('%s.%s is of the type %s, not %s', c.relation,
                                                   c.name,
                                        c.found_type, c.type)
                          END, '; ' ORDER BY c.relation DESC, c.name) AS problems,
               bool_or(f.nspname = 'syncsched' AND f.relkind = 'v') AS is_of_view
          FROM columns AS c
          JOIN found AS f ON f.relation = c.relation
         WHERE NOT c.is_ours AND (c.attname IS NULL OR c.found_type::oid <> c.type::oid)) AS c
  LEFT JOIN views AS v ON true
 WHERE c.problems IS NOT NULL
 UNION ALL
SELECT 65, 'schema', CASE WHEN c.relation = 'sync_prune_state' THEN 'warning' ELSE c.severity END,
       NULL, pg_catalog.format('%s.%s has no default', c.relation, c.name),
       pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;', c.relation, c.name,
                         c.fallback)
  FROM columns AS c
 WHERE c.fallback IS NOT NULL AND NOT c.atthasdef
 UNION ALL
SELECT 66, 'schema', f.severity, NULL,
       pg_catalog.format('%s asks for a %I, which no tick gives', f.relation, a.attname),
       pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL;', f.relation, a.attname)
  FROM found AS f
  JOIN pg_attribute AS a ON a.attrelid = f.oid
 WHERE f.is_ours AND a.attnum > 0 AND NOT a.attisdropped
   AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
   AND NOT EXISTS (SELECT FROM columns AS c WHERE c.relation = f.relation AND c.name = a.attname)
 UNION ALL
SELECT CASE c.kind WHEN 'key' THEN 67 ELSE 72 END, 'schema', c.severity, NULL,
       pg_catalog.format(CASE
                WHEN c.found IS NULL THEN '%1$s lacks the %2$s %3$s'
                ELSE 'the key %3$s of %1$s is another one: %4$s'
              END, c.relation, c.kind, c.name, c.found),
       pg_catalog.format('ALTER TABLE %s %sADD CONSTRAINT %s %s;', c.relation,
              CASE WHEN c.found IS NOT NULL THEN 'DROP CONSTRAINT ' || c.name || ', ' END,
              c.name, c.definition)
  FROM constraints AS c
 WHERE c.found IS NULL OR c.kind = 'key' AND c.found <> c.definition
 UNION ALL
SELECT CASE i.severity WHEN 'fail' THEN 69 ELSE 73 END, 'schema', i.severity, NULL,
       pg_catalog.format('sync_run_log lacks the %sindex %s', i.is_unique, i.name),
       pg_catalog.format('DROP INDEX IF EXISTS %s; CREATE %sINDEX %1$s ON sync_run_log %3$s;',
                         i.name,
              upper(i.is_unique), i.definition)
  FROM indexes AS i
  JOIN found AS f ON f.relation = 'sync_run_log'
 WHERE f.oid IS NOT NULL
   AND NOT EXISTS (SELECT
                     FROM pg_index AS x
                     JOIN pg_class AS c ON c.oid = x.indexrelid
                    WHERE x.indrelid = f.oid AND c.relname = i.name
                      AND (x.indisunique OR i.is_unique = '') AND x.indpred IS NOT NULL)
 UNION ALL
SELECT CASE WHEN x.indisunique THEN 70 ELSE 74 END, 'schema',
       CASE WHEN x.indisunique THEN f.severity ELSE 'warning' END, NULL,
       pg_catalog.format('the index %s is not valid', x.indexrelid::regclass),
       pg_catalog.format('REINDEX INDEX %s;', x.indexrelid::regclass)
  FROM found AS f
  JOIN pg_index AS x ON x.indrelid = f.oid
 WHERE f.is_ours AND NOT x.indisvalid
 UNION ALL
SELECT 75, 'schema', 'warning', NULL,
       'there is no function sync_member_org_id(): members see none of their rows', NULL
 WHERE to_regprocedure('sync_member_org_id()') IS NULL
   AND EXISTS (SELECT FROM found AS f WHERE f.oid IS NOT NULL AND f.is_ours)
 UNION ALL
SELECT 76, 'schema', 'warning', NULL,
       pg_catalog.format('there is no function %s: no function reports what it accepted',
                         r.signature), NULL
  FROM reports AS r
 WHERE r.oid IS NULL AND EXISTS (SELECT FROM found AS f WHERE f.oid IS NOT NULL AND f.is_ours)
 UNION ALL
SELECT 79, 'throttle', 'warning', NULL,
       pg_catalog.format('%s asks not to be called until %s: its runs wait',
              convert_from(decode(t.throttle[1], 'hex'), 'UTF8'::name), t.throttle[2]),
       'SELECT * FROM sync_throttle_state; -- wait: its runs go on by themselves then'
  FROM throttles AS t
 UNION ALL
SELECT 80, 'trigger', CASE WHEN t.is_readable THEN 'warning' ELSE 'not_asked' END, t.last[2],
       CASE
         WHEN t.last IS NOT NULL THEN convert_from(decode(t.last[1], 'hex'), 'UTF8'::name)
         WHEN t.is_readable THEN 'nothing has ticked yet'
         ELSE 'it cannot be read who ticks'
       END, NULL
  FROM ticks AS t
 UNION ALL
SELECT 11, 'role', 'fail', NULL,
       pg_catalog.format('callers of the API are %I, or have its privileges', d.role_name),
       'set SYNCSCHED_DB_ROLE=service_role'
  FROM doors AS d
 UNION ALL
SELECT 45, 'grants', 'fail', NULL,
       pg_catalog.format('%s may make functions in the schema %I, which ticks could then call',
                         m.who, m.nspname),
       pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM %s;', m.nspname, m.who)
  FROM makers AS m
       )
-- Of a wrong role one finding is enough, and for a role of the API's callers it is the only one.
SELECT f.place, f.about,
       CASE WHEN w.is_wrong AND f.place IN (30, 40) THEN 'not_asked' ELSE f.state END AS state,
       f.age_s,
       CASE WHEN w.is_wrong AND f.place IN (30, 40) THEN 'it is the wrong role' ELSE f.message END
         AS message, f.hint
  FROM findings AS f
 CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM doors)
                 OR EXISTS (SELECT FROM service) AND EXISTS (SELECT FROM found WHERE hides_rows),
               EXISTS (SELECT FROM doors)
       ) AS w (is_wrong, is_door)
 WHERE NOT (w.is_door AND (f.place = 31 OR f.hint ~ 'GRANT|BYPASSRLS'))
   AND NOT (w.is_wrong AND f.place IN (41, 42))
 ORDER BY f.place
