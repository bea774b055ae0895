-- Photographers say photos. A version that knows the table by its old name finds none.
-- migrate:up
ALTER TABLE shots RENAME TO photos;

-- migrate:down
ALTER TABLE photos RENAME TO shots;
