-- The external system of the type $1 asks not to be called for $2 milliseconds. Of two that ask the
-- longer one wins, unless it is from the future: a clock that was wrong wrote that.
INSERT INTO sync_throttle_state AS t (integration_type, asked_at, throttled_until)
VALUES ($1::text, now(),
        now() + least($2::float8, 86400000::float8) * interval '1 millisecond')
    ON CONFLICT (integration_type) DO UPDATE
   SET asked_at = excluded.asked_at,
       throttled_until = CASE
                           WHEN t.asked_at <= now() + interval '60 seconds'
                           THEN greatest(t.throttled_until, excluded.throttled_until)
                           ELSE excluded.throttled_until
                         END
