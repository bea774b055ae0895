"""Connections to the app's database for one attempt each, and transactions that hurry."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from lib.migrations.ledger import LEDGERS
from lib.schema import batch, journal
from lib.schema.models import Lock, literal
from lib.schema.outcome import MOVED, Again, understood

CONNECT_TIMEOUT_SECONDS = 5
#: The app's longest stall while we wait for its locks: shared by all the locks of an attempt.
LOCK_WAIT_MS = 400
LEAST_LOCK_WAIT_MS = 20
#: No reader or writer waits for a reservation. Longer than deadlock_timeout (1 s), after which the
#: server itself ends an autovacuum that stands in the way.
RESERVATION_MS = 3_000
#: A statement under the lock is a change of the catalogue: milliseconds.
STATEMENT_MS = 5_000
#: Our process may be frozen or gone while the server waits for it with the tables locked.
IDLE_MS = 2_000

Connection = AsyncConnection[DictRow]


@dataclass(slots=True)
class Session:
    connection: Connection
    #: Longest span that tables were locked, or waited for, milliseconds.
    locked_ms: float = 0.0
    _locked_at: float = 0.0

    async def one(self, query: str, *arguments: object) -> DictRow | None:
        cursor = await self.connection.execute(query.encode(), arguments or None)
        return await cursor.fetchone()

    async def all(self, query: str, *arguments: object) -> list[DictRow]:
        cursor = await self.connection.execute(query.encode(), arguments or None)
        return await cursor.fetchall()

    async def answers(self, *statements: str) -> list[DictRow | None]:
        """In one round trip; the first row, if any, of each statement that may return some."""
        asked = await batch.ask(self.connection, *statements)
        return [rows[0] if rows else None for rows in asked]

    async def run(self, *statements: str) -> DictRow | None:
        """In one round trip; the first row of the last statement that may return some."""
        rows = await self.answers(*statements)
        return rows[-1] if rows else None

    @asynccontextmanager
    async def transaction(
        self, *questions: str, statement_ms: int = STATEMENT_MS
    ) -> AsyncIterator[list[DictRow | None]]:
        """Alone among runs of ours. Raises Again while another holds it.

        `questions`: asked in the same round trip, once it is alone; their answers are yielded.
        """
        alone, *answers = await self.answers(
            "BEGIN",
            f"SET LOCAL statement_timeout = {max(statement_ms, LOCK_WAIT_MS)}",
            f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}",
            f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}",
            # The app's role may have it off: what we say is done must outlive a crash.
            "SET LOCAL synchronous_commit = on",
            "SET LOCAL jit = off",
            # Rows that a policy hides from us would be left out without a word: then an error.
            "SET LOCAL row_security = off",
            f"SELECT pg_try_advisory_xact_lock({journal.ADVISORY_KEY}) AS it",
            *questions,
        )
        if not (alone and alone["it"]):
            raise Again("another run is under way")
        yield answers
        await self.run("COMMIT")
        if self._locked_at:
            self.locked_ms = max(self.locked_ms, (time.perf_counter() - self._locked_at) * 1000)
            self._locked_at = 0.0

    async def reserve(self, locks: Sequence[Lock], *first: str) -> None:
        """Wait here, not under the lock, for what only stands in the way of changes: a vacuum.

        `first`: what else takes time and no lock, in the same round trip.
        """
        await self.run(
            *first,
            f"SET LOCAL lock_timeout = {RESERVATION_MS}",
            *(f"LOCK TABLE ONLY {one.sql} IN SHARE UPDATE EXCLUSIVE MODE" for one in locks),
        )

    async def locked(self, locks: Sequence[Lock], *statements: str) -> None:
        """Lock, then the statements, in one round trip; COMMIT is the other."""
        self._locked_at = time.perf_counter()
        wait = max(LOCK_WAIT_MS // max(len(locks), 1), LEAST_LOCK_WAIT_MS)
        await self.run(
            f"SET LOCAL lock_timeout = {wait}",
            *(f"LOCK TABLE ONLY {one.sql} IN {one.mode} MODE" for one in locks),
            *statements,
        )


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Session]:
    """Raises Again or Refused for whatever the server says; what was not committed is undone."""
    try:
        async with await AsyncConnection.connect(
            url,
            autocommit=True,
            row_factory=dict_row,
            prepare_threshold=None,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
        ) as connection:
            yield Session(connection)
    except psycopg.Error as error:
        raise understood(error) from error


@dataclass(frozen=True, slots=True)
class LedgerTable:
    oid: int
    sql: str
    query: str


#: In the order in which lib/migrations/ledger.py looks: the first that exists is the ledger.
FIND_LEDGER = f"""
SELECT names.name, c.oid::bigint AS oid,
  quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS sql
FROM unnest(ARRAY[{", ".join(map(literal, LEDGERS))}]) WITH ORDINALITY names(name, position)
JOIN pg_class c ON c.oid = to_regclass(names.name) JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY names.position LIMIT 1
"""


async def find_ledger(session: Session) -> LedgerTable | None:
    """Which table is the app's ledger, by the search path of its role."""
    return as_ledger(await session.one(FIND_LEDGER))


def as_ledger(row: DictRow | None) -> LedgerTable | None:
    return LedgerTable(row["oid"], row["sql"], LEDGERS[row["name"]]) if row else None


def still_as_planned(locks: Sequence[Lock], ledger: LedgerTable | None, versions: str) -> str:
    """A statement that raises MOVED where a name or the ledger means something else by now."""
    tables = " OR ".join(
        f"to_regclass({literal(one.sql)}) IS DISTINCT FROM {one.table}::oid::regclass"
        for one in locks
    )
    read = f"ARRAY(SELECT v::text FROM ({ledger.query}) l(v))" if ledger else "'{}'::text[]"
    return f"""
DO $check$ BEGIN
  IF {tables or "false"} THEN
    RAISE EXCEPTION 'a table is not the one that was planned for' USING ERRCODE = '{MOVED}';
  END IF;
  IF NOT ({versions.format(ledger=read)}) THEN
    RAISE EXCEPTION 'the app''s migration ledger has moved' USING ERRCODE = '{MOVED}';
  END IF;
END $check$"""


def array(values: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, values))}]::text[]"
