-- What a clock from the future wrote into the journal, of schedules whose mark is from the future, by
-- $4 and by the clock of now: their texts have been in force since the minute that this tick looks
-- from ($3), and those before up to there. Of the same text seen twice one is corrected. Runs in
-- open.sql's row locks, before the marks.
  WITH ahead AS (
         SELECT k.org_id, k.integration_id, f.future,
             to_timestamp(k.looked_from::float8 * 60::float8) AS since
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[], $3::bigint[])
                WITH ORDINALITY AS k (org_id, integration_id, looked_from, n) ON k.n = h.n
          CROSS JOIN (SELECT greatest(to_timestamp($4::float8 / 1000000::float8), now())
                             + interval '60 seconds') AS f (future)
           JOIN sync_schedule_state AS s
             ON s.org_id = k.org_id AND s.integration_id = k.integration_id
            AND s.mark > f.future
       ), wrong AS (
         SELECT DISTINCT ON (j.org_id, j.integration_id, j.schedule)
                j.*, least(j.valid_from, a.since) AS since
           FROM sync_schedule_journal AS j
           JOIN ahead AS a ON a.org_id = j.org_id AND a.integration_id = j.integration_id
          WHERE (j.valid_from > a.future OR j.valid_to > a.future)
            AND NOT EXISTS (SELECT
                              FROM sync_schedule_journal AS o
                             WHERE o.org_id = j.org_id AND o.integration_id = j.integration_id
                               AND o.schedule = j.schedule
                               AND o.valid_from = a.since AND j.valid_from > a.since)
          ORDER BY j.org_id, j.integration_id, j.schedule, j.valid_to DESC -- NULL first
       )
UPDATE sync_schedule_journal AS j
   SET valid_from = w.since,
       valid_to = CASE WHEN j.valid_to IS NOT NULL THEN greatest(w.since, a.since) END
  FROM wrong AS w
  JOIN ahead AS a ON a.org_id = w.org_id AND a.integration_id = w.integration_id
 WHERE j.org_id = w.org_id AND j.integration_id = w.integration_id
   AND j.valid_from = w.valid_from AND j.schedule = w.schedule
