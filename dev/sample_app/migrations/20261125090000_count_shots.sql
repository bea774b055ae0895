-- How many photographs are still to be taken, in all or at an event. Older code calls neither; by the
-- text nobody can tell, as a second function of a name may make its calls ambiguous.
-- migrate:up
CREATE FUNCTION shots_left() RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT count(*) FROM shots WHERE NOT taken';
CREATE FUNCTION shots_left(event text) RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT count(*) FROM shots WHERE NOT taken AND event_id = event';

-- migrate:down
DROP FUNCTION shots_left();
DROP FUNCTION shots_left(text);
