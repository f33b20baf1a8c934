-- Who ticks, and when last.
INSERT INTO sync_trigger_state AS t (trigger_name, host, last_tick_at)
VALUES ($1, $2, now())
    ON CONFLICT (trigger_name, host)
    DO UPDATE SET last_tick_at = greatest(t.last_tick_at, excluded.last_tick_at)
