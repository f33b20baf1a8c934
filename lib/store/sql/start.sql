-- pending -> running. Whoever finds it pending has it; everybody else finds nothing to update.
UPDATE sync_run_log
   SET status = 'running', started_at = now(), worker = $2
 WHERE run_id = $1::uuid AND status = 'pending'
RETURNING status, worker, error_class, error_code, (extract(epoch FROM started_at) * 1000000)::bigint
