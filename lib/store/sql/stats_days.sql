-- How long the exports of each integration took, and whether they exported anything: from $3 to $4,
-- from $4 to $5 (minutes), and on each day (UTC) of these, in order. Only what was completed. $1, $2:
-- only this organisation, this integration; NULL: every one. Each integration is worked out by
-- itself, so that no more than its own runs are ever sorted.
-- A run whose number of records is not known may have exported some.
  WITH RECURSIVE integrations AS (
         -- include: parts/integrations.sql
       )
SELECT i.org_id, i.integration_id, d.*,
       -- include: columns/organization.sql
  FROM integrations AS i
 CROSS JOIN LATERAL (
       SELECT r.is_now, r.day, max(r.type) AS type, count(*) AS completed,
              min(r.slot) AS first_slot,
              max(r.slot) FILTER (WHERE r.records_exported IS DISTINCT FROM 0) AS exported_slot,
              percentile_cont(0.5::float8) WITHIN GROUP (ORDER BY r.took_ms)::bigint AS median_ms
         FROM (SELECT m.slot, m.slot >= $4::bigint AS is_now,
                      floor(m.slot::float8 / 1440::float8)::bigint AS day,
                      left(l.integration_type, 64) AS type, l.records_exported,
                      -- include: columns/took_ms.sql
                 FROM sync_run_log AS l,
                      LATERAL (SELECT (date_part('epoch', l.scheduled_for) / 60::float8)::bigint
                                        AS slot) AS m
                WHERE l.org_id = i.org_id AND l.integration_id = i.integration_id
                  AND l.scheduled_for >= to_timestamp($3::float8 * 60::float8)
                  AND l.scheduled_for < to_timestamp($5::float8 * 60::float8)
                  AND l.status = 'completed'
               OFFSET 0
              ) AS r
        GROUP BY GROUPING SETS ((r.is_now), (r.is_now, r.day))
       ) AS d
  LEFT JOIN LATERAL (SELECT n.name, n.timezone
                       FROM organizations AS n
                      WHERE n.id = i.org_id
                      LIMIT 1) AS o ON true
 WHERE ($1::uuid IS NULL OR i.org_id = $1)
   AND ($2::uuid IS NULL OR i.integration_id = $2)
 ORDER BY organization, i.org_id, i.integration_id, d.day NULLS FIRST, d.is_now
