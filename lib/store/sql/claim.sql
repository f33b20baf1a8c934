-- The claim: one INSERT, however many slots are due. Of the slots looked at it drops each one that
-- a run covers, folds what is left into unbroken stretches, and inserts for each integration
--   the earliest stretch that is to be served, as a pending run, unless a run is active;
--   every stretch that is given up ($8: its error code), as a failed run;
--   every slot that may have been served before the database was restored, as a failed run each:
--   whoever served it did so under the key of one slot, and nobody knows which.
-- Its snapshot is younger than the locks, so the check is exact; the keys are the second fence.
-- Slots come as progressions: $4 whose, $5 first, $6 last, $7 step in minutes. Each has a place
-- among all of them, that of its last slot: places that follow one another are an unbroken stretch.
-- Where the log was pruned it no longer shows which run covered a slot. There a slot is taken for
-- covered, unless a tick ($9: not by hand) finds it ahead of the mark, where nothing is pruned. The
-- mark is the one of now, under open.sql's row lock: another tick may have moved it since this one
-- read it. A run from the future (parts/uncovered.sql) is so by $14 and, because that may be old, by
-- the clock of now. For a run by hand it covers all that lies in the past.
-- $15: also where a later run has taken the period over. Of a tick that is so, since no slot ahead of
-- the mark has a later run; a person may not know it.
  WITH asked AS (
         SELECT k.n, k.org_id, k.integration_id, k.integration_type, l.fate,
                l.first_minute, l.last_minute, l.step,
                sum((l.last_minute - l.first_minute) / l.step + 1) OVER (ORDER BY l.place) AS place,
                CASE
                  WHEN $9::boolean OR s.mark >= p.pruned_before
                       THEN ceil(date_part('epoch', p.pruned_before) / 60::float8)::bigint - 1
                  WHEN p.pruned_before IS NOT NULL
                       THEN (date_part('epoch', s.mark) / 60::float8)::bigint
                END AS settled_to,
                CASE
                  WHEN $14::bigint IS NOT NULL
                   AND (NOT $9::boolean
                        OR to_timestamp(l.first_minute::float8 * 60::float8)
                            > to_timestamp($14::float8 / 1000000::float8))
                       THEN greatest(to_timestamp($14::float8 / 1000000::float8), now())
                            + interval '60 seconds'
                END AS future
           FROM pg_catalog.unnest(string_to_array(current_setting('syncsched.open'), ',')::bigint[])
                AS h (n)
           JOIN unnest($1::uuid[], $2::uuid[], $3::text[])
                WITH ORDINALITY AS k (org_id, integration_id, integration_type, n) ON k.n = h.n
           JOIN unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[])
                WITH ORDINALITY AS l (n, first_minute, last_minute, step, fate, place) ON l.n = k.n
          CROSS JOIN (SELECT max(pruned_before) AS pruned_before FROM sync_prune_state) AS p
           LEFT JOIN sync_schedule_state AS s
             ON s.org_id = k.org_id AND s.integration_id = k.integration_id
       ),
       -- include: parts/uncovered.sql
       , placed AS (
         SELECT u.*, place - ((last_minute - last_uncovered) / step)::numeric
                     - sum((last_uncovered - first_uncovered) / step + 1)
                       OVER (PARTITION BY n, fate ORDER BY first_uncovered) AS stretch
           FROM uncovered AS u
         WHERE fate <> 'RESTORED'
       ), stretches AS (
         SELECT n, org_id, integration_id, integration_type, fate,
                to_timestamp(min(first_uncovered)::float8 * 60::float8) AS covers_from,
                to_timestamp(max(last_uncovered)::float8 * 60::float8) AS scheduled_for,
                row_number() OVER (PARTITION BY n, fate ORDER BY min(first_uncovered)) AS turn
           FROM placed
          GROUP BY n, org_id, integration_id, integration_type, fate, stretch
          UNION ALL
         SELECT u.n, u.org_id, u.integration_id, u.integration_type, u.fate,
                to_timestamp(m.minute::float8 * 60::float8),
                    to_timestamp(m.minute::float8 * 60::float8), 1
           FROM uncovered AS u
          CROSS JOIN generate_series(u.first_uncovered, u.last_uncovered, u.step) AS m (minute)
          WHERE u.fate = 'RESTORED'
       ), tiled AS (
         SELECT t.*, max(scheduled_for) FILTER (WHERE fate = 'RESTORED')
                       OVER (PARTITION BY n ORDER BY scheduled_for
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS held
           FROM stretches AS t
       )
INSERT INTO sync_run_log AS r
       (org_id, integration_id, integration_type, scheduled_for, covers_from, period_start, attempt,
        status, idempotency_key, triggered_by, created_at, failed_at, error_class, error_code,
        error_message, trigger_name, host)
SELECT s.org_id, s.integration_id,
       coalesce(s.integration_type, -- the integration is gone, and owed slots
                (SELECT b.integration_type
                   FROM sync_run_log AS b
                  WHERE b.org_id = s.org_id AND b.integration_id = s.integration_id
                  ORDER BY b.scheduled_for DESC
                  LIMIT 1),
                'unknown'),
       s.scheduled_for, s.covers_from,
       -- What this statement holds may have been exported, too, and is not in its snapshot.
       greatest(s.held,
       -- include: columns/period_start.sql
       ), 1,
       CASE WHEN s.fate = 'SERVE' THEN 'pending' ELSE 'failed' END,
       s.org_id::text || '/' || s.integration_id::text || '/'
         || to_char(s.scheduled_for AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       CASE
         WHEN $9::boolean THEN 'manual'
         WHEN s.scheduled_for < to_timestamp($10::float8 * 60::float8) THEN 'catch_up'
         ELSE 'schedule'
       END,
       to_timestamp($11::float8 / 1000000::float8),
       CASE WHEN s.fate <> 'SERVE' THEN to_timestamp($11::float8 / 1000000::float8) END,
       CASE
         WHEN s.fate = 'RESTORED' THEN 'unknown'
         WHEN s.fate <> 'SERVE' THEN 'not_delivered'
       END,
       nullif(s.fate, 'SERVE'),
       CASE s.fate
         WHEN 'GIVEN_UP' THEN 'no tick served it within the catch-up time'
         WHEN 'CANCELLED' THEN 'the schedule was changed before it was served'
         WHEN 'RESTORED' THEN 'it may have been served before the database was restored'
       END,
       $12, $13
  FROM tiled AS s
 WHERE s.fate <> 'SERVE'
    OR s.turn = 1
   AND NOT EXISTS (SELECT
                     FROM sync_run_log AS a
                    WHERE a.org_id = s.org_id AND a.integration_id = s.integration_id
                      AND a.status IN ('pending', 'running'))
   AND ($15::boolean
        OR NOT
        -- include: conditions/taken_over.sql
       )
 ORDER BY s.org_id, s.integration_id, s.scheduled_for
    ON CONFLICT DO NOTHING
RETURNING r.error_code AS verdict, false AS is_adopted,
       -- include: columns/takes_ms.sql
       ,
       -- include: columns/before.sql
       ,
       -- include: columns/run.sql
