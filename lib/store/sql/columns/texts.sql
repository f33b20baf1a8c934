-- The texts of a schedule's row: organization_integrations AS i, organizations AS o. Cut one
-- character past what is valid: hostile rows stay small. Not every encoding has every byte, nor
-- UTF-8 every character, and one text that cannot be sent would keep all rows away. So where that
-- may be, what is not ASCII is replaced; no valid text has any.
CASE
  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
  THEN left(i.integration_type::text, 64)
  ELSE regexp_replace(left(i.integration_type::text, 64), '[^\t -~]', '?', 'g')
END AS integration_type,
CASE
  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
  THEN left(i.cron_schedule::text, 1001)
  ELSE regexp_replace(left(i.cron_schedule::text, 1001), '[^\t -~]', '?', 'g')
END AS cron_schedule,
CASE
  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1'))
  THEN left(o.timezone::text, 65)
  ELSE regexp_replace(left(o.timezone::text, 65), '[^\t -~]', '?', 'g')
END AS timezone
