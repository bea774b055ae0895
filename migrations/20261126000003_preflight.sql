-- Whether a rollback would work if it were needed now, as it was found; and when the platform's
-- scheduler really called.
-- Locks: environments for a moment, to add a column with a constant default; it has two rows.

-- migrate:up

ALTER TABLE environments
  -- Claimed by moving it. Not at once: a new installation has seen no cron and no log drain yet.
  ADD COLUMN next_preflight_at timestamptz NOT NULL DEFAULT app_now() + interval '5 minutes';
ALTER TABLE environments ALTER COLUMN next_preflight_at SET DEFAULT app_now();

-- The newest row is how it is; a new one is written when a check's state changes.
CREATE TABLE preflights (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  environment text NOT NULL REFERENCES environments,
  -- These states were found first, and last.
  since timestamptz NOT NULL,
  checked_at timestamptz NOT NULL CHECK (checked_at >= since),
  is_armed boolean NOT NULL,
  -- name, state and sentence of each check, in their order
  checks jsonb NOT NULL
);
CREATE INDEX preflights_newest ON preflights (environment, id DESC);

-- Sweeps that the platform's scheduler started; the newest few are kept.
CREATE TABLE scheduled_sweeps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now()
);

-- migrate:down

DROP TABLE scheduled_sweeps;
DROP TABLE preflights;
ALTER TABLE environments DROP COLUMN next_preflight_at;
