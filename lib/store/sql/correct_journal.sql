-- Where a mark is from the future, by $5 and by the clock of now, a clock stepped back: to the minute
-- that this tick looks from ($4). By that mark the log accounts for the texts that were in force up to
-- then. So they keep their times, with the minute to which the clock stepped back, behind which
-- another text may be in force, too. The text of now ($3) has been in force since that minute. Runs
-- in open.sql's row locks, before the marks.
  WITH ahead AS (
         SELECT k.org_id, k.integration_id, k.text, f.future, s.mark,
                to_timestamp(k.looked_from::float8 * 60::float8) AS since
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
                WITH ORDINALITY AS k (org_id, integration_id, text, looked_from, n) ON k.n = h.n
          CROSS JOIN (SELECT greatest(to_timestamp($5::float8 / 1000000::float8), now())
                             + interval '60 seconds') AS f (future)
           JOIN sync_schedule_state AS s
             ON s.org_id = k.org_id AND s.integration_id = k.integration_id
            AND s.mark > f.future
       ), closed AS (
         UPDATE sync_schedule_journal AS j
            SET valid_to = coalesce(j.valid_to, greatest(j.valid_from, a.mark)),
                stepped_back_to = least(j.stepped_back_to, a.since)
           FROM ahead AS a
          WHERE j.org_id = a.org_id AND j.integration_id = a.integration_id
            AND CASE
                  WHEN j.schedule = a.text
                  THEN j.valid_from <> a.since
                       AND (j.valid_to > a.since OR j.valid_to IS NULL AND j.valid_from > a.future)
                  ELSE coalesce(j.valid_to, a.mark) > a.since
                END
       )
INSERT INTO sync_schedule_journal AS j (org_id, integration_id, schedule, valid_from)
SELECT a.org_id, a.integration_id, a.text, a.since
  FROM ahead AS a
 WHERE EXISTS (SELECT
                 FROM sync_schedule_journal AS o
                WHERE o.org_id = a.org_id AND o.integration_id = a.integration_id
                  AND o.schedule = a.text AND o.valid_to IS NULL AND o.valid_from > a.future)
 ORDER BY a.org_id, a.integration_id
    ON CONFLICT (org_id, integration_id, valid_from, schedule)
       DO UPDATE SET valid_to = NULL, stepped_back_to = NULL
