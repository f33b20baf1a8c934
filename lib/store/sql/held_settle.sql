-- What the function says of held runs ($1): done ($2), with how many records ($3), or not done. It is
-- kept beside the outcome. Of runs that nobody has resolved or attempted again meanwhile. While
-- another run is active, what is not done stays held: no attempt at it could be made.
UPDATE sync_run_log AS r
   SET resolution = CASE WHEN a.is_done THEN 'done' ELSE 'not_done' END,
       resolved_at = now(), resolved_by = 'function',
       resolution_note = CASE
                           WHEN a.is_done THEN 'asked, it has exported under this key'
                           ELSE 'asked, it knows of no export under this key'
                         END,
       records_exported = CASE WHEN a.is_done THEN a.records END
  FROM unnest($1::uuid[], $2::boolean[], $3::bigint[]) AS a (run_id, is_done, records)
 WHERE r.run_id = a.run_id
   AND a.run_id = ANY (string_to_array(current_setting('syncsched.answered'), ',')::uuid[])
   AND r.status = 'failed' AND r.error_class = 'unknown' AND r.error_code = 'RESTORED'
   AND r.resolution IS NULL
   AND NOT EXISTS (SELECT
                     FROM sync_run_log AS o
                    WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                      AND (o.scheduled_for = r.scheduled_for AND o.attempt > r.attempt
                           OR NOT a.is_done AND o.status IN ('pending', 'running')))
