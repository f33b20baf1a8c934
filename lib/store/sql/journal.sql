-- A text that this tick sees for the first time ($3; $4: the one of the state) is in force behind
-- the minute that it looks from ($5). The one before it was in force up to the last whole minute of
-- t ($6), since up to there its slots are cancelled; "" is no text. Runs in open.sql's
-- row locks, before the marks, so that state and journal change together.
  WITH edited AS (
         SELECT k.org_id, k.integration_id, k.text, to_timestamp(k.looked_from::float8 * 60::float8)
             AS valid_from
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
                WITH ORDINALITY AS k (org_id, integration_id, text, state_text, looked_from, n)
             ON k.n = h.n
          WHERE k.text IS DISTINCT FROM k.state_text
       ), closed AS (
         UPDATE sync_schedule_journal AS j
            SET valid_to = greatest(j.valid_from, to_timestamp($6::float8 * 60::float8))
           FROM edited AS e
          WHERE j.org_id = e.org_id AND j.integration_id = e.integration_id
            AND j.valid_to IS NULL AND j.schedule <> e.text
       )
INSERT INTO sync_schedule_journal AS j (org_id, integration_id, schedule, valid_from)
SELECT e.org_id, e.integration_id, e.text, e.valid_from
  FROM edited AS e
 WHERE e.text <> ''
   AND NOT EXISTS (SELECT
                     FROM sync_schedule_journal AS o
                    WHERE o.org_id = e.org_id AND o.integration_id = e.integration_id
                      AND o.schedule = e.text AND o.valid_to IS NULL)
 ORDER BY e.org_id, e.integration_id
    ON CONFLICT (org_id, integration_id, valid_from, schedule)
       DO UPDATE SET valid_to = NULL, stepped_back_to = NULL
