-- The 30-minute rule, from the start on: nobody waits for such an answer any more, or the function
-- that accepted the run has died, and what became of it is not known.
-- A run that began in the future, by the clock of now, too, would wait for that to come.
-- SKIP LOCKED: a row that somebody else holds must not stop the others. $2: of these integrations,
-- as ORG/INTEGRATION; NULL: of all.
  WITH stale AS (
         SELECT run_id
           FROM sync_run_log
          WHERE status = 'running'
            AND ($2::text[] IS NULL
                 OR org_id::text || '/' || integration_id::text = ANY ($2::text[]))
            AND (started_at < to_timestamp($1::float8 / 1000000::float8) - interval '30 minutes'
                 OR started_at > greatest(to_timestamp($1::float8 / 1000000::float8), now())
                                 + interval '60 seconds')
          ORDER BY org_id, integration_id
            FOR UPDATE SKIP LOCKED
       )
UPDATE sync_run_log AS r
   SET status = 'failed', failed_at = now(), error_class = 'unknown', error_code = 'ABANDONED',
       error_message = CASE
                         WHEN r.started_at > to_timestamp($1::float8 / 1000000::float8)
                         THEN 'it began in the future, by a clock that was wrong'
                         WHEN r.accepted_at IS NULL THEN 'no answer was recorded within 30 minutes'
                         ELSE 'accepted, but no report within 30 minutes'
                       END
  FROM stale
 WHERE r.run_id = stale.run_id
RETURNING r.accepted_at IS NOT NULL AS is_accepted,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
