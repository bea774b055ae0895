"""Dashboard sessions: begun with a token, ended by time, by rest, by a person, or by a copy.

The secret changes as the session goes on. A new one is only offered: the one before holds until
its successor is shown, as the answer that brought it may have been lost, and a moment longer, for
the requests that were under way. Whoever shows it after that has copied it, or was copied.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString

from psycopg.rows import DictRow

from lib import errors
from lib.access.models import Caller
from lib.access.store import HOLDER, SECRET_BYTES, digest, end_sessions
from lib.audit import origin
from lib.audit.denials import NOBODY
from lib.audit.store import write_audit
from lib.postgres import Connection, Database

log = logging.getLogger(__name__)

#: Longer than a page waits for any answer (75 s): a second secret is offered only when the answer
#: that brings the first can change no cookie any more, and a request with an old one is over.
OVERLAP = timedelta(seconds=90)

#: A session that has ended opens nothing; its row is found by the id that `session_stolen` names.
KEPT = timedelta(days=30)
#: In one go: nobody waits long behind it.
MOST_FORGOTTEN = 500

#: Seen is written at most once a minute: reads stay reads.
FOUND = """
WITH found AS (
  SELECT s.id, s.token_id, t.name, t.role, s.expires_at - app_now() AS remaining,
         k.retired_at IS NOT NULL AS is_retired,
         coalesce(k.retired_at <= app_now() - %(overlap)s, false) AS is_copy,
         k.retired_at IS NULL AND k.first_used_at IS NULL AS is_news,
         k.retired_at IS NULL AND k.first_used_at <= app_now() - %(rotate)s AND NOT EXISTS (
           SELECT FROM session_secrets o
            WHERE o.session_id = s.id AND o.first_used_at IS NULL AND o.retired_at IS NULL
              AND o.made_at > app_now() - %(overlap)s) AS is_due
    FROM session_secrets k
    JOIN sessions s ON s.id = k.session_id
    JOIN valid_tokens t ON t.id = s.token_id
   WHERE k.secret_sha256 = %(secret)s AND s.ended_at IS NULL AND s.expires_at > app_now()
     AND s.seen_at > app_now() - %(idle)s
), seen AS (
  UPDATE sessions s SET seen_at = app_now() FROM found
   WHERE s.id = found.id AND NOT found.is_copy AND s.seen_at < app_now() - interval '1 minute'
)
SELECT * FROM found
"""

LOCK = """
SELECT FROM sessions
 WHERE id = (SELECT session_id FROM session_secrets WHERE secret_sha256 = %(secret)s) FOR UPDATE
"""
FIRST_USE = """
UPDATE session_secrets SET first_used_at = app_now() WHERE secret_sha256 = %(secret)s
"""
RETIRE_OTHERS = """
UPDATE session_secrets SET retired_at = app_now()
 WHERE session_id = %(id)s AND secret_sha256 <> %(secret)s AND retired_at IS NULL
"""
OFFER = "INSERT INTO session_secrets (secret_sha256, session_id) VALUES (%(secret)s, %(id)s)"

START = """
INSERT INTO sessions (token_id, secret_sha256, expires_at)
VALUES (%(token_id)s, %(secret)s, app_now() + %(lifetime)s)
"""
END = """
UPDATE sessions s SET ended_at = app_now() FROM tokens t, session_secrets k
 WHERE k.secret_sha256 = %(secret)s AND s.id = k.session_id AND s.ended_at IS NULL
   AND t.id = s.token_id
RETURNING t.name, t.role
"""
#: Of those at it at once each takes others.
FORGET = """
WITH old AS (
  SELECT id FROM sessions WHERE least(ended_at, expires_at) < app_now() - %(kept)s
   LIMIT %(most)s FOR UPDATE SKIP LOCKED
), their_secrets AS (
  DELETE FROM session_secrets k USING old WHERE k.session_id = old.id
)
DELETE FROM sessions s USING old WHERE s.id = old.id
"""


@dataclass(frozen=True, slots=True)
class Policy:
    lifetime: timedelta
    idle: timedelta
    rotate: timedelta


@dataclass(frozen=True, slots=True)
class Offer:
    """The secret that the browser shows from its next request on, if this answer arrives."""

    secret: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    caller: Caller
    offer: Offer | None = None
    #: It is another secret's turn: not to be remembered.
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Sessions:
    database: Database
    policy: Policy

    async def find(self, secret: str) -> Session | None:
        row = await self.database.one(FOUND, **self._asked(secret))
        if row and (row["is_copy"] or row["is_news"] or row["is_due"]):
            return await self._go_on(secret)
        return Session(holder(row), is_retired=row["is_retired"]) if row else None

    async def sign_in(self, token: str, *, instead_of: str = "") -> tuple[Caller, Offer]:
        """`instead_of`: the secret that the browser had before. Raises Unauthenticated."""
        offer = Offer(new_secret(), self.policy.lifetime)
        async with self.database.transaction() as connection:
            row = await fetch(connection, HOLDER, secret=digest(token))
            if row is None:
                raise errors.Unauthenticated("This token is not known, has expired or was revoked.")
            await end(connection, instead_of)
            await connection.execute(
                START,
                {
                    "token_id": row["id"],
                    "secret": digest(offer.secret),
                    "lifetime": offer.lifetime,
                },
            )
            caller = holder(row)
            origin.identified(caller, by="token")
            await write_audit(connection, actor=caller.name, action="session.start", result="ok")
        return caller, offer

    async def sign_out(self, secret: str) -> None:
        async with self.database.transaction() as connection:
            await end(connection, secret)

    async def sign_out_everywhere(self, secret: str) -> None:
        """Every session of the token that this one lives by. Raises Unauthenticated."""
        async with self.database.transaction() as connection:
            row = await fetch(connection, FOUND, **self._asked(secret))
            if row is None or row["is_copy"]:
                raise errors.Unauthenticated(
                    "Your sign-in has ended. Sign in again, then sign out everywhere."
                )
            ended = await end_sessions(connection, row["token_id"])
            origin.identified(holder(row), by="session")
            await write_audit(
                connection,
                actor=row["name"],
                action="session.end_all",
                result="ok",
                facts={"sessions_ended": ended},
            )

    async def forget(self) -> None:
        """Some of those that ended long ago; the next time others."""
        await self.database.execute(FORGET, kept=KEPT, most=MOST_FORGOTTEN)

    async def _go_on(self, secret: str) -> Session | None:
        """One at a time: what was read before is read again."""
        async with self.database.transaction() as connection:
            await connection.execute(LOCK, {"secret": digest(secret)})
            row = await fetch(connection, FOUND, **self._asked(secret))
            if row is None:
                return None
            if row["is_copy"]:
                await end_stolen(connection, secret, row)
                return None
            offer = None
            if row["is_news"]:
                given = {"secret": digest(secret), "id": row["id"]}
                await connection.execute(FIRST_USE, given)
                await connection.execute(RETIRE_OTHERS, given)
            elif row["is_due"]:
                offer = Offer(new_secret(), row["remaining"])
                await connection.execute(OFFER, {"secret": digest(offer.secret), "id": row["id"]})
        return Session(holder(row), offer, is_retired=row["is_retired"])

    def _asked(self, secret: str) -> dict[str, object]:
        return {
            "secret": digest(secret),
            "idle": self.policy.idle,
            "rotate": self.policy.rotate,
            "overlap": OVERLAP,
        }


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def holder(row: DictRow) -> Caller:
    return Caller(name=row["name"], role=row["role"])


async def fetch(
    connection: Connection, query: LiteralString, **arguments: object
) -> DictRow | None:
    return await (await connection.execute(query, arguments)).fetchone()


async def end(connection: Connection, secret: str) -> None:
    """Nothing, if there is none that is open."""
    row = await fetch(connection, END, secret=digest(secret))
    if row is not None:
        origin.identified(holder(row), by="session")
        await write_audit(connection, actor=row["name"], action="session.end", result="ok")


async def end_stolen(connection: Connection, secret: str, row: DictRow) -> None:
    """Nobody can say which of the two is the thief: both sign in again."""
    await connection.execute(END, {"secret": digest(secret)})
    request = origin.CURRENT.get()
    log.error("session_stolen", extra={"session_id": str(row["id"]), "of": row["name"]})
    await write_audit(
        connection,
        actor=NOBODY,
        action="session.stolen",
        subject=f"{row['name']} ({row['role']})",
        reason="A secret was shown that its browser had exchanged for a newer one.",
        result="denied",
        address=request.address if request else None,
    )
