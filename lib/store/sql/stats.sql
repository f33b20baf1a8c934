-- What the runs come to, by $4: 'integration', 'org', 'type' or 'month'. $3 holds the minutes at which
-- periods begin, in order, and the one at which the last ends; each row says in which of them it is,
-- counted from 1. $1, $2: only this organisation, this integration; NULL: every one. What belongs
-- together comes together, by name, and in order of time.
-- The slots of each integration are found by the key of the log, as in runs.sql. The records may add
-- up to more than a bigint holds.
  WITH RECURSIVE integrations AS (
         -- include: parts/integrations.sql
       ), counted AS (
         SELECT CASE WHEN $4::text IN ('integration', 'org') THEN i.org_id END AS org_id,
                CASE WHEN $4 = 'integration' THEN i.integration_id END AS integration_id,
                CASE WHEN $4 = 'type' THEN r.type END AS only_type,
                r.period,
                CASE WHEN $4 IN ('integration', 'type') THEN max(r.type) END AS type,
                count(*) AS runs,
                count(*) FILTER (WHERE r.status = 'completed') AS completed,
                count(*) FILTER (WHERE r.status = 'failed' AND r.is_called
                                   AND r.error_class <> 'unknown') AS failed,
                count(*) FILTER (WHERE r.error_class = 'unknown') AS unknown,
                count(*) FILTER (WHERE r.status = 'failed' AND NOT r.is_called
                                   AND r.error_class <> 'unknown') AS given_up,
                count(*) FILTER (WHERE r.status IN ('pending', 'running')) AS active,
                count(*) FILTER (WHERE r.resolution IS NOT NULL) AS settled,
                least(sum(r.records_exported), 9223372036854775807::numeric)::bigint AS records,
                percentile_cont(0.5::float8) WITHIN GROUP (ORDER BY r.took_ms)::bigint AS median_ms,
                percentile_cont(0.95::float8) WITHIN GROUP (ORDER BY r.took_ms)::bigint AS most_ms
           FROM integrations AS i
          CROSS JOIN LATERAL (
                SELECT pg_catalog.width_bucket(
                         (date_part('epoch', l.scheduled_for) / 60::float8)::bigint, $3::bigint[]
                       ) AS period,
                       left(l.integration_type, 64) AS type, l.status, l.error_class, l.resolution,
                       l.records_exported, l.started_at IS NOT NULL AS is_called,
                       -- include: columns/took_ms.sql
                  FROM sync_run_log AS l
                 WHERE l.org_id = i.org_id AND l.integration_id = i.integration_id
                   AND l.scheduled_for >= to_timestamp(($3::bigint[])[1]::float8 * 60::float8)
                   AND l.scheduled_for < to_timestamp(
                         ($3::bigint[])[pg_catalog.cardinality($3::bigint[])]::float8 * 60::float8
                       )
                OFFSET 0
                ) AS r
          WHERE ($1::uuid IS NULL OR i.org_id = $1)
            AND ($2::uuid IS NULL OR i.integration_id = $2)
          GROUP BY 1, 2, 3, 4
       )
SELECT c.*,
       (SELECT ceil(date_part('epoch', p.pruned_before) / 60::float8)::bigint
          FROM sync_prune_state AS p
         WHERE isfinite(p.pruned_before)) AS pruned_before,
       -- include: columns/organization.sql
  FROM counted AS c
  LEFT JOIN LATERAL (SELECT n.name, n.timezone
                       FROM organizations AS n
                      WHERE n.id = c.org_id
                      LIMIT 1) AS o ON true
 ORDER BY organization, c.org_id, c.integration_id, c.only_type, c.period
