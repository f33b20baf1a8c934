-- When the database was restored, where that is known: in microseconds since 1970, the greatest number
-- where no tick has kept that yet. NULL: it was not, or it is in recovery.
CASE
  WHEN NOT pg_is_in_recovery() AND EXISTS (SELECT FROM sync_database_state)
  THEN (SELECT CASE
                 WHEN d.timeline IS NULL
                   OR d.restored_at > now() + interval '60 seconds'
                      THEN 9223372036854775807
                 ELSE (date_part('epoch', d.restored_at) * 1000000::float8)::bigint
               END
          FROM (
                -- include: columns/identity.sql
               ) AS p
          LEFT JOIN sync_database_state AS d
            ON d.system_identifier = p.system_identifier
           AND d.timeline = p.timeline)
END AS restored_us
