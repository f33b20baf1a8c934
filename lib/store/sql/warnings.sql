-- What the ticks of this trigger on this host have warned of, and when.
UPDATE sync_trigger_state
   SET warnings = $3::jsonb
 WHERE trigger_name = $1 AND host = $2
