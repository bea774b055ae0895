-- Vendors leave a note at an event. Nullable, no default: a short lock, no rewrite, and versions
-- that do not know the column run on unchanged.
-- migrate:up
ALTER TABLE events ADD COLUMN note text;

-- migrate:down
ALTER TABLE events DROP COLUMN note;
