-- Who ticks: the clock, the schema's version, and of each trigger where it ticked last. There is
-- always a row, for the sake of the first two. A trigger may come from a new host each time, as from
-- a container: hosts are not listed.
-- The setting is for status.sql, behind this in the same transaction: a bitmap reads all the failures of an
-- integration and sorts them, where the index hands on the last hundred, and the planner cannot know how many there are.
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
