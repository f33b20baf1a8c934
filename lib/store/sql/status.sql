-- The status of each integration: its schedule and state, what its log comes to, and its last runs,
-- at most $3, the newest first, as the JSON that is shown, where a time that is infinite is null: so
-- to_char() has it. $1, $2: only this organisation, this integration. $4: with error messages.
-- Each look into the log is a LATERAL join. It uses an index that begins with the integration and
-- ends with the slot, and it has a LIMIT or takes one end. So a history of years costs what a
-- history of days does. OFFSET 0 keeps the planner from hashing the whole log instead. At most 100
-- failed slots are read: those of the last 7 days and those since the last success. A slot that is
-- resolved as done has not failed, and what is resolved as not done is no longer unknown.
SELECT CASE
         WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
         THEN left(o.name::text, 200)
         ELSE regexp_replace(left(o.name::text, 200), '[^\t -~]', '?', 'g')
       END AS organization,
       (SELECT (date_part('epoch', max(least(j.valid_to, j.stepped_back_to))) / 60::float8)::bigint
          FROM sync_schedule_journal AS j
         WHERE j.org_id = i.org_id AND j.integration_id = i.integration_id) AS since,
       (date_part('epoch', done.scheduled_for) / 60::float8)::bigint AS last_success,
       CASE WHEN isfinite(done.completed_at)
            THEN (date_part('epoch', done.completed_at) * 1000::float8)::bigint END
                AS last_success_at,
       (date_part('epoch', well.since) / 60::float8)::bigint AS well_since,
       CASE WHEN waits.status = 'pending'
            THEN (date_part('epoch', waits.scheduled_for) / 60::float8)::bigint END AS pending_slot,
       CASE WHEN isfinite(waits.created_at)
            THEN (date_part('epoch', waits.created_at) * 1000::float8)::bigint END AS pending_since,
       waits.left_at IS NOT NULL AS is_left, takes.takes_ms,
       CASE WHEN waits.status = 'running' AND isfinite(waits.started_at)
            THEN (date_part('epoch', waits.started_at) * 1000::float8)::bigint END
                AS accepted_since,
       CASE WHEN f.in_row < 100 THEN f.in_row_least ELSE first.slot END AS in_row_first,
       f.*, early.*, r.runs,
       -- include: columns/schedule.sql
       ,
       -- include: columns/texts.sql
  FROM organization_integrations AS i
  LEFT JOIN organizations AS o ON o.id = i.org_id
  LEFT JOIN sync_schedule_state AS s
    ON s.org_id = i.org_id AND s.integration_id = i.integration_id
  LEFT JOIN LATERAL (
         SELECT c.scheduled_for, c.completed_at
           FROM sync_run_log AS c
          WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
            AND c.status = 'completed'
          ORDER BY c.scheduled_for DESC
          LIMIT 1
       ) AS done ON true
  LEFT JOIN LATERAL ( -- the last slot that failed, by whatever attempt
         SELECT c.scheduled_for
           FROM sync_run_log AS c
          WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
            AND c.status = 'failed'
          ORDER BY c.scheduled_for DESC
          LIMIT 1
       ) AS ill ON true
  LEFT JOIN LATERAL (
         SELECT c.scheduled_for AS since
           FROM sync_run_log AS c
          WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
            AND c.status = 'completed'
            AND c.scheduled_for >= coalesce(ill.scheduled_for, '-infinity')
          ORDER BY c.scheduled_for
          LIMIT 1
       ) AS well ON true
  LEFT JOIN LATERAL ( -- the first slot that failed since the last success
         SELECT (date_part('epoch', c.scheduled_for) / 60::float8)::bigint AS slot
           FROM sync_run_log AS c
          WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
            AND c.status = 'failed' AND c.resolution IS DISTINCT FROM 'done'
            AND c.scheduled_for > coalesce(done.scheduled_for, '-infinity')
          ORDER BY c.scheduled_for
          LIMIT 1
       ) AS first ON true
  LEFT JOIN LATERAL (
         SELECT
                -- include: columns/takes_ms.sql
           FROM (SELECT i.org_id, i.integration_id OFFSET 0) AS r
       ) AS takes ON true
  LEFT JOIN sync_run_log AS waits -- at most one active run, by its key
    ON waits.org_id = i.org_id AND waits.integration_id = i.integration_id
   AND waits.status IN ('pending', 'running')
   AND (waits.status = 'pending' OR waits.accepted_at IS NOT NULL)
  LEFT JOIN LATERAL (
         SELECT count(*) FILTER (WHERE is_new AND is_begun) AS in_row,
                min(u.slot) FILTER (WHERE is_new AND is_begun) AS in_row_least,
                max(u.slot) FILTER (WHERE is_new AND is_begun) AS in_row_last,
                count(*) FILTER (WHERE u.error_class = 'unknown') AS unknown,
                min(u.slot) FILTER (WHERE u.error_class = 'unknown') AS unknown_first,
                max(u.slot) FILTER (WHERE u.error_class = 'unknown') AS unknown_last,
                count(*) FILTER (WHERE NOT is_begun) AS given_up,
                min(u.slot) FILTER (WHERE NOT is_begun) AS given_up_first,
                max(u.slot) FILTER (WHERE NOT is_begun) AS given_up_last,
                count(*) FILTER (WHERE is_old_failure) AS failed,
                min(u.slot) FILTER (WHERE is_old_failure) AS failed_first,
                max(u.slot) FILTER (WHERE is_old_failure) AS failed_last,
                (pg_catalog.array_agg(u.error_code ORDER BY u.scheduled_for DESC)
                   FILTER (WHERE is_new AND is_begun))[1] AS last_code
           FROM (SELECT c.scheduled_for, c.error_code, c.started_at,
                        CASE
                          WHEN c.error_class = 'unknown' AND c.resolution = 'not_done'
                          THEN 'rejected'
                          ELSE c.error_class
                        END AS error_class,
                        (date_part('epoch', c.scheduled_for) / 60::float8)::bigint AS slot
                   FROM sync_run_log AS c
                  WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
                    AND c.status = 'failed'
                    AND c.scheduled_for > least(now() - interval '7 days',
                                                coalesce(done.scheduled_for, '-infinity'))
                    AND (c.started_at IS NOT NULL OR c.error_code IN ('GIVEN_UP', 'RESTORED'))
                    AND c.resolution IS DISTINCT FROM 'done'
                    AND NOT EXISTS (
                          SELECT FROM sync_run_log AS later
                           WHERE later.org_id = c.org_id
                             AND later.integration_id = c.integration_id
                             AND later.scheduled_for = c.scheduled_for
                             AND (later.attempt > c.attempt OR later.resolution = 'done')
                          OFFSET 0)
                  ORDER BY c.scheduled_for DESC
                  LIMIT 100
                ) AS u,
                LATERAL (SELECT u.scheduled_for > coalesce(done.scheduled_for, '-infinity')
                                  AS is_new,
                                u.error_code <> 'GIVEN_UP' OR u.started_at IS NOT NULL
                                  AS is_begun) AS w,
                LATERAL (SELECT NOT w.is_new AND w.is_begun AND u.error_class <> 'unknown'
                                  AS is_old_failure) AS v
       ) AS f ON true
  LEFT JOIN LATERAL ( -- served before its time: a slot to come, or one of the last 7 days
         SELECT count(*) AS early, min(u.slot) AS early_first, max(u.slot) AS early_last
           FROM (SELECT (date_part('epoch', c.scheduled_for) / 60::float8)::bigint AS slot
                   FROM sync_run_log AS c
                  WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
                    AND c.scheduled_for > now() + interval '30 seconds'
                    AND c.started_at IS NOT NULL
                  UNION ALL
                 SELECT (date_part('epoch', c.scheduled_for) / 60::float8)::bigint
                   FROM sync_run_log AS c
                  WHERE c.org_id = i.org_id AND c.integration_id = i.integration_id
                    AND c.scheduled_for > now() - interval '7 days'
                    AND c.scheduled_for <= now() + interval '30 seconds'
                    AND c.scheduled_for - c.started_at > interval '30 seconds'
                  LIMIT 100) AS u
       ) AS early ON true
  LEFT JOIN LATERAL (
         SELECT pg_catalog.json_agg(v) AS runs
           FROM (SELECT r.run_id AS "runId",
                        to_char(r.scheduled_for AT TIME ZONE 'UTC', t.format) AS "scheduledFor",
                        to_char(r.covers_from AT TIME ZONE 'UTC', t.format) AS "coversFrom",
                        to_char(r.period_start AT TIME ZONE 'UTC', t.format) AS "periodStart",
                        r.attempt, r.status, r.triggered_by AS "triggeredBy",
                        left(r.trigger_name, 200) AS "triggerName",
                        left(r.host, 200) AS host,
                        to_char(r.created_at AT TIME ZONE 'UTC', t.format) AS "createdAt",
                        to_char(r.started_at AT TIME ZONE 'UTC', t.format) AS "startedAt",
                        to_char(r.accepted_at AT TIME ZONE 'UTC', t.format) AS "acceptedAt",
                        to_char(r.completed_at AT TIME ZONE 'UTC', t.format) AS "completedAt",
                        to_char(r.failed_at AT TIME ZONE 'UTC', t.format) AS "failedAt",
                        CASE WHEN isfinite(r.started_at)
                               AND r.triggered_by IN ('schedule', 'catch_up')
                             THEN greatest(
                                    floor(date_part('epoch', r.started_at - r.scheduled_for)), 0
                                  )::bigint END AS "lateSeconds",
                        r.records_exported AS "recordsExported",
                        r.error_class AS "errorClass", r.error_code AS "errorCode",
                        CASE WHEN $4::boolean THEN r.error_message END AS "errorMessage",
                        r.http_status AS "httpStatus", r.request_id AS "requestId",
                        r.resolution,
                        to_char(r.resolved_at AT TIME ZONE 'UTC', t.format) AS "resolvedAt",
                        left(r.resolved_by, 200) AS "resolvedBy",
                        CASE WHEN $4::boolean THEN r.resolution_note END AS "resolutionNote"
                   FROM sync_run_log AS r,
                        (VALUES ('YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS t (format)
                  WHERE r.org_id = i.org_id AND r.integration_id = i.integration_id
                  ORDER BY r.scheduled_for DESC, r.attempt DESC
                  LIMIT $3::integer
                ) AS v
       ) AS r ON true
 WHERE ($1::uuid IS NULL OR i.org_id = $1)
   AND ($2::uuid IS NULL OR i.integration_id = $2)
 ORDER BY i.org_id, i.integration_id
