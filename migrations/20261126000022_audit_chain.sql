-- The audit log as evidence: each row gets a place in a chain of hashes after its commit, and the
-- chain is signed at checkpoints with a key that this database does not hold. The rows that are
-- there are queued, and get their places from the next sweep. Locks: AccessExclusive on audit for a
-- moment (columns that may be empty, a trigger); every other table is new. The code from before
-- goes on writing: the trigger queues its rows.

-- migrate:up

-- Who asked, where a request was behind it. Empty: the system itself, or a command.
ALTER TABLE audit
  ADD COLUMN role text,
  ADD COLUMN authenticated_by text,
  ADD COLUMN address text,
  ADD COLUMN request_id text;

-- Filled with the row and emptied by who seals: what to seal is found without reading the log.
CREATE TABLE audit_unsealed (audit_id bigint PRIMARY KEY);
INSERT INTO audit_unsealed SELECT id FROM audit;

-- Places follow the order of sealing: a row whose transaction was slow comes after later ones. No
-- foreign key: what is missing is found and named by `scripts.audit verify`, not prevented twice.
CREATE TABLE audit_chain (
  position bigint PRIMARY KEY CHECK (position > 0),
  audit_id bigint NOT NULL UNIQUE,
  row_sha256 bytea NOT NULL CHECK (length(row_sha256) = 32),
  link_sha256 bytea NOT NULL CHECK (length(link_sha256) = 32)
);

CREATE TABLE audit_checkpoints (
  number bigint PRIMARY KEY CHECK (number > 0),
  position bigint NOT NULL,
  link_sha256 bytea NOT NULL CHECK (length(link_sha256) = 32),
  at timestamptz NOT NULL,
  key_id text NOT NULL,
  hmac_sha256 bytea NOT NULL CHECK (length(hmac_sha256) = 32)
);

-- Requests that nobody known made and that were refused, until the sweep writes a row for each
-- address and minute.
CREATE TABLE denied_attempts (
  minute timestamptz NOT NULL,
  address text NOT NULL,
  problem text NOT NULL,
  example text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (minute, address, problem)
);

CREATE FUNCTION queue_for_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed (audit_id) VALUES (NEW.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER audit_is_queued AFTER INSERT ON audit
  FOR EACH ROW EXECUTE FUNCTION queue_for_sealing();
CREATE TRIGGER audit_chain_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Also where a session says that it is a replica.
ALTER TABLE audit
  ENABLE ALWAYS TRIGGER audit_is_append_only,
  ENABLE ALWAYS TRIGGER audit_is_queued;
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_chain_is_append_only;
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER audit_checkpoints_are_append_only;
-- Where the functions connect as the owner, it is the owner who must not.
REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_chain, audit_checkpoints FROM CURRENT_USER, PUBLIC;

-- migrate:down

GRANT UPDATE, DELETE, TRUNCATE ON audit TO CURRENT_USER;
ALTER TABLE audit ENABLE TRIGGER audit_is_append_only;
DROP TRIGGER audit_is_queued ON audit;
DROP FUNCTION queue_for_sealing();
DROP TABLE denied_attempts;
DROP TABLE audit_checkpoints;
DROP TABLE audit_chain;
DROP TABLE audit_unsealed;
ALTER TABLE audit
  DROP COLUMN role,
  DROP COLUMN authenticated_by,
  DROP COLUMN address,
  DROP COLUMN request_id;
