-- What no run covers of the progressions asked for (org_id, integration_id, first_minute,
-- last_minute, step, place, which is unique, settled_to: what lies up to it is covered anyway, and
-- future). A clock that was wrong made a run whose created_at is later than future, and a run that
-- began before its time, as correct.sql leaves it. The first covers nothing that it is folded over,
-- the second what lies up to its start. Both cover their own slot, because the key of that is spent.
-- The runs that meet a progression cut it into pieces: no slot is looked at by itself, however many
-- there are.
gaps AS (
  SELECT a.*, max(c.covered_to) OVER in_time + 1 AS gap_from,
         pg_catalog.lead(c.covered_from, 1, a.last_minute + 1) OVER in_time - 1 AS gap_to
    FROM asked AS a
   CROSS JOIN LATERAL (
          SELECT a.first_minute - 1 AS covered_from,
                 greatest(a.first_minute - 1, a.settled_to) AS covered_to
           UNION ALL
          SELECT (date_part('epoch', f.covered_from) / 60::float8)::bigint,
                 floor(date_part('epoch', f.covered_to) / 60::float8)::bigint
            FROM sync_run_log AS r
           CROSS JOIN LATERAL (SELECT coalesce(r.started_at, r.created_at)) AS b (begun_at)
           CROSS JOIN LATERAL (
                  SELECT r.covers_from,
                         CASE
                           WHEN b.begun_at < r.scheduled_for - interval '30 seconds'
                           THEN b.begun_at
                           ELSE r.scheduled_for
                         END
                   WHERE r.created_at > a.future IS NOT TRUE
                   UNION ALL
                  SELECT r.scheduled_for, r.scheduled_for
                ) AS f (covered_from, covered_to)
           WHERE r.org_id = a.org_id AND r.integration_id = a.integration_id
             AND r.scheduled_for >= to_timestamp(a.first_minute::float8 * 60::float8)
             AND f.covered_from <= to_timestamp(a.last_minute::float8 * 60::float8)
             AND f.covered_from <= f.covered_to
             AND f.covered_to >= to_timestamp(a.first_minute::float8 * 60::float8)
        ) AS c
  WINDOW in_time AS (PARTITION BY a.place ORDER BY c.covered_from)
), pieces AS (
  SELECT g.*, first_minute + (gap_from - first_minute + step - 1) / step * step AS first_uncovered,
         first_minute + (gap_to - first_minute) / step * step AS last_uncovered
    FROM gaps AS g
   WHERE gap_from <= gap_to
), uncovered AS (
  SELECT *
    FROM pieces
   WHERE first_uncovered <= last_uncovered
)
