"""Tokens in Postgres, as hashes only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import DictRow

from lib import errors
from lib.access.models import Caller, Role
from lib.audit.store import write_audit
from lib.postgres import Connection, Database

#: Tells a leaked token from other random text.
MARK = "wsr_"
#: 32 random bytes: nothing to guess, so a plain hash is enough.
SECRET_BYTES = 32

#: Written at most once a minute: reads stay reads.
HOLDER = """
WITH holder AS (SELECT id, name, role FROM valid_tokens WHERE secret_sha256 = %(secret)s),
used AS (
  UPDATE tokens t SET last_used_at = app_now() FROM holder
   WHERE t.id = holder.id
     AND (t.last_used_at IS NULL OR t.last_used_at < app_now() - interval '1 minute')
)
SELECT id, name, role FROM holder
"""

MINT = """
INSERT INTO tokens (name, role, secret_sha256, made_by, expires_at)
VALUES (%(name)s, %(role)s, %(secret)s, %(by)s, app_now() + %(lifetime)s)
"""

LIST = """
SELECT t.id, t.name, t.role, t.made_by, t.created_at, t.expires_at, t.revoked_at, t.last_used_at,
       v.id IS NOT NULL AS is_valid,
       (SELECT count(*) FROM sessions s
         WHERE s.token_id = v.id AND s.ended_at IS NULL AND s.expires_at > app_now()
           AND s.seen_at > app_now() - %(idle)s) AS sessions
  FROM tokens t LEFT JOIN valid_tokens v USING (id)
 ORDER BY t.name, t.created_at, t.id
"""

#: Of those that have ended, only the id finds one: a name is given on.
FIND = """
SELECT t.id, t.name, t.role, v.id IS NOT NULL AS is_valid
  FROM tokens t LEFT JOIN valid_tokens v USING (id)
 WHERE t.id::text = lower(%(who)s) OR (t.name = %(who)s AND v.id IS NOT NULL)
 ORDER BY t.created_at, t.id FOR UPDATE OF t
"""
EXPIRE = (
    "UPDATE tokens SET expires_at = app_now() + %(after)s WHERE id = %(id)s RETURNING expires_at"
)
#: No row: somebody else was faster, which a read from before the lock does not show.
REVOKE = """
UPDATE tokens SET revoked_at = app_now() WHERE id = %(id)s AND revoked_at IS NULL RETURNING id
"""
END_SESSIONS = """
UPDATE sessions SET ended_at = app_now() WHERE token_id = %(id)s AND ended_at IS NULL
"""


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Token:
    """As `list` shows it."""

    id: UUID
    name: str
    role: Role
    #: None: from before that was kept.
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    #: To the minute.
    last_used_at: datetime | None
    is_valid: bool
    #: Those that are alive.
    sessions: int


@dataclass(frozen=True, slots=True)
class AccessStore:
    database: Database

    async def by_token(self, token: str) -> Caller | None:
        row = await self.database.one(HOLDER, secret=digest(token))
        return Caller(name=row["name"], role=row["role"]) if row else None

    async def mint(self, *, name: str, role: Role, by: str, lifetime: timedelta | None) -> str:
        """A new token, shown this once: only its hash is kept. `lifetime` None: no expiry."""
        token = MARK + secrets.token_urlsafe(SECRET_BYTES)
        async with self.database.transaction() as connection:
            await connection.execute(
                MINT,
                {
                    "name": name,
                    "role": role,
                    "secret": digest(token),
                    "by": by,
                    "lifetime": lifetime,
                },
            )
            await write_audit(
                connection, actor=by, action="token.mint", subject=f"{name} ({role})", result="ok"
            )
        return token

    async def tokens(self, *, idle: timedelta) -> list[Token]:
        """`idle`: a session that was not seen for so long is none."""
        return [Token(**row) for row in await self.database.all(LIST, idle=idle)]

    async def expire(self, who: str, *, after: timedelta, by: str) -> str:
        """Whose. `who`: a name or an id. Raises NotFound or Conflict."""
        async with self.database.transaction() as connection:
            token = await find(connection, who)
            if not token["is_valid"]:
                raise errors.Conflict(f"The token of {called(token)} has ended: mint a new one.")
            cursor = await connection.execute(EXPIRE, {"id": token["id"], "after": after})
            row = await cursor.fetchone()
            assert row is not None  # it is locked
            ends = row["expires_at"].isoformat(timespec="seconds")
            await note(connection, "token.expire", token, by, expires_at=ends)
        return called(token)

    async def revoke(self, who: str, *, by: str) -> tuple[str, int | None]:
        """Whose, and how many sessions ended with it; None: it had ended already.

        Raises NotFound or Conflict.
        """
        async with self.database.transaction() as connection:
            token = await find(connection, who)
            if not token["is_valid"]:
                return called(token), None
            revoked = await connection.execute(REVOKE, {"id": token["id"]})
            if await revoked.fetchone() is None:
                return called(token), None
            ended = await end_sessions(connection, token["id"])
            await note(connection, "token.revoke", token, by, sessions_ended=ended)
        return called(token), ended

    async def sign_out(self, who: str, *, by: str) -> tuple[str, int]:
        """Whose sessions ended, and how many. Raises NotFound or Conflict."""
        async with self.database.transaction() as connection:
            token = await find(connection, who)
            ended = await end_sessions(connection, token["id"])
            if ended:
                await note(connection, "session.end_all", token, by, sessions_ended=ended)
        return called(token), ended


async def find(connection: Connection, who: str) -> DictRow:
    """The one token that is meant, locked. Raises NotFound or Conflict."""
    rows = await (await connection.execute(FIND, {"who": who})).fetchall()
    if not rows:
        raise errors.NotFound(
            f"No token that is valid has the name {who}, and none the id. `list` shows them all."
        )
    if len(rows) > 1:
        ids = ", ".join(str(row["id"]) for row in rows)
        raise errors.Conflict(f"{len(rows)} tokens have the name {who}. Say which one: {ids}.")
    return rows[0]


async def end_sessions(connection: Connection, token_id: UUID) -> int:
    return (await connection.execute(END_SESSIONS, {"id": token_id})).rowcount


async def note(
    connection: Connection, action: str, token: DictRow, by: str, **facts: str | int
) -> None:
    await write_audit(
        connection,
        actor=by,
        action=action,
        subject=called(token),
        result="ok",
        facts={"token_id": str(token["id"]), **facts},
    )


def called(token: DictRow) -> str:
    return f"{token['name']} ({token['role']})"
