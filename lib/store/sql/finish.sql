-- running -> completed | failed, by the worker that set it running and by nobody else; or, for what
-- a dead worker left ($12), by its tick, with whose token its workers' tokens begin.
-- What the function accepted goes on without its worker.
UPDATE sync_run_log
   SET status = CASE WHEN $7::text IS NULL THEN 'completed' ELSE 'failed' END,
       completed_at = CASE WHEN $7::text IS NULL THEN now() END,
       failed_at = CASE WHEN $7::text IS NULL THEN NULL ELSE now() END,
       error_class = $7::text, error_code = $8::text, error_message = $9::text,
       records_exported = $10::bigint, http_status = $5::smallint, request_id = $6::text,
       retry_at = now() + $11::float8 * interval '1 millisecond'
 WHERE run_id = $1::uuid AND org_id = $2::uuid AND integration_id = $3::uuid AND status = 'running'
   AND CASE WHEN $12::boolean THEN starts_with(worker, $4 || '/') AND accepted_at IS NULL
            ELSE worker = $4 END
RETURNING
       -- include: columns/run_state.sql
