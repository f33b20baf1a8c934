-- Keeps which database this is, where that is not known yet, or a clock that was wrong kept it. What
-- was served up to now is then not known; of the first one it is.
INSERT INTO sync_database_state AS d (system_identifier, timeline, restored_at)
SELECT p.system_identifier, p.timeline,
       CASE WHEN EXISTS (SELECT FROM sync_database_state) THEN now() END
  FROM (
        -- include: columns/identity.sql
       ) AS p
 WHERE sync_schema_version() = $1::integer
   AND NOT EXISTS (SELECT
                     FROM sync_database_state AS k
                    WHERE k.system_identifier = p.system_identifier AND k.timeline = p.timeline
                      AND (k.restored_at <= now() + interval '60 seconds') IS NOT FALSE)
    ON CONFLICT (system_identifier, timeline)
    DO UPDATE SET restored_at = excluded.restored_at
