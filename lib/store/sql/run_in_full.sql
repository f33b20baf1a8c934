-- The attempts at the slot of one run, all of them. The run: $1 to $2, the least and the greatest id
-- that begins as what was asked for; or $3, $4 and $5, organisation, integration and slot (a minute)
-- of its idempotency key, of which it is the last attempt. NULL: not asked for. With several runs,
-- the first ten are returned, each with its attempts.
  WITH found AS (
         SELECT f.*
           FROM (SELECT r.run_id, r.org_id, r.integration_id, r.scheduled_for
                   FROM sync_run_log AS r
                  WHERE r.run_id BETWEEN $1::uuid AND $2::uuid
                  ORDER BY r.run_id
                  LIMIT 10) AS f
          UNION ALL
         SELECT l.*
           FROM (SELECT r.run_id, r.org_id, r.integration_id, r.scheduled_for
                   FROM sync_run_log AS r
                  WHERE r.org_id = $3::uuid AND r.integration_id = $4::uuid
                    AND r.scheduled_for = to_timestamp($5::float8 * 60::float8)
                  ORDER BY r.attempt DESC
                  LIMIT 1) AS l
       )
SELECT f.run_id = r.run_id AS is_found,
       -- include: columns/record.sql
  FROM found AS f
  JOIN sync_run_log AS r
    ON r.org_id = f.org_id AND r.integration_id = f.integration_id
   AND r.scheduled_for = f.scheduled_for
  LEFT JOIN LATERAL (SELECT n.name, n.timezone
                       FROM organizations AS n
                      WHERE n.id = r.org_id
                      LIMIT 1) AS o ON true
 ORDER BY f.run_id, r.attempt
