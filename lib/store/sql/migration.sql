-- What the migration finds, a row a table: those first that may be somebody else's.
SELECT given.name AS name,
       current_database()::text AS database,
       current_user::text AS role,
       current_schema()::text AS home,
       n.nspname::text AS schema,
       pg_has_role(c.relowner, 'USAGE') AS is_owned,
       given.name = 'organizations' AND c.relkind IN ('r', 'p') AND NOT EXISTS (
         SELECT FROM pg_attribute AS a
          WHERE a.attrelid = c.oid AND a.attname = 'timezone' AND NOT a.attisdropped
       ) AS gets_a_timezone
  FROM (
         VALUES ('organizations'::text, 1), ('organization_integrations', 2), ('sync_run_log', 3),
                ('sync_schedule_state', 4), ('sync_schedule_journal', 5), ('sync_trigger_state', 6),
                ('sync_database_state', 7), ('sync_prune_state', 8), ('sync_probe_state', 9),
                ('sync_throttle_state', 10)
       ) AS given (name, place)
  LEFT JOIN pg_class AS c ON c.oid = to_regclass(given.name)::oid
  LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
 ORDER BY given.place
