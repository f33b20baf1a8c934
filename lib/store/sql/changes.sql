-- The texts of the journal, those of each integration by time; or a row without any, for the clock and
-- the schema's version. $1, $2: only this organisation, this integration. NULL: any. Where no text was in
-- force in a period, only those on either side say it: so the period is not asked for here. What no
-- encoding may have is replaced, as in columns/texts.sql.
SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
       sync_schema_version() AS schema_version,
       r.*
  FROM (SELECT) AS c
  LEFT JOIN (
         SELECT j.org_id, j.integration_id, j.schedule,
                CASE WHEN isfinite(j.valid_from)
                     THEN (date_part('epoch', j.valid_from) / 60::float8)::bigint
                END AS valid_from,
                (date_part('epoch', least(j.valid_to, j.stepped_back_to)) / 60::float8)::bigint
                  AS valid_to,
                coalesce((SELECT CASE
                                   WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
                                   THEN left(i.integration_type::text, 64)
                                   ELSE regexp_replace(left(i.integration_type::text, 64),
                                                       '[^\t -~]', '?', 'g')
                                 END
                            FROM organization_integrations AS i
                           WHERE i.org_id = j.org_id AND i.integration_id = j.integration_id
                           LIMIT 1),
                         (SELECT left(l.integration_type, 64)
                            FROM sync_run_log AS l
                           WHERE l.org_id = j.org_id AND l.integration_id = j.integration_id
                           ORDER BY l.scheduled_for DESC
                           LIMIT 1)) AS integration_type,
                -- include: columns/organization.sql
           FROM sync_schedule_journal AS j
           LEFT JOIN LATERAL (SELECT n.name, n.timezone
                                FROM organizations AS n
                               WHERE n.id = j.org_id
                               LIMIT 1) AS o ON true
          WHERE ($1::uuid IS NULL OR j.org_id = $1)
            AND ($2::uuid IS NULL OR j.integration_id = $2)
       ) AS r ON true
 ORDER BY r.organization COLLATE "C", r.org_id, r.integration_type COLLATE "C", r.integration_id,
       r.valid_from NULLS FIRST, r.valid_to NULLS LAST
