-- The ids that several rows have, in key order, and what these rows say: nobody knows which is the
-- right one. They are looked for only where no key of either table keeps such rows out, as in a
-- view, so that others pay nothing. A key on fewer columns does as well.
  WITH keys (is_kept) AS (
         SELECT EXISTS (
                  SELECT
                    FROM pg_index AS x
                    JOIN pg_class AS c ON c.oid = x.indrelid
                   WHERE x.indrelid = t.relation::oid AND x.indisunique AND x.indisvalid
                     AND x.indpred IS NULL AND (c.relkind = 'p' OR NOT c.relhassubclass)
                     AND 0 <> ALL ((x.indkey::int2[])[0:x.indnkeyatts - 1])
                     AND NOT EXISTS (
                           SELECT
                             FROM pg_attribute AS a
                            WHERE a.attrelid = x.indrelid
                              AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])
                              AND a.attname <> ALL (t.columns)))
           FROM (VALUES ('organizations'::regclass, '{id}'::name[]),
                        ('organization_integrations', '{org_id,integration_id}'))
                AS t (relation, columns)
       ), repeated AS MATERIALIZED (
         SELECT i.org_id, i.integration_id, count(*) AS rows
           FROM organization_integrations AS i
           LEFT JOIN organizations AS o ON o.id = i.org_id
          WHERE NOT (SELECT bool_and(is_kept) FROM keys)
            AND i.org_id IS NOT NULL AND i.integration_id IS NOT NULL
          GROUP BY i.org_id, i.integration_id
         HAVING count(*) > 1
       ), rows AS (
         SELECT r.*, i.is_enabled IS TRUE AND i.cron_schedule IS NOT NULL AS is_active,
                -- include: columns/texts.sql
           FROM repeated AS r
           JOIN organization_integrations AS i
             ON i.org_id = r.org_id AND i.integration_id = r.integration_id
           LEFT JOIN organizations AS o ON o.id = i.org_id
       )
SELECT org_id, integration_id, bool_or(is_active) AS is_active,
       pg_catalog.format('set aside, %s rows have these ids: %s', rows,
              left(string_agg(pg_catalog.format('%s "%s" in %s%s', integration_type,
                                                left(cron_schedule, 80),
                                     coalesce(timezone, 'UTC'),
                                     CASE WHEN is_active THEN '' ELSE ', disabled' END),
                              '; ' ORDER BY integration_type, cron_schedule, timezone, is_active),
                   400)) AS error
  FROM rows
 GROUP BY org_id, integration_id, rows
 ORDER BY org_id, integration_id
