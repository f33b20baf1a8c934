-- The 30-minute rule: nobody waits for such an answer any more, and what became of it is not known.
-- SKIP LOCKED: a row that somebody else holds must not stop the others.
  WITH stale AS (
         SELECT run_id
           FROM sync_run_log
          WHERE status = 'running'
            AND started_at < to_timestamp($1::bigint / 1000000.0) - interval '30 minutes'
          ORDER BY org_id, integration_id
            FOR UPDATE SKIP LOCKED
       )
UPDATE sync_run_log AS r
   SET status = 'failed', failed_at = now(), error_class = 'unknown', error_code = 'ABANDONED',
       error_message = 'no answer was recorded within 30 minutes'
  FROM stale
 WHERE r.run_id = stale.run_id
RETURNING
       -- include: columns/run.sql
