-- Who ticks, and when last, by whatever clock: one from the future must not stay. Returns when any
-- trigger last ticked before, unless that lies more than a minute ahead, and what the ticks of this
-- one have warned of. $3: who does not work with
-- this version of the schema does not tick.
  WITH last AS (
         SELECT max(last_tick_at) AS tick_at
           FROM sync_trigger_state
          WHERE isfinite(last_tick_at) AND last_tick_at <= now() + interval '60 seconds'
       )
INSERT INTO sync_trigger_state (trigger_name, host, last_tick_at)
SELECT $1, $2, now()
 WHERE sync_schema_version() = $3::integer
    ON CONFLICT (trigger_name, host)
    DO UPDATE SET last_tick_at = excluded.last_tick_at
RETURNING (SELECT (date_part('epoch', tick_at) * 1000000::float8)::bigint FROM last)
    AS last_tick_us,
          coalesce((SELECT max(d.warnings ->> ($1::text || '@' || $2::text))::jsonb
                      FROM sync_database_state AS d),
                   warnings) AS warnings,
          EXISTS (SELECT
                    FROM sync_database_state AS d
                   WHERE d.warnings ? ($1::text || '@' || $2::text)) AS is_apart
