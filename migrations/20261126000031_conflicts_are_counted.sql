-- How much of what one release's code wrote the other's could not be, as the app's database was
-- last read: a page shows it without asking that database.
-- Locks: ledger_watch for a moment, to add a column with a constant default; it has one row.

-- migrate:up

ALTER TABLE ledger_watch ADD COLUMN conflicts int NOT NULL DEFAULT 0;

-- migrate:down

ALTER TABLE ledger_watch DROP COLUMN conflicts;
