-- What the ticks of a trigger have said since its own row cannot be written.
SELECT max(d.warnings ->> ($1::text || '@' || $2::text)) AS warnings
  FROM sync_database_state AS d
