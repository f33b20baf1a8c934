-- What a run by hand decides from that names what to send, in one statement and so in one snapshot.
-- In each row the clock, up to where the log was pruned, up to when it is not known what was served
-- (as in read.sql), and the order's minutes: from $3 or, where that is NULL, from $5 minutes ago, to
-- $4 or with the present minute. Then, integration by integration of those chosen ($1: of this
-- organisation, $2: this one), its schedule and state, its journal in order of time, and the runs
-- that cover a part of these minutes, or whose period has one. There is always a row, for the sake of
-- the clock and the schema's version. starts_anew: where the period of another attempt would start
-- if the function did not know the key.
SELECT c.*, h.*
  FROM (SELECT t.now_us, t.schema_version, t.pruned_before, t.restored_us,
               coalesce($3::bigint, t.now_us / 60000000 - $5::bigint) AS order_from,
               coalesce($4::bigint, t.now_us / 60000000 + 1) AS order_to
          FROM (SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
                       sync_schema_version() AS schema_version,
                       (SELECT ceil(date_part('epoch', max(pruned_before)) / 60::float8)::bigint
                          FROM sync_prune_state) AS pruned_before,
                       -- include: columns/restored.sql
                OFFSET 0) AS t
        OFFSET 0) AS c
  LEFT JOIN LATERAL (
         SELECT 1 AS part, NULL::text AS text, NULL::bigint AS valid_from, NULL::bigint AS valid_to,
                NULL::uuid AS run_id, NULL::bigint AS scheduled_for, NULL::bigint AS covers_from,
                NULL::bigint AS period_start, NULL::bigint AS starts_anew, NULL::integer AS attempt,
                NULL::text AS status, NULL::text AS resolution, NULL::text AS error_class,
                NULL::text AS error_code, NULL::smallint AS http_status,
                NULL::bigint AS records_exported,
                CASE
                  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
                  THEN left(o.name::text, 160)
                  ELSE regexp_replace(left(o.name::text, 160), '[^\t -~]', '?', 'g')
                END AS org_name,
                -- include: columns/schedule.sql
                ,
                -- include: columns/texts.sql
           FROM organization_integrations AS i
           LEFT JOIN sync_schedule_state AS s
             ON s.org_id = i.org_id AND s.integration_id = i.integration_id
           LEFT JOIN organizations AS o ON o.id = i.org_id
          WHERE ($1::uuid IS NULL OR i.org_id = $1)
            AND ($2::uuid IS NULL OR i.integration_id = $2)
          UNION ALL
         SELECT 2, j.schedule,
                CASE WHEN isfinite(j.valid_from)
                     THEN (date_part('epoch', j.valid_from) / 60::float8)::bigint END,
                (date_part('epoch', least(j.valid_to, j.stepped_back_to)) / 60::float8)::bigint,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                j.org_id, j.integration_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
           FROM sync_schedule_journal AS j
          WHERE ($1::uuid IS NULL OR j.org_id = $1)
            AND ($2::uuid IS NULL OR j.integration_id = $2)
          UNION ALL
         SELECT 3, NULL, NULL, NULL, s.run_id,
                (date_part('epoch', s.scheduled_for) / 60::float8)::bigint,
                (date_part('epoch', s.covers_from) / 60::float8)::bigint,
                (date_part('epoch', s.period_start) / 60::float8)::bigint,
                CASE
                  WHEN s.status = 'failed' AND s.covers_from
                                             < to_timestamp(c.order_to::float8 * 60::float8)
                  THEN (date_part('epoch',
                        -- include: columns/period_start.sql
                       ) / 60::float8)::bigint
                END,
                s.attempt, s.status, s.resolution, s.error_class, s.error_code, s.http_status,
                s.records_exported, NULL,
                s.org_id, s.integration_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
           FROM sync_run_log AS s
          WHERE s.scheduled_for >= to_timestamp(c.order_from::float8 * 60::float8)
            AND (least(s.covers_from, s.period_start)
                 < to_timestamp(c.order_to::float8 * 60::float8)
                 OR s.period_start IS NULL)
            AND ($1::uuid IS NULL OR s.org_id = $1)
            AND ($2::uuid IS NULL OR s.integration_id = $2)
       ) AS h ON true
 ORDER BY h.org_id, h.integration_id, h.part, h.valid_from NULLS FIRST, h.scheduled_for, h.attempt
