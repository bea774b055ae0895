-- Sessions that end when nobody is there, and whose secret changes as they go on; tokens that say
-- who made them. Every secret of a session is kept, as SHA-256, so that one from before is known
-- for the copy that it is. Locks: AccessExclusive on sessions and tokens for a moment, and sessions
-- is written anew (a few hundred rows). The code from before goes on signing people in: the trigger
-- tells their sessions' secrets. Where it answers again, who has got a newer secret signs in again.

-- migrate:up

ALTER TABLE tokens ADD COLUMN made_by text;

ALTER TABLE sessions ADD COLUMN seen_at timestamptz NOT NULL DEFAULT app_now();
CREATE INDEX sessions_by_token ON sessions (token_id) WHERE ended_at IS NULL;

CREATE TABLE session_secrets (
  secret_sha256 bytea PRIMARY KEY CHECK (length(secret_sha256) = 32),
  session_id uuid NOT NULL REFERENCES sessions (id),
  made_at timestamptz NOT NULL DEFAULT app_now(),
  -- Empty: nobody has shown it yet, and maybe the answer that brought it was lost.
  first_used_at timestamptz,
  -- A newer one was shown.
  retired_at timestamptz
);
CREATE INDEX session_secrets_by_session ON session_secrets (session_id);

INSERT INTO session_secrets (secret_sha256, session_id, made_at, first_used_at)
  SELECT secret_sha256, id, created_at, created_at FROM sessions WHERE ended_at IS NULL;

CREATE FUNCTION tell_first_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO session_secrets (secret_sha256, session_id, first_used_at)
    VALUES (NEW.secret_sha256, NEW.id, app_now());
  RETURN NULL;
END
$$;
CREATE TRIGGER session_has_a_secret AFTER INSERT ON sessions
  FOR EACH ROW EXECUTE FUNCTION tell_first_secret();

-- migrate:down

DROP TRIGGER session_has_a_secret ON sessions;
DROP FUNCTION tell_first_secret();
DROP TABLE session_secrets;
DROP INDEX sessions_by_token;
ALTER TABLE sessions DROP COLUMN seen_at;
ALTER TABLE tokens DROP COLUMN made_by;
