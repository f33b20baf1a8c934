-- The names of these organisations ($1) and where they are, for what is said to people.
SELECT o.id AS org_id,
       -- include: columns/organization.sql
  FROM organizations AS o
 WHERE o.id = ANY ($1::uuid[])
