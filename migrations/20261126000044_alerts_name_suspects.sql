-- Who watches the app may name a switch that what is live now is suspected of; that is over when it
-- is no longer live, while what the release itself names stays.
-- Locks: suspect_flags exclusively and live_periods against changes, for a moment.

-- migrate:up

-- NULL: the release names it.
ALTER TABLE suspect_flags ADD COLUMN period bigint REFERENCES live_periods;

-- migrate:down

DELETE FROM suspect_flags WHERE period IS NOT NULL;
ALTER TABLE suspect_flags DROP COLUMN period;
