-- Who ticks, and when last, by whatever clock: one from the future must not stay. Where nobody had
-- ticked for three minutes, also from when to when, the latest of 500 first. Returns when any
-- trigger last ticked before, unless that lies more than a minute ahead, and what the ticks of this
-- one have warned of. $3: who does not work with this version of the schema does not tick.
  WITH last AS (
         SELECT max(last_tick_at) AS tick_at
           FROM sync_trigger_state
          WHERE isfinite(last_tick_at) AND last_tick_at <= now() + interval '60 seconds'
       )
INSERT INTO sync_trigger_state AS t (trigger_name, host, last_tick_at, gaps)
SELECT $1, $2, now(),
       (SELECT ARRAY[tick_at, now()] FROM last WHERE tick_at < now() - interval '3 minutes')
 WHERE sync_schema_version() = $3::integer
    ON CONFLICT (trigger_name, host)
    DO UPDATE SET last_tick_at = excluded.last_tick_at,
                  gaps = CASE
                           WHEN excluded.gaps IS NULL THEN t.gaps
                           ELSE (excluded.gaps || t.gaps)[1:1000]
                         END
RETURNING (SELECT (date_part('epoch', tick_at) * 1000000::float8)::bigint FROM last)
    AS last_tick_us,
          coalesce((SELECT max(d.warnings ->> ($1::text || '@' || $2::text))::jsonb
                      FROM sync_database_state AS d),
                   warnings) AS warnings,
          EXISTS (SELECT
                    FROM sync_database_state AS d
                   WHERE d.warnings ? ($1::text || '@' || $2::text)) AS is_apart
