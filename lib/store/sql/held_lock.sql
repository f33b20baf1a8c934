-- The locks of the integrations whose held runs ($1) the function has answered for. The next
-- statements look again at those whose lock this got: their snapshots are younger.
SELECT set_config('syncsched.answered', coalesce(string_agg(r.run_id::text, ','), ''), true)
  FROM (SELECT k.org_id, k.integration_id,
               pg_try_advisory_xact_lock(
                 hashtextextended('syncsched/' || k.org_id::text || '/' || k.integration_id::text,
                                  0::bigint)) AS held
          FROM (SELECT org_id, integration_id
                  FROM sync_run_log
                 WHERE run_id = ANY ($1::uuid[])
                 GROUP BY org_id, integration_id
                 ORDER BY org_id, integration_id) AS k
        OFFSET 0) AS k
  JOIN sync_run_log AS r ON r.org_id = k.org_id AND r.integration_id = k.integration_id
 WHERE k.held AND r.run_id = ANY ($1::uuid[])
