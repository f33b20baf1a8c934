-- The integrations of which a claim may find something of earlier ticks, in the order of their ids,
-- where it cannot take all of that at once: those with an active run, and with $1 those with a run
-- that failed, of which retry_lock.sql attempts some again.
SELECT org_id, integration_id, left(min(integration_type), 63) AS integration_type
  FROM sync_run_log
 WHERE status IN ('pending', 'running')
    OR $1::boolean AND status = 'failed'
   AND (failed_at > to_timestamp($2::float8 / 1000000::float8) - interval '1 day'
        OR scheduled_for >= to_timestamp($3::float8 * 60::float8)
           AND covers_from <= to_timestamp($4::float8 * 60::float8))
 GROUP BY org_id, integration_id
 ORDER BY org_id, integration_id
