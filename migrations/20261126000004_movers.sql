-- Who let a deployment go live, where it was not one of our rollbacks; and the watch that follows
-- a rollback that somebody made elsewhere.
-- Locks: live_periods, probes and webhook_events for a moment each, to add columns without a
-- default; the CHECK reads live_periods once, which has a row for each go-live.

-- migrate:up

ALTER TABLE live_periods
  -- A name or id of the platform's; NULL: one of our rollbacks, or nobody said.
  ADD COLUMN moved_by text,
  -- The next look of the watch; NULL: it begins when the period does.
  ADD COLUMN next_watch_at timestamptz,
  DROP CONSTRAINT live_periods_how_check,
  ADD CONSTRAINT live_periods_how_check CHECK
    (how IN ('deploy', 'promote', 'rollback', 'rolled_back_elsewhere', 'observed'));

-- Set for the looks that follow somebody else's rollback.
ALTER TABLE probes ADD COLUMN watched_period bigint REFERENCES live_periods;

-- What an event says may be wanted later: it may come before traffic has moved.
ALTER TABLE webhook_events
  ADD COLUMN deployment text,
  ADD COLUMN moved_by text;

-- migrate:down

ALTER TABLE webhook_events
  DROP COLUMN moved_by,
  DROP COLUMN deployment;
ALTER TABLE probes DROP COLUMN watched_period;
UPDATE live_periods SET how = 'observed' WHERE how = 'rolled_back_elsewhere';
ALTER TABLE live_periods
  DROP CONSTRAINT live_periods_how_check,
  ADD CONSTRAINT live_periods_how_check CHECK
    (how IN ('deploy', 'promote', 'rollback', 'observed')),
  DROP COLUMN next_watch_at,
  DROP COLUMN moved_by;
