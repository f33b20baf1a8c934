-- The function answered 202: the run stays running, and the function reports its end. A report that
-- was faster has ended it already, and nothing is left to change.
UPDATE sync_run_log
   SET accepted_at = now(), http_status = $5::smallint, request_id = $6::text
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid AND status = 'running'
   AND worker = $4 AND accepted_at IS NULL
RETURNING
       -- include: columns/run_state.sql
