-- How a run stands now, in the columns that each transition returns of the row that it changed: asked
-- where it found none to change, to tell whose the run is.
SELECT
       -- include: columns/run_state.sql
  FROM sync_run_log
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid
