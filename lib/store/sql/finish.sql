-- running -> completed | failed, by the worker that set it running and by nobody else; or, for what a
-- dead worker left ($7), by its tick, whose token stands in front of its workers'.
UPDATE sync_run_log
   SET status = CASE WHEN $3::text IS NULL THEN 'completed' ELSE 'failed' END,
       completed_at = CASE WHEN $3::text IS NULL THEN now() END,
       failed_at = CASE WHEN $3::text IS NULL THEN NULL ELSE now() END,
       error_class = $3::text, error_code = $4::text, error_message = $5::text,
       records_exported = $6::bigint
 WHERE run_id = $1::uuid AND status = 'running'
   AND CASE WHEN $7::boolean THEN starts_with(worker, $2 || '/') ELSE worker = $2 END
RETURNING status, worker, error_class, error_code, (extract(epoch FROM started_at) * 1000000)::bigint
