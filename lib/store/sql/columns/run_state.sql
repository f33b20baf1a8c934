-- How a run is now: what each transition returns of the row that it changed, and state.sql reads.
status, worker, error_class, error_code, accepted_at IS NOT NULL AS is_accepted,
(date_part('epoch', started_at) * 1000000::float8)::bigint AS started_at
