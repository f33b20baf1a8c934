-- The clock, the schema's version, and the last tick of each trigger. There is always a row,
-- because the first two are always needed. Hosts are not listed: a trigger may run on a new host
-- each time, as containers do.
-- The setting is for status.sql, which follows in the same transaction. A bitmap scan would read
-- and sort all failures of an integration; the index gives the last hundred. The planner cannot
-- know how many failures there are.
SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now_us,
       left(t.trigger_name, 200) AS trigger_name, left(t.host, 200) AS host,
       (extract(epoch FROM t.last_tick_at) * 1000)::bigint AS last_tick_at,
       sync_schema_version() AS schema_version,
       set_config('enable_bitmapscan', 'off', true)
  FROM (SELECT 1) AS always
  LEFT JOIN (
         SELECT DISTINCT ON (trigger_name) trigger_name, host, last_tick_at
           FROM sync_trigger_state
          WHERE isfinite(last_tick_at)
          ORDER BY trigger_name, last_tick_at DESC
       ) AS t ON true
 ORDER BY t.last_tick_at DESC
