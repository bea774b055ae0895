-- An incident report finds what belongs to one rollback without reading whole tables.
-- Locks: audit, alerts, decisions and probes each refuse writes while their index is built; all but
-- audit are kept short, and that one has a few rows for each thing that was done.

-- migrate:up

-- A step names the rollback as its run in the app's database, whose id is the same.
CREATE INDEX audit_of_rollback ON audit ((coalesce(facts->>'rollback_id', facts->>'run_id')))
  WHERE coalesce(facts->>'rollback_id', facts->>'run_id') IS NOT NULL;
CREATE INDEX alerts_newest ON alerts (environment, at DESC);
CREATE INDEX decisions_of_period ON decisions (period, id);
CREATE INDEX verdicts_of_period ON verdicts (period, id);
CREATE INDEX probes_of_rollback ON probes (rollback_id) WHERE rollback_id IS NOT NULL;
CREATE INDEX live_periods_of_rollback ON live_periods (rollback_id) WHERE rollback_id IS NOT NULL;

-- migrate:down

DROP INDEX live_periods_of_rollback;
DROP INDEX probes_of_rollback;
DROP INDEX verdicts_of_period;
DROP INDEX decisions_of_period;
DROP INDEX alerts_newest;
DROP INDEX audit_of_rollback;
