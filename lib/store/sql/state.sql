-- A run's state, in the columns that each transition returns of the row that it changed. Read where
-- a transition found no row to change, to learn whose the run is.
SELECT
       -- include: columns/run_state.sql
  FROM sync_run_log
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid
