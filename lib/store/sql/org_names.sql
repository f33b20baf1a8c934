-- The names of these organisations ($1), for what is said to people. What no encoding may have is
-- replaced, as in columns/texts.sql.
SELECT o.id AS org_id,
       CASE
         WHEN (SELECT getdatabaseencoding() IN ('UTF8', 'LATIN1')) THEN left(o.name::text, 200)
         ELSE regexp_replace(left(o.name::text, 200), '[^\t -~]', '?', 'g')
       END AS organization
  FROM organizations AS o
 WHERE o.id = ANY ($1::uuid[])
