-- A vendor has a given and a family name: what stands before the first space, and the rest, which
-- may be nothing. A version that knows only the whole name fails nowhere, but neither version sees
-- what the other one writes. Reads the table through under its lock; it has a few dozen rows.
-- migrate:up
ALTER TABLE vendors ADD COLUMN given_name text;
ALTER TABLE vendors ADD COLUMN family_name text;
UPDATE vendors
   SET given_name = split_part(name, ' ', 1),
       family_name = substr(name, length(split_part(name, ' ', 1)) + 2)
 WHERE given_name IS NULL;
ALTER TABLE vendors ALTER COLUMN given_name SET NOT NULL;
ALTER TABLE vendors ALTER COLUMN family_name SET NOT NULL;

-- migrate:down
UPDATE vendors SET name = btrim(concat_ws(' ', given_name, family_name))
 WHERE name IS DISTINCT FROM btrim(concat_ws(' ', given_name, family_name));
ALTER TABLE vendors DROP COLUMN family_name;
ALTER TABLE vendors DROP COLUMN given_name;
