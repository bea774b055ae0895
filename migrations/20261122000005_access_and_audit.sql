-- Who may do what, and what was done. Secrets are kept as SHA-256 only; they are random and
-- long, so a slow hash would add nothing. Locks: none that matters, the tables are new.

-- migrate:up

CREATE TABLE tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (name <> ''),
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'recorder')),
  secret_sha256 bytea NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

CREATE VIEW valid_tokens AS
  SELECT id, name, role, secret_sha256 FROM tokens
   WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > app_now());

CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_id uuid NOT NULL REFERENCES tokens (id),
  secret_sha256 bytea NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
  created_at timestamptz NOT NULL DEFAULT app_now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  actor text NOT NULL,
  action text NOT NULL,
  environment text,
  subject text,
  reason text,
  result text NOT NULL,
  facts jsonb NOT NULL DEFAULT '{}'
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Something a person should know; `once` keeps the same alert from being raised again.
CREATE TABLE alerts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT app_now(),
  environment text NOT NULL REFERENCES environments,
  kind text NOT NULL,
  sentence text NOT NULL,
  once text NOT NULL UNIQUE,
  rollback_id uuid REFERENCES rollbacks (id)
);

-- migrate:down

DROP TABLE alerts;
DROP TABLE audit;
DROP FUNCTION refuse_change();
DROP TABLE sessions;
DROP VIEW valid_tokens;
DROP TABLE tokens;
