-- Why slots of the window go unserved: the run that is active, or that covers the slot. Rows of
-- this very transaction (xmin) are no obstacles but the claim itself.
SELECT k.n, a.run_id AS active_run, a.status AS active_status,
       a.accepted_at IS NOT NULL AS is_accepted,
       (date_part('epoch', to_timestamp($4::float8 / 1000000::float8) - a.started_at) /
        60::float8)::bigint
         AS running_minutes,
       c.run_id AS covering_run, c.status AS covering_status
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
       WITH ORDINALITY AS k (org_id, integration_id, minute, n)
  LEFT JOIN sync_run_log AS a
    ON a.org_id = k.org_id AND a.integration_id = k.integration_id
   AND a.status IN ('pending', 'running')
   AND a.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
  LEFT JOIN LATERAL (
         SELECT r.run_id, r.status
           FROM sync_run_log AS r
          WHERE r.org_id = k.org_id AND r.integration_id = k.integration_id
            AND r.scheduled_for >= to_timestamp(k.minute::float8 * 60::float8)
            AND r.covers_from <= to_timestamp(k.minute::float8 * 60::float8)
            AND r.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
          ORDER BY r.scheduled_for, r.attempt DESC
          LIMIT 1
       ) AS c ON true
 WHERE a.run_id IS NOT NULL OR c.run_id IS NOT NULL
 ORDER BY k.n
