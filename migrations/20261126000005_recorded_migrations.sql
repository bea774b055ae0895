-- The migrations that a release contains, with their texts where they were brought, and each
-- change of the app's ledger. Locks: AccessExclusive on migration_scripts, deployment_migrations
-- and deployment_details, each for a moment: nothing is rewritten or read through.

-- migrate:up

ALTER TABLE migration_scripts
  -- Prisma's versions are folder names. varchar to text rewrites nothing.
  ALTER COLUMN version TYPE text,
  -- `-- rollback: safe|irreversible <reason>` at the top of the up text: the author's word.
  ADD COLUMN marked text CHECK (marked IN ('safe', 'irreversible')),
  ADD COLUMN marked_because text,
  ADD CONSTRAINT migration_scripts_marked CHECK ((marked IS NULL) = (marked_because IS NULL));

-- A release contains versions from before any text was recorded.
ALTER TABLE deployment_migrations
  DROP CONSTRAINT deployment_migrations_version_fkey,
  ALTER COLUMN version TYPE text,
  -- In the order of the app's own tool.
  ADD COLUMN position int NOT NULL DEFAULT 0;

ALTER TABLE deployment_details
  -- Its list of versions was told, though it may be empty; NULL: nobody did.
  ADD COLUMN migrations_recorded_at timestamptz,
  ADD COLUMN migrations_recorded_by text;

-- The app's database as it was last read. One row, because the app has one database.
CREATE TABLE ledger_watch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- The next reading, claimed by moving it; `fence` tells whose answer is the newest.
  next_read_at timestamptz NOT NULL DEFAULT app_now(),
  fence bigint NOT NULL DEFAULT 0,
  -- NULL: it was never read.
  ledger text[],
  read_at timestamptz
);
INSERT INTO ledger_watch DEFAULT VALUES;

-- A change of the ledger, noticed: one row for each environment that the database belongs to.
CREATE TABLE ledger_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  -- The reading before: it changed after that.
  changed_after timestamptz NOT NULL,
  ledger_from text[] NOT NULL,
  ledger_to text[] NOT NULL,
  -- What was live when it was noticed; NULL: nobody knew.
  live_deployment uuid REFERENCES deployment_history (id)
);
CREATE INDEX ledger_events_newest ON ledger_events (environment, at DESC);

-- migrate:down

DROP TABLE ledger_events;
DROP TABLE ledger_watch;
ALTER TABLE deployment_details
  DROP COLUMN migrations_recorded_by,
  DROP COLUMN migrations_recorded_at;
-- The wider columns stay: narrowing them could fail, and the code before never minded. What is
-- recorded without a text stays too, so the key that comes back is for new rows only.
ALTER TABLE deployment_migrations
  DROP COLUMN position,
  ADD CONSTRAINT deployment_migrations_version_fkey
    FOREIGN KEY (version) REFERENCES migration_scripts NOT VALID;
ALTER TABLE migration_scripts
  DROP COLUMN marked_because,
  DROP COLUMN marked;
