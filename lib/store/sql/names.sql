-- What people call an organisation and an integration, found (design section 7, "People's words").
-- Each row has the clock, and the zone of the organisations if they have one in common; and a match,
-- the best first: what is there before what was deleted, a whole name or id before a part of one.
-- Only the best are returned, at most 20, and how many there are. None matches, or nothing was asked
-- for: one row without ids.
-- $1: a word for the organisation. $2: one for the integration's id. $3 and $4: ORG/TYPE, likewise;
-- $4 without $3: the type alone. NULL: not asked for. No word is a pattern, so none needs escaping.
  WITH words AS (
         SELECT lower($1::text) AS org, lower($2::text) AS id, lower($3::text) AS part,
                lower($4::text) AS type
       ), known AS (
         (SELECT DISTINCT ON (i.org_id, i.integration_id)
                 i.org_id, i.integration_id, i.integration_type::text AS type, true AS is_there
            FROM organization_integrations AS i
           WHERE i.org_id IS NOT NULL AND i.integration_id IS NOT NULL
           ORDER BY i.org_id, i.integration_id)
          UNION ALL
         SELECT s.org_id, s.integration_id,
                (SELECT r.integration_type
                   FROM sync_run_log AS r
                  WHERE r.org_id = s.org_id AND r.integration_id = s.integration_id
                  ORDER BY r.scheduled_for DESC, r.attempt DESC
                  LIMIT 1),
                false
           FROM sync_schedule_state AS s
          WHERE NOT EXISTS (SELECT
                              FROM organization_integrations AS i
                             WHERE i.org_id = s.org_id AND i.integration_id = s.integration_id)
       ), places AS (
         SELECT coalesce(o.id, k.org_id) AS org_id, o.name, o.timezone,
                coalesce(k.is_there, false) AS is_there
           FROM (SELECT DISTINCT ON (id) id, name::text AS name, timezone::text AS timezone
                   FROM organizations
                  ORDER BY id) AS o
           FULL JOIN (SELECT org_id, bool_or(is_there) AS is_there
                        FROM known
                       GROUP BY org_id) AS k ON k.org_id = o.id
       ), judged AS ( -- 1: the whole, 2: a part, 9: no match; 0: not asked for
         SELECT p.*,
                CASE
                  WHEN w.org IS NULL THEN 0
                  WHEN w.org IN (p.org_id::text, lower(p.name)) THEN 1
                  WHEN left(p.org_id::text, length(w.org)) = w.org
                       OR position(w.org IN lower(p.name)) > 0 THEN 2
                  ELSE 9
                END AS by_org,
                CASE
                  WHEN w.part IS NULL THEN 0
                  WHEN w.part IN (p.org_id::text, lower(p.name)) THEN 1
                  WHEN left(p.org_id::text, length(w.part)) = w.part
                       OR position(w.part IN lower(p.name)) > 0 THEN 2
                  ELSE 9
                END AS by_part
           FROM places AS p, words AS w
       ), candidates AS (
         SELECT j.org_id, j.name, j.timezone, NULL::uuid AS integration_id, NULL::text AS type,
                j.is_there, j.by_org AS points
           FROM judged AS j, words AS w
          WHERE w.org IS NOT NULL AND w.id IS NULL AND w.type IS NULL AND j.by_org < 9
          UNION ALL
         SELECT k.org_id, j.name, j.timezone, k.integration_id, k.type, k.is_there,
                j.by_org + least(b.by_id, b.by_type)
           FROM words AS w, judged AS j
           JOIN known AS k ON k.org_id = j.org_id,
        LATERAL (SELECT CASE
                          WHEN k.integration_id::text = w.id THEN 1
                          WHEN left(k.integration_id::text, length(w.id)) = w.id THEN 2
                          ELSE 9
                        END AS by_id,
                        CASE
                          WHEN lower(k.type) = w.type THEN 1 + j.by_part
                          WHEN position(w.type IN lower(k.type)) > 0 THEN 2 + j.by_part
                          ELSE 9
                        END AS by_type) AS b
          WHERE j.by_org < 9 AND least(b.by_id, b.by_type) < 9
       ), best AS (
         SELECT *, count(*) OVER () AS matches
           FROM (SELECT *, rank() OVER (ORDER BY NOT is_there, points) AS place
                   FROM candidates) AS c
          WHERE place = 1
          ORDER BY name, type, org_id, integration_id
          LIMIT 20
       )
SELECT (date_part('epoch', now()) * 1000000::float8)::bigint AS now_us,
       sync_schema_version() AS schema_version,
       (SELECT CASE WHEN pg_catalog.count(DISTINCT coalesce(timezone, 'UTC')) < 2
                    THEN left(coalesce(min(timezone), 'UTC'), 65) END
          FROM places
         WHERE is_there) AS common_zone,
       left(coalesce(b.timezone, 'UTC'), 65) AS timezone,
       b.org_id, b.integration_id, coalesce(b.matches, 0) AS matches,
       CASE
         WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1')) THEN left(b.name, 200)
         ELSE regexp_replace(left(b.name, 200), '[^\t -~]', '?', 'g')
       END AS organization,
       CASE
         WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1')) THEN left(b.type, 64)
         ELSE regexp_replace(left(b.type, 64), '[^\t -~]', '?', 'g')
       END AS integration_type
  FROM (SELECT 1) AS always
  LEFT JOIN best AS b ON true
