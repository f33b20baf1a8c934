-- Which database this is, not in recovery. pg_walfile_name() knows a new timeline at once.
SELECT c.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
  FROM pg_control_system() AS c
