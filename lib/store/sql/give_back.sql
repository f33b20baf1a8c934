-- The tick of these runs ($1; $2, $3: of these integrations, by which every index leads to them)
-- ends without having begun them. The next tick need not wait for it.
  WITH left_over AS (
         SELECT r.run_id, r.org_id, r.integration_id
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS k (run_id, org_id, integration_id)
           JOIN sync_run_log AS r
             ON r.org_id = k.org_id AND r.integration_id = k.integration_id AND r.run_id = k.run_id
          WHERE r.status = 'pending' AND r.left_at IS NULL
          ORDER BY r.org_id, r.integration_id
            FOR NO KEY UPDATE OF r SKIP LOCKED
       )
UPDATE sync_run_log AS r
   SET left_at = now()
  FROM left_over AS l
 WHERE r.org_id = l.org_id AND r.integration_id = l.integration_id AND r.run_id = l.run_id
