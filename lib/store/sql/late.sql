-- An answer to a call whose run was abandoned meanwhile. A success is recorded when no later attempt
-- at the slot exists: nobody has called again, and nobody will. (An earlier one that failed is what
-- this attempt was made for.) Otherwise, and for a failure, the log keeps its outcome and the
-- message mentions this one. The token says whose answer it is; it is noted once.
  WITH late AS (
         SELECT r.run_id,
                $7::text IS NULL
                  AND NOT EXISTS (SELECT
                                    FROM sync_run_log AS o
                                   WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                                     AND o.scheduled_for = r.scheduled_for
                                     AND o.attempt > r.attempt) AS is_recorded,
                CASE
                  WHEN $7::text IS NULL THEN 'it succeeded, but late'
                  ELSE left('it failed, and late: ' ||
                            pg_catalog.concat_ws(', ', $8::text, $9::text), 1000)
                END AS note
           FROM sync_run_log AS r
          WHERE r.run_id = $1::uuid AND r.org_id = $2::uuid AND r.integration_id = $3::uuid
            AND r.worker = $4 AND r.status = 'failed'
            AND r.error_class = 'unknown' AND r.error_code = 'ABANDONED'
       )
UPDATE sync_run_log AS r
   SET status = CASE WHEN late.is_recorded THEN 'completed' ELSE 'failed' END,
       completed_at = CASE WHEN late.is_recorded THEN now() END,
       failed_at = CASE WHEN late.is_recorded THEN NULL ELSE r.failed_at END,
       error_class = CASE WHEN late.is_recorded THEN NULL ELSE r.error_class END,
       error_code = CASE WHEN late.is_recorded THEN NULL ELSE r.error_code END,
       records_exported = CASE WHEN late.is_recorded THEN $10::bigint END,
       http_status = $5::smallint, request_id = $6::text,
       retry_at = now() + $11::float8 * interval '1 millisecond',
       error_message = CASE
                         WHEN late.is_recorded THEN 'it was abandoned, and then answered after all'
                         WHEN r.error_message LIKE '%late%' THEN r.error_message
                         ELSE left(r.error_message, 900) || '; ' || late.note
                       END
  FROM late
 WHERE r.run_id = late.run_id AND r.org_id = $2::uuid AND r.integration_id = $3::uuid
RETURNING
       -- include: columns/run_state.sql
