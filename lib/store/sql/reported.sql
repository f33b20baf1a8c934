-- How runs ended that their function reported when no tick waited for them any more. Each is returned
-- to one tick, once. $1: so many at most; $2: so many are left out first.
-- A completed run has a message where it was failed before: its report was late.
  WITH unsaid AS (
         SELECT run_id, org_id, integration_id
           FROM sync_run_log
          WHERE is_unsaid
          ORDER BY scheduled_for, run_id
          LIMIT $1::bigint
         OFFSET $2::bigint
            FOR UPDATE SKIP LOCKED
       )
UPDATE sync_run_log AS r
   SET is_unsaid = false
  FROM unsaid AS u
 WHERE r.run_id = u.run_id AND r.org_id = u.org_id AND r.integration_id = u.integration_id
RETURNING r.error_class, r.error_code, r.error_message, r.http_status, r.request_id,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
