"""The app's database as this room uses it: one session, alone; values are text that COPY writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import psycopg

from lib.schema import journal
from lib.schema.outcome import Again, understood
from lib.schema.session import IDLE_MS, LOCK_WAIT_MS, Session, connect

#: Held by whoever purges, restores or erases, for as long as it does.
ARCHIVE_KEY = 7_726_006
TURN_SECONDS = 30
#: Every value as text that makes the same value again, wherever and by whomever it is read.
SETTINGS = (
    "SET search_path = ''",
    "SET client_encoding = 'UTF8'",
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'postgres'",
    "SET timezone = 'UTC'",
    "SET extra_float_digits = 3",
    "SET bytea_output = 'hex'",
    "SET lc_monetary = 'C'",
    "SET xmloption = 'content'",
    # Rows in the order in which they lie there, each time.
    "SET synchronize_seqscans = off",
    "SET synchronous_commit = on",
    # Refuse where a policy would hide rows.
    "SET row_security = off",
    # The role may have shorter ones, for the app's queries; a large table takes minutes.
    "SET statement_timeout = 0",
    "SET idle_session_timeout = 0",
    f"SET idle_in_transaction_session_timeout = {IDLE_MS}",
    f"SET lock_timeout = {LOCK_WAIT_MS}",
)


@asynccontextmanager
async def alone(url: str, *, wait_seconds: float = TURN_SECONDS) -> AsyncIterator[Session]:
    """One at a time; the next waits for its turn. Raises Again if that does not come."""
    async with connect(url) as session:
        await session.run(*SETTINGS, f"SET lock_timeout = {int(wait_seconds * 1000)}")
        try:
            await session.run(f"SELECT pg_advisory_lock({ARCHIVE_KEY})")
        except psycopg.errors.LockNotAvailable:
            raise Again("another purge, restore or erasure is under way") from None
        await session.run(f"SET lock_timeout = {LOCK_WAIT_MS}")
        yield session


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Session]:
    """To read, whoever else is at work."""
    async with connect(url) as session:
        await session.run(*SETTINGS)
        yield session


@asynccontextmanager
async def transaction(session: Session, *settings: str) -> AsyncIterator[None]:
    """Raises Again or Refused for what the server says; then everything in it is undone."""
    try:
        await session.run("BEGIN", *settings)
        yield
        await session.run("COMMIT")
    except BaseException as error:
        with suppress(psycopg.Error):
            await session.run("ROLLBACK")
        if isinstance(error, psycopg.Error):
            raise understood(error) from error
        raise


async def identity(session: Session) -> str | None:
    """Which database this is; None where no rollback ever was."""
    if not await journal.is_there(session.connection):
        return None
    row = await session.one(journal.IDENTITY)
    return str(row["id"]) if row else None


async def now(session: Session) -> datetime:
    row = await session.one("SELECT clock_timestamp() AS it")
    assert row
    moment: datetime = row["it"]
    return moment
