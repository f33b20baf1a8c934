-- pending -> running. Whoever finds it pending has it; everybody else finds nothing to update. With
-- the integration besides the run every index of the log leads to the one row: by the run alone,
-- where statistics are old, the planner may look through all runs that are active.
UPDATE sync_run_log
   SET status = 'running', started_at = now(), worker = $4
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid AND status = 'pending'
RETURNING
       -- include: columns/run_state.sql
