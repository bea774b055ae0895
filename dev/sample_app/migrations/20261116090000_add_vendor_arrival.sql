-- Vendors say when they arrive. Nullable, no default: a short lock, no rewrite, and versions that
-- do not know the column run on unchanged.
-- migrate:up
ALTER TABLE vendors ADD COLUMN arrives_at time;

-- migrate:down
ALTER TABLE vendors DROP COLUMN arrives_at;
