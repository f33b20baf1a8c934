-- How a run stands now; sent behind each transition, in its transaction, so that one round trip both
-- makes it and tells whose it is, also when an earlier answer to the same COMMIT was lost.
SELECT status, worker, error_class, error_code,
       (extract(epoch FROM started_at) * 1000000)::bigint
  FROM sync_run_log
 WHERE run_id = $1::uuid
