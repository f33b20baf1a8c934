-- Who ticks, and when last. $3: who does not work with this version of the schema does not tick.
INSERT INTO sync_trigger_state AS t (trigger_name, host, last_tick_at)
SELECT $1, $2, now()
 WHERE sync_schema_version() = $3::integer
    ON CONFLICT (trigger_name, host)
    DO UPDATE SET last_tick_at = greatest(t.last_tick_at, excluded.last_tick_at)
