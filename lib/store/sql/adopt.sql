-- Pending runs that the tick which made them left or died over. Waiting 55 seconds is a courtesy to
-- that tick, unless it has said that it left them (give_back.sql); that nobody is called twice is
-- the guard of start.sql. So several ticks may adopt the
-- same runs at the same moment, and share the work: their locks bear with each other, and with no
-- stranger's. A run from the future ($4: the clocks agree) waits for nothing; it is so by the clock
-- of now, too, because $1 may be old. One that was made before the database was restored ($5) may
-- have been served, and is closed, too. What nobody wants any more is closed instead of run, by one
-- of them: cancelled, or given up as too old. What two rows of the integration say is neither
-- wanted nor unwanted: its runs wait until it is one. $6: of these
-- integrations, as ORG/INTEGRATION; NULL: of all.
  WITH stale AS (
         SELECT run_id, org_id, integration_id, created_at
           FROM sync_run_log
          WHERE status = 'pending'
            AND ($6::text[] IS NULL
                 OR org_id::text || '/' || integration_id::text = ANY ($6::text[]))
            AND (created_at < to_timestamp($1::float8 / 1000000::float8) - interval '55 seconds'
                 OR left_at IS NOT NULL
                 OR $4::boolean
                 AND created_at > greatest(to_timestamp($1::float8 / 1000000::float8), now())
                                   + interval '60 seconds')
          ORDER BY org_id, integration_id
            FOR KEY SHARE SKIP LOCKED
       ), judged AS (
         SELECT s.run_id,
                CASE
                  WHEN s.created_at <= to_timestamp($5::float8 / 1000000::float8) THEN 'RESTORED'
                  WHEN bool_and(i.is_enabled AND i.cron_schedule IS NOT NULL) IS NOT TRUE
                       THEN 'CANCELLED'
                  WHEN $3::boolean
                   AND s.created_at < to_timestamp($1::float8 / 1000000::float8)
                                      - greatest(1800::float8, $2::float8 / 1000::float8)
                                        * interval '1 second'
                       THEN 'GIVEN_UP'
                END AS verdict
           FROM stale AS s
           LEFT JOIN organization_integrations AS i
             ON i.org_id = s.org_id AND i.integration_id = s.integration_id
          GROUP BY s.run_id, s.created_at
         HAVING count(*) = 1
       ), closing AS (
         SELECT r.run_id, j.verdict
           FROM judged AS j
           JOIN sync_run_log AS r ON r.run_id = j.run_id
          WHERE j.verdict IS NOT NULL AND r.status = 'pending'
          ORDER BY r.org_id, r.integration_id
            FOR NO KEY UPDATE OF r SKIP LOCKED
       ), closed AS (
         UPDATE sync_run_log AS r
            SET status = 'failed', failed_at = now(),
                error_class = CASE
                                WHEN c.verdict = 'RESTORED' THEN 'unknown'
                                ELSE 'not_delivered'
                              END,
                error_code = c.verdict,
                error_message = CASE c.verdict
                                  WHEN 'CANCELLED' THEN 'the integration is disabled by now'
                                  WHEN 'RESTORED'
                                  THEN 'it may have been served before the database was restored'
                                  ELSE 'waited for longer than the catch-up time'
                                END
           FROM closing AS c
          WHERE r.run_id = c.run_id
       )
SELECT c.verdict, true AS is_adopted,
       -- include: columns/takes_ms.sql
       ,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
  FROM judged AS j
  JOIN sync_run_log AS r ON r.run_id = j.run_id
  LEFT JOIN closing AS c ON c.run_id = j.run_id
 WHERE j.verdict IS NULL OR c.run_id IS NOT NULL
