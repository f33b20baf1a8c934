-- What an organisation, organizations AS o, is called, and where it is. What no encoding may have is
-- replaced, as in columns/texts.sql.
CASE
  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1')) THEN left(o.name::text, 200)
  ELSE regexp_replace(left(o.name::text, 200), '[^\t -~]', '?', 'g')
END AS organization,
CASE
  WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1')) THEN left(o.timezone::text, 65)
  ELSE regexp_replace(left(o.timezone::text, 65), '[^\t -~]', '?', 'g')
END AS timezone
