-- The venue is on the printed card. A version that still reads the column fails, and what was in
-- it is gone: the way down brings back an empty one.
-- migrate:up
ALTER TABLE weddings DROP COLUMN venue;

-- migrate:down
ALTER TABLE weddings ADD COLUMN venue text;
