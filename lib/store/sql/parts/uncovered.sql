-- What no run covers of the progressions asked for (org_id, integration_id, first_minute,
-- last_minute, step, place, which is unique, settled_to: what lies up to it is covered anyway, and
-- future). A clock that was wrong made a run whose created_at is later than future. What that is
-- folded over is served at its time. It covers its own slot, because the key of that is spent.
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
          SELECT (date_part('epoch', f.covers_from) / 60::float8)::bigint,
                 (date_part('epoch', r.scheduled_for) / 60::float8)::bigint
            FROM sync_run_log AS r
           CROSS JOIN LATERAL (
                  SELECT CASE
                           WHEN r.created_at > a.future THEN r.scheduled_for
                           ELSE r.covers_from
                         END
                ) AS f (covers_from)
           WHERE r.org_id = a.org_id AND r.integration_id = a.integration_id
             AND r.scheduled_for >= to_timestamp(a.first_minute::float8 * 60::float8)
             AND f.covers_from <= to_timestamp(a.last_minute::float8 * 60::float8)
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
