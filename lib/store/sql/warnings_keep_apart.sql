-- What the ticks of a trigger have said, where its own row cannot be written. $3 NULL: it is in that
-- row again.
UPDATE sync_database_state AS d
   SET warnings = CASE
                    WHEN $3::jsonb IS NULL THEN d.warnings - ($1::text || '@' || $2::text)
                    ELSE coalesce(d.warnings, '{}'::jsonb)
                           || pg_catalog.jsonb_build_object($1::text || '@' || $2::text, $3::jsonb)
                  END
 WHERE $3::jsonb IS NOT NULL OR d.warnings ? ($1::text || '@' || $2::text)
