-- Feature switches: what each is, its state per environment, and what the original specification's
-- feature_rollbacks has no column for. Locks: every table is new.

-- migrate:up

-- As the app's CI or an admin told of them; what a release no longer names stays, for the versions
-- that one may go back to.
CREATE TABLE flags (
  key text PRIMARY KEY CHECK (key ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
  title text NOT NULL,
  -- What visitors lose while it is off.
  loses text NOT NULL,
  owner text NOT NULL,
  safe_default text NOT NULL CHECK (safe_default IN ('on', 'off')),
  -- Why it cannot be turned off; NULL: it can.
  stays_on_because text,
  environments text[] NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT app_now(),
  recorded_by text NOT NULL,
  -- The newest list does not name it any more.
  retired_at timestamptz
);

CREATE TABLE flag_states (
  environment text NOT NULL REFERENCES environments,
  flag text NOT NULL REFERENCES flags,
  state text NOT NULL CHECK (state IN ('on', 'off')),
  -- NULL: nobody has touched it; it is as its safe default says.
  changed_at timestamptz,
  changed_by text,
  reason text,
  PRIMARY KEY (environment, flag)
);

-- Grows with each change of an environment's states. Changes queue here.
CREATE TABLE flag_revisions (
  environment text PRIMARY KEY REFERENCES environments,
  revision bigint NOT NULL DEFAULT 0
);
INSERT INTO flag_revisions (environment) SELECT environment FROM environments;

CREATE TABLE feature_rollback_details (
  id uuid PRIMARY KEY REFERENCES feature_rollbacks,
  environment text NOT NULL REFERENCES environments,
  restored_by text,
  restored_because text
);
CREATE INDEX feature_rollbacks_open ON feature_rollbacks (feature_name) WHERE restored_at IS NULL;

-- migrate:down

DROP INDEX feature_rollbacks_open;
DROP TABLE feature_rollback_details;
DROP TABLE flag_revisions;
DROP TABLE flag_states;
DROP TABLE flags;
