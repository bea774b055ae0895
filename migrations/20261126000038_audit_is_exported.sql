-- How far the audit log is exported, as the job that exports it says: the functions cannot ask the
-- store, and warn when no export has come for days. Locks: none that matters, the table is new.

-- migrate:up

CREATE TABLE audit_exported (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  manifest text NOT NULL,
  -- When everything that was signed was last known to be in the store.
  at timestamptz NOT NULL
);

-- migrate:down

DROP TABLE audit_exported;
