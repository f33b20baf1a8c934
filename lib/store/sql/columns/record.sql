-- All of a run, sync_run_log AS r, with its organisation, organizations AS o; times in milliseconds,
-- infinite ones as NULL. What no encoding may have is replaced, as in columns/texts.sql.
r.run_id, r.org_id, r.integration_id, r.attempt, r.status, r.triggered_by, r.worker,
r.records_exported, r.error_class, r.http_status, r.resolution,
(date_part('epoch', r.scheduled_for) / 60::float8)::bigint AS scheduled_for,
(date_part('epoch', r.covers_from) / 60::float8)::bigint AS covers_from,
(date_part('epoch', r.period_start) / 60::float8)::bigint AS period_start,
CASE WHEN isfinite(r.created_at)
     THEN (date_part('epoch', r.created_at) * 1000::float8)::bigint END AS created_at,
CASE WHEN isfinite(r.started_at)
     THEN (date_part('epoch', r.started_at) * 1000::float8)::bigint END AS started_at,
CASE WHEN isfinite(r.accepted_at)
     THEN (date_part('epoch', r.accepted_at) * 1000::float8)::bigint END AS accepted_at,
CASE WHEN isfinite(coalesce(r.completed_at, r.failed_at))
     THEN (date_part('epoch', coalesce(r.completed_at, r.failed_at)) * 1000::float8)::bigint
END AS ended_at,
CASE WHEN isfinite(r.retry_at)
     THEN (date_part('epoch', r.retry_at) * 1000::float8)::bigint END AS retry_at,
CASE WHEN isfinite(r.resolved_at)
     THEN (date_part('epoch', r.resolved_at) * 1000::float8)::bigint END AS resolved_at,
left(r.integration_type, 64) AS integration_type, left(r.idempotency_key, 200) AS idempotency_key,
left(r.error_code, 64) AS error_code, left(r.error_message, 2000) AS error_message,
left(r.trigger_name, 200) AS trigger_name, left(r.host, 200) AS host,
left(r.request_id, 200) AS request_id, left(r.resolved_by, 200) AS resolved_by,
left(r.resolution_note, 2000) AS resolution_note,
-- include: columns/organization.sql
