-- While the platform rolls a release out, which one, to how many, and what the others get: the page
-- shows it, and what the others get is what a rollback goes back to.
-- Locks: environments exclusively, for a moment; it has two rows.

-- migrate:up

ALTER TABLE environments ADD COLUMN rolling jsonb;

-- migrate:down

ALTER TABLE environments DROP COLUMN rolling;
