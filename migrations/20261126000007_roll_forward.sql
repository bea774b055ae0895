-- A rollback that undoes an earlier one: roll forward.
-- Locks: rollbacks for a moment, to add a column without a default and an index; it has a row for
-- each rollback there was.

-- migrate:up

-- NULL: it goes back.
ALTER TABLE rollbacks ADD COLUMN undoes uuid REFERENCES rollbacks (id);
-- Asked for twice, or by two people at once, it is one. One that failed may be tried again.
CREATE UNIQUE INDEX rollbacks_one_undo ON rollbacks (undoes) WHERE status <> 'failed';

-- migrate:down

DROP INDEX rollbacks_one_undo;
ALTER TABLE rollbacks DROP COLUMN undoes;
