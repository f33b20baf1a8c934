-- Every run whose outcome is unknown and unresolved, in key order and by slot. A slot of which
-- another attempt is under way is not among them.
SELECT
       -- include: columns/resolution.sql
       -- include: columns/run.sql
  FROM sync_run_log AS r
 WHERE r.status = 'failed' AND r.error_class = 'unknown' AND r.resolution IS NULL
   AND NOT EXISTS (SELECT
                     FROM sync_run_log AS o
                    WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                      AND o.scheduled_for = r.scheduled_for AND o.status IN ('pending', 'running'))
 ORDER BY r.org_id, r.integration_id, r.scheduled_for, r.attempt
