-- The one clock that SQL compares with. Production never writes a row here; a test that needs
-- an hour to pass moves the clock of its whole database, so that every process sees it.
-- Locks: none that matters, the table is new.

-- migrate:up

CREATE TABLE clock_offset (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  ahead interval NOT NULL
);

CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT clock_timestamp() + coalesce((SELECT ahead FROM clock_offset), interval '0')
$$;

-- migrate:down

DROP FUNCTION app_now();
DROP TABLE clock_offset;
