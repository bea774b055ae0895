-- What the sweep saw, one row a look: the live deployment through its public host and, in the
-- same second, the rollback target through its immutable address.
-- Locks: none that matters, the table is new.

-- migrate:up

CREATE TABLE probes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  deployment text NOT NULL,
  -- ok; failed: the deployment's fault; unknown: the answer did not come from it.
  live text NOT NULL CHECK (live IN ('ok', 'failed', 'unknown')),
  detail text NOT NULL,
  -- The four checks as the app's health endpoint named them; empty when it did not answer.
  checks jsonb NOT NULL DEFAULT '{}',
  target text,
  target_state text CHECK (target_state IN ('ok', 'failed', 'unknown')),
  -- Set for the checks that follow a rollback.
  rollback_id uuid REFERENCES rollbacks (id)
);
CREATE INDEX probes_newest ON probes (environment, id DESC);

-- migrate:down

DROP TABLE probes;
