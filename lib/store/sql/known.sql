-- Whether an organisation or an integration is there, and if not, whether ticks have seen it: what
-- was deleted has left its state. $1, $2: the organisation, the integration; NULL: any.
SELECT EXISTS (SELECT
                 FROM organization_integrations AS i
                WHERE ($1::uuid IS NULL OR i.org_id = $1)
                  AND ($2::uuid IS NULL OR i.integration_id = $2)) AS is_there,
       EXISTS (SELECT
                 FROM sync_schedule_state AS s
                WHERE ($1::uuid IS NULL OR s.org_id = $1)
                  AND ($2::uuid IS NULL OR s.integration_id = $2)) AS was_there
