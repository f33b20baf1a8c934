-- Whether the rows of organization_integrations AS i, grouped by integration, say that it is
-- enabled: one row does, and there is no other.
count(*) = 1 AND bool_and(i.is_enabled AND i.cron_schedule IS NOT NULL)
