-- Who ticks: the clock, and of each trigger where it ticked last. There is always a row, for the
-- clock's sake. A trigger may come from a new host each time, as from a container: hosts are not listed.
SELECT (extract(epoch FROM now()) * 1000000)::bigint,
       left(t.trigger_name, 200), left(t.host, 200),
       (extract(epoch FROM t.last_tick_at) * 1000)::bigint
  FROM (SELECT 1) AS always
  LEFT JOIN (
         SELECT DISTINCT ON (trigger_name) trigger_name, host, last_tick_at
           FROM sync_trigger_state
          WHERE isfinite(last_tick_at)
          ORDER BY trigger_name, last_tick_at DESC
       ) AS t ON true
 ORDER BY t.last_tick_at DESC
