"""Gives committed rows of the audit log their places in the chain, and signs where it ends.

Runs after the transaction that wrote them, by whoever wrote and by the sweep. One at a time: who
comes second does not wait, as the first looks again before it stops. A batch is one transaction,
so that whoever dies in it has done nothing; one that hangs in it is ended by the server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, LiteralString

from lib.audit.chain import START, Checkpoint, Keys, hash_row, link
from lib.audit.witness import Witness
from lib.postgres import Connection, Database

BATCH = 500
#: So much in one go: a flood of rows keeps nobody for long.
MOST_BATCHES = 20
#: A frozen process keeps the others from sealing for this long; from writing, never.
PATIENCE = timedelta(seconds=3)

TIME: LiteralString = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
#: A whole row of `audit`, called `a`, as text that is the same in every session.
COLUMNS: LiteralString = (
    f"a.id::text AS id, {TIME.format('a.at')} AS at, a.actor, a.role, a.authenticated_by,"
    " a.address, a.request_id, a.action, a.environment, a.subject, a.reason, a.result,"
    " a.facts::text AS facts"
)

#: Any number that is ours. Nobody takes it who has nothing to do: so whoever holds it looks again.
LOCK = """
SELECT pg_try_advisory_xact_lock(7726003) AS is_ours,
       set_config('idle_in_transaction_session_timeout', %(patience)s, true),
       set_config('statement_timeout', %(patience)s, true)
"""
LOCK_IF_ANY = (
    LOCK + "FROM (SELECT FROM audit_unsealed JOIN audit ON id = audit_id LIMIT 1) AS waiting"
)
HEAD: LiteralString = f"""
SELECT {TIME.format("app_now()")} AS now, c.position, c.link_sha256,
       p.number, p.position AS signed_position, p.key_id
  FROM (SELECT) AS always
  LEFT JOIN (SELECT * FROM audit_chain ORDER BY position DESC LIMIT 1) c ON true
  LEFT JOIN (SELECT * FROM audit_checkpoints ORDER BY number DESC LIMIT 1) p ON true
"""  # noqa: S608 - of constants
WAITING: LiteralString = f"""
SELECT {COLUMNS} FROM audit_unsealed JOIN audit a ON a.id = audit_id
 ORDER BY audit_id LIMIT %(batch)s
"""  # noqa: S608
PLACE = """
WITH placed AS (
  INSERT INTO audit_chain (position, audit_id, row_sha256, link_sha256)
  SELECT * FROM unnest(%(positions)s::bigint[], %(ids)s::bigint[],
                       %(hashes)s::bytea[], %(links)s::bytea[])
)
DELETE FROM audit_unsealed WHERE audit_id = ANY(%(ids)s::bigint[])
"""
SIGN = """
INSERT INTO audit_checkpoints (number, position, link_sha256, at, key_id, hmac_sha256)
VALUES (%(number)s, %(position)s, %(link)s, %(at)s, %(key_id)s, %(hmac)s)
"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain and its checkpoints end. `now`: the clock of the database."""

    now: str
    position: int
    link: bytes
    checkpoints: int
    signed_position: int
    key_id: str | None


@dataclass(slots=True)
class Sealer:
    database: Database
    keys: Keys
    witness: Witness = field(default=Witness(None))
    patience: timedelta = PATIENCE
    _is_wanted: bool = field(default=False, init=False)
    _is_busy: bool = field(default=False, init=False)

    async def seal(self) -> None:
        """Everything that was committed before this was called, unless another is at it.

        Raises DatabaseUnavailable: what is left then is for the next one.
        """
        self._is_wanted = True
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._is_wanted:
                self._is_wanted = False
                for _ in range(MOST_BATCHES):
                    if not await self._batch():
                        break
        finally:
            self._is_busy = False

    async def sign(self) -> None:
        """Where the chain ends without a checkpoint, or with one of a key that is not the current.

        So it is after keys were set or changed. Seal after it: who wants to meanwhile does not get
        the lock, and leaves it at that. Raises DatabaseUnavailable.
        """
        async with self.database.transaction() as connection:
            if self.keys.current and await self._is_mine(connection, LOCK):
                head = await read_head(connection)
                if (head.signed_position, head.key_id) != (head.position, self.keys.current):
                    await self._checkpoint(connection, head, head.position, head.link)

    async def _batch(self) -> bool:
        """True: look again."""
        end = None
        async with self.database.transaction() as connection:
            if not await self._is_mine(connection, LOCK_IF_ANY):
                return False
            # A statement of its own each, so that it sees what the holder before has committed.
            head = await read_head(connection)
            cursor = await connection.execute(WAITING, {"batch": BATCH})
            rows = await cursor.fetchall()
            if rows:
                end = await self._place(connection, head, rows)
        if end:
            await self.witness.note(*end)
        return True

    async def _is_mine(self, connection: Connection, lock: LiteralString) -> bool:
        patience = f"{int(self.patience.total_seconds() * 1000)}ms"
        row = await (await connection.execute(lock, {"patience": patience})).fetchone()
        return row is not None and bool(row["is_ours"])

    async def _place(
        self, connection: Connection, head: Head, rows: Sequence[dict[str, Any]]
    ) -> tuple[int, bytes]:
        """Where the chain ends now."""
        positions = range(head.position + 1, head.position + 1 + len(rows))
        hashes = [hash_row(row) for row in rows]
        links, before = [], head.link
        for position, row_sha256 in zip(positions, hashes, strict=True):
            before = link(before, position, row_sha256)
            links.append(before)
        await connection.execute(
            PLACE,
            {
                "positions": [*positions],
                "ids": [int(row["id"]) for row in rows],
                "hashes": hashes,
                "links": links,
            },
        )
        await self._checkpoint(connection, head, positions[-1], before)
        return positions[-1], before

    async def _checkpoint(
        self, connection: Connection, head: Head, position: int, at_link: bytes
    ) -> None:
        if self.keys.current is None or not position:
            return
        checkpoint = Checkpoint(
            number=head.checkpoints + 1,
            position=position,
            link=at_link,
            at=head.now,
            key_id=self.keys.current,
        )
        signed = replace(checkpoint, hmac=self.keys.sign(checkpoint))
        await connection.execute(SIGN, {name: getattr(signed, name) for name in SIGNED})


#: Fields of a checkpoint, as SIGN takes them.
SIGNED = tuple(Checkpoint.__dataclass_fields__)


async def read_head(connection: Connection) -> Head:
    row = await (await connection.execute(HEAD)).fetchone()
    assert row is not None
    return Head(
        now=row["now"],
        position=row["position"] or 0,
        link=row["link_sha256"] or START,
        checkpoints=row["number"] or 0,
        signed_position=row["signed_position"] or 0,
        key_id=row["key_id"],
    )
