-- A rollback may take the app's database back. Locks: AccessExclusive on rollbacks and live_periods,
-- each for a moment: constant defaults rewrite nothing. The code from before does not write them.

-- migrate:up

-- A person chose that the newer release stops working while the database is back.
ALTER TABLE rollbacks ADD COLUMN allow_exclusive boolean NOT NULL DEFAULT false;

-- Of the ledger at that moment, what rollbacks had taken back: the ledger itself still holds it.
ALTER TABLE live_periods ADD COLUMN rolled_back text[] NOT NULL DEFAULT '{}';

-- migrate:down

ALTER TABLE live_periods DROP COLUMN rolled_back;
ALTER TABLE rollbacks DROP COLUMN allow_exclusive;
