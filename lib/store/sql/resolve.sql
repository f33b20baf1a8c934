-- What is said afterwards of a run that failed ($1): $2 done or not_done, $3 by whom, $4 with which
-- note, $5 how many records. It never replaces the outcome, nor what was said before, unless that is
-- meant ($6). While another attempt at its slot is under way, nothing is said: that one decides. This
-- snapshot is younger than the integration's lock, under which attempts are made.
UPDATE sync_run_log AS r
   SET resolution = $2, resolved_at = now(), resolved_by = $3, resolution_note = $4,
       records_exported = $5::bigint
 WHERE r.run_id = $1::uuid AND r.status = 'failed'
   AND (r.resolution IS NULL OR $6::boolean)
   AND NOT EXISTS (SELECT
                     FROM sync_run_log AS o
                    WHERE o.org_id = r.org_id AND o.integration_id = r.integration_id
                      AND o.scheduled_for = r.scheduled_for AND o.status IN ('pending', 'running'))
RETURNING
       -- include: columns/resolution.sql
       -- include: columns/run.sql
