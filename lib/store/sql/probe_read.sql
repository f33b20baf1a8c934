-- What is known of the types $1, and the time: $2, as in probe_claim.sql, or the clock.
SELECT a.type AS integration_type,
       (date_part('epoch', coalesce('epoch'::timestamptz + $2::float8 * interval '1 microsecond',
                                    now())) * 1000000::float8)::bigint AS now_us,
       (date_part('epoch', p.claimed_at) * 1000000::float8)::bigint AS claimed_at,
       (date_part('epoch', p.next_probe_at) * 1000000::float8)::bigint AS next_probe_at,
       p.pause_s,
       p.result,
       p.code,
       (date_part('epoch', p.probed_at) * 1000000::float8)::bigint AS probed_at,
       (date_part('epoch', p.since) * 1000000::float8)::bigint AS since
  FROM pg_catalog.unnest($1::text[]) AS a (type)
  LEFT JOIN sync_probe_state AS p ON p.integration_type = a.type
