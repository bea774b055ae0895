-- The audit log is read by people, newest first: all of it by its key, and what one person did, or
-- what was done of one kind, by these.
-- Locks: audit refuses writes while they are built; it has a few rows for each thing that was done.

-- migrate:up

CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);

-- migrate:down

DROP INDEX audit_by_action;
DROP INDEX audit_by_actor;
