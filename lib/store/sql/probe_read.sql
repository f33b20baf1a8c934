-- What is known of the types $1, and the time: $2, as in probe_claim.sql, or the clock.
SELECT a.type AS integration_type,
       (extract(epoch FROM coalesce('epoch'::timestamptz + $2::bigint * interval '1 microsecond',
                                    now())) * 1000000)::bigint AS now_us,
       (extract(epoch FROM p.claimed_at) * 1000000)::bigint AS claimed_at,
       (extract(epoch FROM p.next_probe_at) * 1000000)::bigint AS next_probe_at,
       p.pause_s,
       p.result,
       p.code,
       (extract(epoch FROM p.probed_at) * 1000000)::bigint AS probed_at,
       (extract(epoch FROM p.since) * 1000000)::bigint AS since
  FROM unnest($1::text[]) AS a (type)
  LEFT JOIN sync_probe_state AS p ON p.integration_type = a.type
