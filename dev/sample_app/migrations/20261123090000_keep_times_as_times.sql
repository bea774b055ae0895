-- Times become times, in a column of their own. A version that knows only the text cannot add an
-- event any more, and neither version sees what the other one moves. Reads the table through under
-- its lock; it has a few dozen rows.
-- migrate:up
ALTER TABLE events ADD COLUMN begins_at time;
UPDATE events SET begins_at = starts_at::time WHERE begins_at IS NULL;
ALTER TABLE events ALTER COLUMN begins_at SET NOT NULL;
ALTER TABLE events ALTER COLUMN starts_at DROP NOT NULL;

-- migrate:down
UPDATE events SET starts_at = to_char(begins_at, 'HH24:MI')
 WHERE starts_at IS DISTINCT FROM to_char(begins_at, 'HH24:MI');
ALTER TABLE events ALTER COLUMN starts_at SET NOT NULL;
ALTER TABLE events DROP COLUMN begins_at;
