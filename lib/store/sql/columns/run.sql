-- A run of sync_run_log AS r, as a claim returns it.
r.run_id, r.org_id, r.integration_id, r.integration_type, r.idempotency_key,
(extract(epoch FROM r.scheduled_for) / 60)::bigint AS scheduled_for,
(extract(epoch FROM r.covers_from) / 60)::bigint AS covers_from,
(extract(epoch FROM r.period_start) / 60)::bigint AS period_start,
r.attempt
