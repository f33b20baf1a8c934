-- The runs that a person may mean: those whose ids lie from $1 to $2, at most a few, or the last
-- attempt at the slot $5 (a minute) of the integration $3, $4.
SELECT
       -- include: columns/resolution.sql
       -- include: columns/run.sql
  FROM ((SELECT *
           FROM sync_run_log
          WHERE run_id BETWEEN $1::uuid AND $2::uuid
          ORDER BY run_id
          LIMIT 6)
         UNION ALL
        (SELECT *
           FROM sync_run_log
          WHERE org_id = $3::uuid AND integration_id = $4::uuid
            AND scheduled_for = to_timestamp($5::float8 * 60::float8)
          ORDER BY attempt DESC
          LIMIT 1)) AS r
