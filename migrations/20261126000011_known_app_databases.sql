-- Which database the app's is, as the journal in it tells: a restored or branched one is noticed
-- before a rollback plans for it. Locks: ShareRowExclusive on environments for a moment, for the
-- foreign key; the table is new. The code from before does not read it.

-- migrate:up

CREATE TABLE app_databases (
  environment text PRIMARY KEY REFERENCES environments,
  -- As they were when a run of this environment ended there, or when a person accepted it.
  identity uuid NOT NULL,
  newest_run uuid NOT NULL,
  -- So many runs there were, and so many of them came forward: it only ever grows.
  age bigint NOT NULL CHECK (age > 0),
  seen_at timestamptz NOT NULL DEFAULT app_now()
);

-- migrate:down

DROP TABLE app_databases;
