"""Tokens and dashboard sessions in Postgres, as hashes only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.access.models import Caller, Role
from lib.audit import origin
from lib.audit.store import write_audit
from lib.postgres import Database

#: Tells a leaked token from other random text.
MARK = "wsr_"
#: 32 random bytes: nothing to guess, so a plain hash is enough.
SECRET_BYTES = 32

#: Written at most once a minute: reads stay reads.
HOLDER = """
WITH used AS (
  UPDATE tokens SET last_used_at = app_now()
   WHERE secret_sha256 = %(secret)s
     AND (last_used_at IS NULL OR last_used_at < app_now() - interval '1 minute')
)
SELECT id, name, role FROM valid_tokens WHERE secret_sha256 = %(secret)s
"""

SIGNED_IN = """
SELECT t.name, t.role FROM sessions s JOIN valid_tokens t ON t.id = s.token_id
 WHERE s.secret_sha256 = %(secret)s AND s.ended_at IS NULL AND s.expires_at > app_now()
"""

START_SESSION = """
INSERT INTO sessions (token_id, secret_sha256, expires_at)
VALUES (%(token_id)s, %(secret)s, app_now() + %(lifetime)s)
"""

END_SESSION = """
UPDATE sessions s SET ended_at = app_now() FROM tokens t
 WHERE s.secret_sha256 = %(secret)s AND s.ended_at IS NULL AND t.id = s.token_id
RETURNING t.name, t.role
"""

MINT = """
INSERT INTO tokens (name, role, secret_sha256, expires_at)
VALUES (%(name)s, %(role)s, %(secret)s, app_now() + %(lifetime)s)
"""


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class AccessStore:
    database: Database

    async def by_token(self, token: str) -> Caller | None:
        row = await self.database.one(HOLDER, secret=digest(token))
        return Caller(name=row["name"], role=row["role"]) if row else None

    async def by_session(self, secret: str) -> Caller | None:
        row = await self.database.one(SIGNED_IN, secret=digest(secret))
        return Caller(**row) if row else None

    async def sign_in(self, token: str, *, lifetime: timedelta) -> tuple[Caller, str]:
        """The caller, and the secret of a new session. Raises Unauthenticated."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        async with self.database.transaction() as connection:
            cursor = await connection.execute(HOLDER, {"secret": digest(token)})
            row = await cursor.fetchone()
            if row is None:
                raise errors.Unauthenticated("This token is not known, has expired or was revoked.")
            await connection.execute(
                START_SESSION,
                {"token_id": row["id"], "secret": digest(secret), "lifetime": lifetime},
            )
            caller = Caller(name=row["name"], role=row["role"])
            origin.identified(caller, by="token")
            await write_audit(connection, actor=caller.name, action="session.start", result="ok")
        return caller, secret

    async def sign_out(self, secret: str) -> None:
        async with self.database.transaction() as connection:
            cursor = await connection.execute(END_SESSION, {"secret": digest(secret)})
            row = await cursor.fetchone()
            if row is not None:
                origin.identified(Caller(**row), by="session")
                await write_audit(connection, actor=row["name"], action="session.end", result="ok")

    async def mint(self, *, name: str, role: Role, by: str, lifetime: timedelta | None) -> str:
        """A new token, shown this once: only its hash is kept. `lifetime` None: no expiry."""
        token = MARK + secrets.token_urlsafe(SECRET_BYTES)
        async with self.database.transaction() as connection:
            await connection.execute(
                MINT,
                {"name": name, "role": role, "secret": digest(token), "lifetime": lifetime},
            )
            await write_audit(
                connection, actor=by, action="token.mint", subject=f"{name} ({role})", result="ok"
            )
        return token
