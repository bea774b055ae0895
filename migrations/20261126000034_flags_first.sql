-- A switch that is turned off before code is rolled back, and which of them a release is suspected
-- of. Locks: decisions for a moment, for a CHECK that holds for every row; the tables are new.

-- migrate:up

-- One for each switch that was turned off by itself, and watched.
CREATE TABLE flag_trials (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  period bigint NOT NULL REFERENCES live_periods,
  flag text NOT NULL REFERENCES flags,
  rollback_id uuid NOT NULL REFERENCES feature_rollbacks,
  -- Of the errors of the newest minute, those that had the switch on.
  errors bigint NOT NULL,
  flagged bigint NOT NULL,
  -- helped: the errors stopped; did_not_help: code is next; overtaken: something else went live, or
  -- the errors became so many that nothing was waited for.
  outcome text CHECK (outcome IN ('helped', 'did_not_help', 'overtaken')),
  concluded_at timestamptz,
  CHECK ((outcome IS NULL) = (concluded_at IS NULL)),
  -- What somebody turned on again is theirs: nothing fights a person.
  UNIQUE (period, flag)
);
CREATE INDEX flag_trials_open ON flag_trials (environment) WHERE concluded_at IS NULL;

-- Named by whoever released it: what it changed is behind these.
CREATE TABLE suspect_flags (
  deployment uuid NOT NULL REFERENCES deployment_history,
  flag text NOT NULL,
  PRIMARY KEY (deployment, flag)
);

ALTER TABLE decisions
  DROP CONSTRAINT decisions_outcome_check,
  ADD CONSTRAINT decisions_outcome_check CHECK (outcome IN
    ('rolled_back', 'would_roll_back', 'confirming', 'gate_refused', 'ask_a_person',
     'turned_off', 'would_turn_off'));

-- migrate:down

DELETE FROM decisions WHERE outcome IN ('turned_off', 'would_turn_off');
ALTER TABLE decisions
  DROP CONSTRAINT decisions_outcome_check,
  ADD CONSTRAINT decisions_outcome_check CHECK (outcome IN
    ('rolled_back', 'would_roll_back', 'confirming', 'gate_refused', 'ask_a_person'));
DROP TABLE suspect_flags;
DROP TABLE flag_trials;
