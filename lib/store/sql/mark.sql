-- The marks, by what is in the log after the claim: one minute before the first slot still
-- uncovered, else the end of what was looked at. Forward only, and only if this tick looked from at
-- or below the mark of now. A new text's mark is set anew, and so is one from the future, more than
-- a minute after $11 and after the clock of now: $11 may be old. Runs in open.sql's row locks.
  WITH asked AS (
         SELECT k.n, k.org_id, k.integration_id, l.first_minute, l.last_minute, l.step, l.place,
                NULL::bigint AS settled_to,
                CASE
                  WHEN $11::bigint IS NOT NULL
                  THEN greatest(to_timestamp($11::float8 / 1000000::float8), now())
                       + interval '60 seconds'
                END AS future
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[])
                WITH ORDINALITY AS k (org_id, integration_id, n) ON k.n = h.n
           JOIN unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
                WITH ORDINALITY AS l (n, first_minute, last_minute, step, fate, place)
             ON l.n = k.n AND l.fate <> 'CANCELLED'
       ),
       -- include: parts/uncovered.sql
       , target AS (
         SELECT k.org_id, k.integration_id, k.text, k.looked_from,
                to_timestamp(60::float8 * least(k.looked_to, u.first_uncovered - 1)::float8) AS mark
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[])
                WITH ORDINALITY AS k (org_id, integration_id, text, looked_from, looked_to, n)
             ON k.n = h.n
           LEFT JOIN (SELECT n, min(first_uncovered) AS first_uncovered
                        FROM uncovered
                       GROUP BY n) AS u ON u.n = k.n
       )
UPDATE sync_schedule_state AS s
   SET schedule = t.text, mark = t.mark
  FROM target AS t
 WHERE s.org_id = t.org_id AND s.integration_id = t.integration_id
   AND (s.schedule <> t.text
        OR $11::bigint IS NOT NULL
           AND s.mark > greatest(to_timestamp($11::float8 / 1000000::float8), now())
                        + interval '60 seconds'
        OR s.mark >= to_timestamp(t.looked_from::float8 * 60::float8) AND s.mark < t.mark)
