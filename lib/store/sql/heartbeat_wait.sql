-- For heartbeat.sql, which follows in the same transaction: how long it waits for another tick of the
-- same trigger and host.
SELECT set_config('lock_timeout', '500ms', true)
