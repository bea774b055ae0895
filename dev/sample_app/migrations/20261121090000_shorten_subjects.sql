-- A subject fits on one line of a phone. A version that lets people write more fails where they
-- do. Reads the table through under its lock; it has a few dozen rows.
-- migrate:up
ALTER TABLE shots ALTER COLUMN subject TYPE varchar(40);

-- migrate:down
ALTER TABLE shots ALTER COLUMN subject TYPE text;
