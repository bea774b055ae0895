-- What is decided from counted requests, with what it was decided by; and whether it may act.
-- Locks: environments for a moment, to add columns with constant defaults; it has two rows.

-- migrate:up

ALTER TABLE environments
  -- automatic: acts; shadow: writes down what it would have done; off: tells a person.
  ADD COLUMN mode text NOT NULL DEFAULT 'automatic' CHECK (mode IN ('automatic', 'shadow', 'off')),
  -- Of all that decide at once, one asks the gate; claimed by moving it.
  ADD COLUMN gate_free_at timestamptz NOT NULL DEFAULT app_now(),
  -- What still answers of the release before: open tabs. {deployment_id, per_minute, until}
  ADD COLUMN stragglers jsonb;

-- What the requests of a live period are held against, worked out once, and what is known of them.
CREATE TABLE baselines (
  period bigint PRIMARY KEY REFERENCES live_periods,
  -- stream -> null rate
  p0 jsonb NOT NULL,
  -- The share of requests that were answered 4xx before; NULL: too few to say.
  refused_before float8,
  -- Evidence from before one of these is dropped: the gate refused, or the cause was shared.
  resets timestamptz[] NOT NULL DEFAULT '{}',
  -- The newest verdict in numbers, and the end of the newest bucket that it saw.
  newest jsonb,
  newest_until timestamptz
);

-- A row for each verdict that differs from the one before it.
CREATE TABLE verdicts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  period bigint NOT NULL REFERENCES live_periods,
  -- End of the newest bucket that was looked at.
  until timestamptz NOT NULL,
  state text NOT NULL
    CHECK (state IN ('rollback', 'inconclusive', 'suspect', 'not_badly_broken', 'healthy')),
  path text CHECK (path IN ('soft', 'hard')),
  sentence text NOT NULL,
  -- Per stream: requests, errors, evidence and holds, as they were judged.
  findings jsonb NOT NULL,
  -- The buckets, as lib/health/recording.py writes them, deflated; NULL: too old to be kept.
  recording bytea
);
CREATE INDEX verdicts_newest ON verdicts (environment, id DESC);

-- What followed from evidence that would justify a rollback: done, or why not.
CREATE TABLE decisions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  period bigint NOT NULL REFERENCES live_periods,
  source text NOT NULL CHECK (source IN ('traffic', 'probes')),
  path text CHECK (path IN ('soft', 'hard')),
  -- End of the newest bucket that it was decided by; NULL: by probes.
  until timestamptz,
  outcome text NOT NULL CHECK (outcome IN
    ('rolled_back', 'would_roll_back', 'confirming', 'gate_refused', 'ask_a_person')),
  sentence text NOT NULL,
  -- What the gate saw, per candidate.
  gate jsonb NOT NULL DEFAULT '[]',
  target text,
  rollback_id uuid REFERENCES rollbacks (id)
);
CREATE INDEX decisions_newest ON decisions (environment, id DESC);

-- migrate:down

DROP TABLE decisions;
DROP TABLE verdicts;
DROP TABLE baselines;
ALTER TABLE environments
  DROP COLUMN stragglers,
  DROP COLUMN gate_free_at,
  DROP COLUMN mode;
