-- A run's state, in the columns that each transition returns of the row that it changed. Read where
-- a transition found no row to change, to learn whose the run is, and whether its type is throttled
-- or it was made before the database was restored (start.sql).
SELECT
       -- include: columns/run_state.sql
       , (date_part('epoch', t.throttled_until) * 1000::float8)::bigint AS throttled_until_ms,
       (date_part('epoch', t.throttled_until - now()) * 1000::float8)::bigint AS throttled_for_ms,
       (SELECT x.restored_us
          FROM (SELECT
                       -- include: columns/restored.sql
               ) AS x) >= (date_part('epoch', r.created_at) * 1000000::float8)::bigint
         AS is_before_restore
  FROM sync_run_log AS r
  LEFT JOIN sync_throttle_state AS t
    ON t.integration_type = r.integration_type AND t.throttled_until > now()
   AND t.asked_at <= now() + interval '60 seconds'
 WHERE r.run_id = $1::uuid AND r.org_id = $2::uuid AND r.integration_id = $3::uuid
