-- What may be gone back to, as stored facts: which release proved itself, the security floor, what
-- is quarantined with its variables; and the pin that a rollback leaves behind.
-- Locks: deployment_details, environments and quarantine for a moment, to add columns without a
-- default or with a constant one; the first two a second time, for the foreign key. All are small.

-- migrate:up

-- When a release was live for long enough, with enough requests or good looks. Never taken back.
ALTER TABLE deployment_details ADD COLUMN proven_at timestamptz;

UPDATE deployment_details d SET proven_at = app_now()
  FROM deployment_history h
 WHERE h.id = d.id AND h.health_check_status = 'passing'
   AND (SELECT sum(coalesce(p.live_until, app_now()) - p.live_from) FROM live_periods p
         WHERE p.deployment = d.id) >= interval '30 minutes'
   AND (SELECT count(*) FROM probes p WHERE p.environment = d.environment
           AND p.deployment = d.vercel_deployment_id AND p.live = 'ok') >= 20;

-- "Never go back past this release"; NULL: no floor.
ALTER TABLE environments ADD COLUMN security_floor uuid REFERENCES deployment_details;

-- The variables a deployment was built with; empty: nobody knows them.
CREATE FUNCTION fingerprint(variables jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN coalesce(variables, '{}') = '{}' THEN ''
              ELSE encode(sha256(convert_to(variables::text, 'UTF8')), 'hex') END
$$;

-- The same commit with a changed variable is a new candidate. Empty: with whatever variables, which
-- is what the previous code means by its rows.
ALTER TABLE quarantine
  ADD COLUMN fingerprint text NOT NULL DEFAULT '',
  ADD COLUMN lifted_by text;

-- New releases do not go live by themselves, because of a rollback. The setting is the project's;
-- the row goes when it is set back.
CREATE TABLE pins (
  environment text PRIMARY KEY REFERENCES environments,
  -- Whether they did before.
  before boolean NOT NULL,
  since timestamptz NOT NULL DEFAULT app_now(),
  -- The last rollback that left it so.
  rollback_id uuid NOT NULL REFERENCES rollbacks (id)
);

-- migrate:down

DROP TABLE pins;
ALTER TABLE quarantine
  DROP COLUMN lifted_by,
  DROP COLUMN fingerprint;
DROP FUNCTION fingerprint(jsonb);
ALTER TABLE environments DROP COLUMN security_floor;
ALTER TABLE deployment_details DROP COLUMN proven_at;
