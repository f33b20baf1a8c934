-- A run of sync_run_log AS r, as a claim returns it.
r.run_id, r.org_id, r.integration_id, r.integration_type, r.idempotency_key,
(date_part('epoch', r.scheduled_for) / 60::float8)::bigint AS scheduled_for,
(date_part('epoch', r.covers_from) / 60::float8)::bigint AS covers_from,
(date_part('epoch', r.period_start) / 60::float8)::bigint AS period_start,
r.attempt
