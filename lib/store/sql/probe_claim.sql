-- The permission to probe the types $1, for those that nobody may have probed lately: taken before
-- anything is sent, in this one statement, so that of any number of callers at once one has it. Of
-- two that meet on a row the second waits, and reads in its WHERE what the first has written.
-- Whoever dies with it has still used it up: the next may come after the pause that holds by then,
-- and $3 seconds, within which this one must have sent its request. In key order, so that no two
-- wait for each other. $2: the time, in microseconds, where it is made up; else the clock of this
-- server. $5: nobody has it where the schema is of another version, as the reading of the log that
-- follows will say.
INSERT INTO sync_probe_state AS p (integration_type, claimed_at, next_probe_at)
SELECT asked.type, asked.now, asked.now + ($4::integer + $3::integer)::float8 * interval '1 second'
  FROM (SELECT type,
               coalesce('epoch'::timestamptz + $2::float8 * interval '1 microsecond', now()) AS now
          FROM pg_catalog.unnest($1::text[]) AS type) AS asked
 WHERE sync_schema_version() = $5::integer
 ORDER BY asked.type
    ON CONFLICT (integration_type) DO UPDATE
   SET claimed_at = excluded.claimed_at,
       next_probe_at = excluded.claimed_at + (p.pause_s + $3::integer)::float8 * interval '1 second'
 WHERE p.next_probe_at <= excluded.claimed_at
RETURNING integration_type
