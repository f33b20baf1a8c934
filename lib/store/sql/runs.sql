-- The runs of the slots from $3 to before $4 (minutes), by slot. $1, $2: only this organisation, this
-- integration. $5: a status of the log, or 'accepted', 'unknown' (and unresolved) or 'settled'; $6: an
-- error code, in any case; $7: an HTTP status; $8: that took longer than so many milliseconds, or have
-- till now; $9: made by this host. NULL: any.
-- The log has no index that begins with the slot, which each insert would pay for. Its key begins
-- with the integration: so the integrations are walked through by that key, one probe each, and the
-- slots of each are found by it. OFFSET 0 keeps the planner from reading the whole log instead.
  WITH RECURSIVE integrations AS (
         -- include: parts/integrations.sql
       )
SELECT true AS is_found,
       -- include: columns/record.sql
  FROM integrations AS i
 CROSS JOIN LATERAL (
       SELECT *
         FROM sync_run_log AS l
        WHERE l.org_id = i.org_id AND l.integration_id = i.integration_id
          AND l.scheduled_for >= to_timestamp($3::float8 * 60::float8)
          AND l.scheduled_for < to_timestamp($4::float8 * 60::float8)
       OFFSET 0
       ) AS r
  LEFT JOIN LATERAL (SELECT n.name, n.timezone
                       FROM organizations AS n
                      WHERE n.id = r.org_id
                      LIMIT 1) AS o ON true
 WHERE ($1::uuid IS NULL OR i.org_id = $1)
   AND ($2::uuid IS NULL OR i.integration_id = $2)
   AND ($5::text IS NULL
        OR r.status = $5
        OR ($5 = 'unknown' AND r.error_class = 'unknown' AND r.resolution IS NULL)
        OR ($5 = 'settled' AND r.resolution IS NOT NULL)
        OR ($5 = 'accepted' AND r.status = 'running' AND r.accepted_at IS NOT NULL))
   AND ($6::text IS NULL OR lower(r.error_code) = lower($6))
   AND ($7::smallint IS NULL OR r.http_status = $7)
   AND ($8::bigint IS NULL
        OR coalesce(r.completed_at, r.failed_at, now()) - r.started_at
           > $8::float8 * interval '1 millisecond')
   AND ($9::text IS NULL OR lower(r.host) = lower($9))
 ORDER BY r.scheduled_for, r.org_id, r.integration_id, r.attempt
