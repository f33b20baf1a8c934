-- What an audit judges from, in one statement and so in one snapshot: a mark whose runs the log has
-- not got, or runs that were pruned meanwhile, would be slots missing that are not. In each row the
-- clock and up to where the log was pruned; then, integration by integration, its schedule and
-- state, the texts of its journal in order of time, and the runs that cover or export a part of $1
-- to $2 (minutes), by slot and attempt. There is always a row, for the sake of the clock and the
-- schema's version. $3, $4: only this organisation, this integration. $5: also what the log says of runs
-- that did not simply succeed, or that people had a hand in, and at the end when nothing ticked. The runs are found by the key of
-- the log, integration by integration, as in runs.sql: OFFSET 0 keeps the planner from reading the whole
-- log for a day of it.
  WITH RECURSIVE integrations AS (
         -- include: parts/integrations.sql
       )
SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
       (SELECT ceil(date_part('epoch', p.pruned_before) / 60::float8)::bigint
          FROM sync_prune_state AS p
         WHERE isfinite(p.pruned_before)) AS pruned_before,
       sync_schema_version() AS schema_version,
       h.*
  FROM (SELECT 1) AS always
  LEFT JOIN (
         SELECT 1 AS part, NULL::text AS text, NULL::bigint AS valid_from, NULL::bigint AS valid_to,
                NULL::bigint AS accounted_to, NULL::uuid AS run_id,
                NULL::bigint AS scheduled_for, NULL::bigint AS covers_from,
                NULL::bigint AS period_start, NULL::integer AS attempt, NULL::text AS status,
                NULL::text AS resolution, NULL::boolean AS is_resolved_by_function,
                NULL::text AS triggered_by, NULL::bigint AS started_at,
                NULL::boolean AS is_accepted, NULL::text AS error_class, NULL::text AS error_code,
                NULL::smallint AS http_status, NULL::bigint AS records_exported,
                NULL::text AS error_message, NULL::text AS trigger_name, NULL::text AS host,
                NULL::bigint AS created_at, NULL::text AS resolved_by, NULL::bigint AS resolved_at,
                NULL::text AS resolution_note,
                (SELECT CASE
                          WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
                          THEN left(n.name::text, 200)
                          ELSE regexp_replace(left(n.name::text, 200), '[^\t -~]', '?', 'g')
                        END
                   FROM organizations AS n
                  WHERE n.id = coalesce(i.org_id, s.org_id)
                  LIMIT 1) AS organization,
                -- include: columns/schedule.sql
                ,
                -- include: columns/texts.sql
           FROM organization_integrations AS i
           FULL JOIN sync_schedule_state AS s
             ON s.org_id = i.org_id AND s.integration_id = i.integration_id
           LEFT JOIN organizations AS o ON o.id = i.org_id
          WHERE ($3::uuid IS NULL OR $3 IN (i.org_id, s.org_id))
            AND ($4::uuid IS NULL OR $4 IN (i.integration_id, s.integration_id))
          UNION ALL
         SELECT 2, j.schedule,
                CASE WHEN isfinite(j.valid_from)
                     THEN (date_part('epoch', j.valid_from) / 60::float8)::bigint END,
                (date_part('epoch', least(j.valid_to, j.stepped_back_to)) / 60::float8)::bigint,
                (date_part('epoch', j.valid_to) / 60::float8)::bigint,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, j.org_id, j.integration_id,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL
           FROM sync_schedule_journal AS j
          WHERE ($3::uuid IS NULL OR j.org_id = $3)
            AND ($4::uuid IS NULL OR j.integration_id = $4)
          UNION ALL
         SELECT 3, NULL, NULL, NULL, NULL, r.run_id,
             (date_part('epoch', r.scheduled_for) / 60::float8)::bigint,
                (date_part('epoch', r.covers_from) / 60::float8)::bigint,
                (date_part('epoch', r.period_start) / 60::float8)::bigint, r.attempt, r.status,
                r.resolution, r.resolved_by = 'function', r.triggered_by,
                CASE WHEN isfinite(r.started_at)
                     THEN (date_part('epoch', r.started_at) * 1000::float8)::bigint END,
                r.status = 'running' AND r.accepted_at IS NOT NULL, r.error_class, r.error_code,
                r.http_status, r.records_exported, d.*, NULL,
                r.org_id, r.integration_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
           FROM integrations AS k
          CROSS JOIN LATERAL (
                SELECT *
                  FROM sync_run_log AS l
                 WHERE l.org_id = k.org_id AND l.integration_id = k.integration_id
                   AND l.scheduled_for >= to_timestamp($1::float8 * 60::float8)
                   AND least(l.covers_from, l.period_start)
                       < to_timestamp($2::float8 * 60::float8)
                OFFSET 0
                ) AS r
           LEFT JOIN LATERAL (
                SELECT left(r.error_message, 2000), left(r.trigger_name, 200), left(r.host, 200),
                       CASE WHEN isfinite(r.created_at)
                            THEN (date_part('epoch', r.created_at) * 1000::float8)::bigint END,
                       left(r.resolved_by, 200),
                       CASE WHEN isfinite(r.resolved_at)
                            THEN (date_part('epoch', r.resolved_at) * 1000::float8)::bigint END,
                       left(r.resolution_note, 2000)
                 WHERE $5::boolean
                   AND (r.status = 'failed' OR r.triggered_by = 'manual'
                        OR r.resolution IS NOT NULL)
                ) AS d ON true
          WHERE ($3::uuid IS NULL OR k.org_id = $3)
            AND ($4::uuid IS NULL OR k.integration_id = $4)
          UNION ALL
         SELECT 4, NULL, floor(date_part('epoch', t.gaps[n]) / 60::float8)::bigint,
                floor(date_part('epoch', min(t.gaps[n + 1])) / 60::float8)::bigint,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                NULL, NULL, NULL, NULL, NULL
           FROM sync_trigger_state AS t
          CROSS JOIN LATERAL generate_subscripts(t.gaps, 1) AS n
          WHERE $5::boolean AND n % 2 = 1
            AND t.gaps[n + 1] > to_timestamp($1::float8 * 60::float8)
            AND t.gaps[n] < to_timestamp($2::float8 * 60::float8)
          GROUP BY t.gaps[n]
       ) AS h ON true
 ORDER BY h.org_id, h.integration_id, h.part, h.valid_from NULLS FIRST, h.scheduled_for, h.attempt
