-- pending -> running. Whoever finds it pending has it; everybody else finds nothing to update.
UPDATE sync_run_log
   SET status = 'running', started_at = now(), worker = $2
 WHERE run_id = $1::uuid AND status = 'pending'
