-- The clock, the schema's version, which types are throttled, and the last tick of each trigger as
-- the JSON that is shown. A
-- trigger starts a tick once a minute; three minutes after its last one it is silent. Hosts are not
-- listed: a trigger may run on a new host each time, as containers do. A heartbeat from the future
-- was written by a clock that was wrong, and is no sign of life. A tick by hand does not make
-- somebody wait for the next one.
-- The setting is for status.sql, which follows in the same transaction. A bitmap scan would read
-- and sort all failures of an integration; the index gives the last hundred. The planner cannot
-- know how many failures there are.
SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
       sync_schema_version() AS schema_version,
       set_config('enable_bitmapscan', 'off', true),
       (SELECT pg_catalog.json_agg(
                 pg_catalog.json_build_object(
                   'integrationType', left(t.integration_type, 64),
                   'askedAt', to_char(t.asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                   'until', to_char(t.throttled_until AT TIME ZONE 'UTC',
                                    'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                 ORDER BY t.integration_type)
          FROM sync_throttle_state AS t
         WHERE t.throttled_until > now() AND t.asked_at <= now() + interval '60 seconds'
       ) AS throttled,
       pg_catalog.json_agg(v) AS triggers,
       bool_or(NOT v.silent) AS is_ticking
  FROM (SELECT left(t.trigger_name, 200) AS name, left(t.host, 200) AS host,
               to_char(t.last_tick_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                 AS "lastTickAt",
               t.is_ahead AS "fromFuture",
               t.is_ahead OR now() - t.last_tick_at > interval '3 minutes' AS silent
          FROM (SELECT DISTINCT ON (trigger_name) trigger_name, host, last_tick_at, f.is_ahead
                  FROM sync_trigger_state
                 CROSS JOIN LATERAL (SELECT last_tick_at > now() + interval '60 seconds')
                         AS f (is_ahead)
                 WHERE isfinite(last_tick_at)
                 ORDER BY trigger_name, f.is_ahead, last_tick_at DESC) AS t
         ORDER BY t.is_ahead, t.last_tick_at DESC) AS v
 WHERE v.name <> 'hand' OR NOT v.silent
