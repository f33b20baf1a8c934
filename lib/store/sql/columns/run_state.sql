-- How a run is now: what each transition returns of the row that it changed, and state.sql reads.
status, worker, error_class, error_code, accepted_at IS NOT NULL AS is_accepted,
(extract(epoch FROM started_at) * 1000000)::bigint AS started_at
