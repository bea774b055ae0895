-- A rollback, its steps, its lease and its fence. The row is the truth: whoever holds the lease
-- may advance it, and every write names the fence it was made under.
-- Locks: none that matters, the tables are new.

-- migrate:up

CREATE TABLE rollbacks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  environment text NOT NULL REFERENCES environments,
  switch_method text NOT NULL CHECK (switch_method IN ('alias', 'instant')),
  target text NOT NULL,
  -- What was live when it was ordered; NULL: nobody knew.
  from_deployment text,

  requested_by text NOT NULL,
  automatic boolean NOT NULL DEFAULT false,
  reason text NOT NULL,
  note text,
  evidence jsonb NOT NULL DEFAULT '{}',
  requested_at timestamptz NOT NULL DEFAULT app_now(),
  deadline_at timestamptz NOT NULL,
  idempotency_key text,
  request_sha256 bytea,

  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
  step text NOT NULL,
  -- Grows with every change, so that a copy elsewhere can be told from the truth.
  revision bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT app_now(),
  wake_at timestamptz NOT NULL DEFAULT app_now(),
  finished_at timestamptz,
  overdue_since timestamptz,
  -- The next look at what we went back to, claimed by moving it.
  next_watch_at timestamptz,

  error text,
  visitors_get text,
  next_actions text[] NOT NULL DEFAULT '{}',

  CHECK ((status IN ('completed', 'failed')) = (finished_at IS NOT NULL)),
  CHECK ((idempotency_key IS NULL) = (request_sha256 IS NULL))
);
CREATE UNIQUE INDEX rollbacks_one_unfinished ON rollbacks (environment)
  WHERE status IN ('pending', 'in_progress');
CREATE UNIQUE INDEX rollbacks_idempotency ON rollbacks (requested_by, idempotency_key);
CREATE INDEX rollbacks_newest ON rollbacks (environment, requested_at DESC);

CREATE TABLE rollback_steps (
  rollback_id uuid NOT NULL REFERENCES rollbacks (id),
  step text NOT NULL CHECK (step IN ('record', 'switch', 'database', 'caches', 'verify')),
  position int NOT NULL,
  state text NOT NULL DEFAULT 'wait' CHECK (state IN ('wait', 'run', 'ok', 'bad', 'skipped')),
  attempt int NOT NULL DEFAULT 0,
  -- How long the step may go on trying, counted while somebody is working on it.
  budget interval NOT NULL,
  deadline_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  message text,
  -- What the step must know if it is run again, e.g. the state of things before it acted.
  facts jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (rollback_id, step),
  UNIQUE (rollback_id, position) DEFERRABLE INITIALLY DEFERRED
);

ALTER TABLE live_periods ADD FOREIGN KEY (rollback_id) REFERENCES rollbacks (id);
ALTER TABLE quarantine ADD FOREIGN KEY (rollback_id) REFERENCES rollbacks (id);
ALTER TABLE environments ADD FOREIGN KEY (locked_by) REFERENCES rollbacks (id);

-- migrate:down

ALTER TABLE environments DROP CONSTRAINT environments_locked_by_fkey;
ALTER TABLE quarantine DROP CONSTRAINT quarantine_rollback_id_fkey;
ALTER TABLE live_periods DROP CONSTRAINT live_periods_rollback_id_fkey;
DROP TABLE rollback_steps;
DROP TABLE rollbacks;
