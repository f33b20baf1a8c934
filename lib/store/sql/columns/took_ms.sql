-- How long the call of a run that was completed, sync_run_log AS l, took, in milliseconds. NULL of
-- any other: one that failed says how long somebody waited, not how long an export takes.
CASE
  WHEN l.status = 'completed' AND isfinite(l.started_at) AND isfinite(l.completed_at)
  THEN greatest(date_part('epoch', l.completed_at - l.started_at) * 1000::float8, 0::float8)
END AS took_ms
