-- What deployment_history has no column for, when each deployment was live, and what may not
-- come back by itself. Locks: ShareRowExclusive on deployment_history for the foreign key, short.

-- migrate:up

CREATE TABLE environments (
  environment text PRIMARY KEY CHECK (environment IN ('production', 'staging')),
  -- The next look of the sweep, claimed by moving it: overlapping sweeps share one cadence.
  next_look_at timestamptz NOT NULL DEFAULT app_now(),
  -- The failed rollback after which automatic ones wait for a person; NULL: not locked.
  locked_by uuid
);
INSERT INTO environments (environment) VALUES ('production'), ('staging');

-- 1:1 with deployment_history: a deployment recorded for one environment.
CREATE TABLE deployment_details (
  id uuid PRIMARY KEY REFERENCES deployment_history (id),
  environment text NOT NULL REFERENCES environments,
  vercel_deployment_id varchar(100) NOT NULL,
  url text NOT NULL DEFAULT '',
  title text NOT NULL DEFAULT '',
  author text NOT NULL DEFAULT '',
  recorded_by text NOT NULL,
  UNIQUE (environment, vercel_deployment_id)
);

-- A deployment was what an environment's hosts served, from .. until; the open one is live now.
CREATE TABLE live_periods (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  environment text NOT NULL REFERENCES environments,
  deployment uuid NOT NULL REFERENCES deployment_history (id),
  live_from timestamptz NOT NULL DEFAULT app_now(),
  live_until timestamptz CHECK (live_until >= live_from),
  how text NOT NULL CHECK (how IN ('deploy', 'promote', 'rollback', 'observed')),
  rollback_id uuid,
  -- The app's migration ledger at that moment; NULL: it could not be read.
  ledger text[]
);
CREATE UNIQUE INDEX live_periods_one_open ON live_periods (environment) WHERE live_until IS NULL;
CREATE INDEX live_periods_newest ON live_periods (environment, live_from DESC);
CREATE INDEX live_periods_by_deployment ON live_periods (deployment, live_from DESC);

-- A git SHA that may not come back by itself.
CREATE TABLE quarantine (
  environment text NOT NULL REFERENCES environments,
  git_sha varchar(40) NOT NULL,
  since timestamptz NOT NULL DEFAULT app_now(),
  rollback_id uuid NOT NULL,
  lifted_at timestamptz,
  PRIMARY KEY (environment, git_sha, rollback_id)
);

-- Texts of the app's migrations as a release brought them; a known version never changes.
CREATE TABLE migration_scripts (
  version varchar(50) PRIMARY KEY,
  name text NOT NULL,
  up_sql text NOT NULL,
  down_sql text,
  up_sha256 bytea NOT NULL CHECK (length(up_sha256) = 32),
  down_sha256 bytea CHECK (length(down_sha256) = 32),
  recorded_at timestamptz NOT NULL DEFAULT app_now(),
  recorded_by text NOT NULL,
  CHECK ((down_sql IS NULL) = (down_sha256 IS NULL))
);
CREATE TABLE deployment_migrations (
  deployment uuid NOT NULL REFERENCES deployment_history (id),
  version varchar(50) NOT NULL REFERENCES migration_scripts,
  PRIMARY KEY (deployment, version)
);

-- Webhook events already seen, so that a repeated delivery is not acted on twice.
CREATE TABLE webhook_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT app_now()
);

-- migrate:down

DROP TABLE webhook_events;
DROP TABLE deployment_migrations;
DROP TABLE migration_scripts;
DROP TABLE quarantine;
DROP TABLE live_periods;
DROP TABLE deployment_details;
DROP TABLE environments;
