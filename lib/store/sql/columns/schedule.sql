-- A schedule's row, as schedule_read_row() reads it, with columns/texts.sql:
-- organization_integrations AS i, organizations AS o, sync_schedule_state AS s. date_part() is
-- exact for minutes, at a third of the cost of extract(), which computes in numeric.
coalesce(i.org_id, s.org_id) AS org_id,
coalesce(i.integration_id, s.integration_id) AS integration_id,
i.is_enabled IS TRUE AND i.cron_schedule IS NOT NULL AS is_active,
o.id IS NOT NULL AS has_organization,
s.schedule AS state_text,
(date_part('epoch', s.mark) / 60::float8)::bigint AS mark
