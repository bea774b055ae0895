-- What people still have to be told, one row per alert and channel, written in the transaction
-- of the alert. Whoever runs sends what is due, under a lease and a fence.
-- Locks: alerts for a moment, to add columns without a default; it is small.

-- migrate:up

-- A person has seen it; it is over. Either ends the repetition where it pages.
ALTER TABLE alerts
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN acknowledged_by text,
  ADD COLUMN resolved_at timestamptz;
CREATE INDEX alerts_open ON alerts (environment) WHERE resolved_at IS NULL;

-- The channels that the settings name, so that an alert's transaction knows them. Kept by the sweep.
CREATE TABLE notify_channels (
  name text PRIMARY KEY,
  -- Wakes a person: hears of what needs one, again and again until it is acknowledged.
  pages boolean NOT NULL
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id bigint NOT NULL REFERENCES alerts (id),
  channel text NOT NULL,
  event text NOT NULL CHECK (event IN ('raised', 'acknowledged', 'resolved')),

  -- Failures since it was last accepted, the one under way included.
  attempt int NOT NULL DEFAULT 0,
  -- How often it was accepted.
  sent int NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT app_now(),
  due_at timestamptz NOT NULL DEFAULT app_now(),
  -- Nothing more is sent: accepted, given up, or nobody needs to hear it any more.
  done_at timestamptz,
  -- What went wrong last; never an address, which may be a secret.
  error text,

  UNIQUE (alert_id, channel, event)
);
CREATE INDEX outbox_due ON outbox (channel, due_at) WHERE done_at IS NULL;

-- migrate:down

DROP TABLE outbox;
DROP TABLE notify_channels;
DROP INDEX alerts_open;
ALTER TABLE alerts
  DROP COLUMN acknowledged_at,
  DROP COLUMN acknowledged_by,
  DROP COLUMN resolved_at;
