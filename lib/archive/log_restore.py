"""Rows of the audit log that the table lost come back from its export, each as it was.

Only what is nowhere in the table is put back: nothing is changed, and nothing removed. In one
transaction, so that whoever dies in it has done nothing; beside no sealer, so that the chain's end
stays where it is. Each row is held against its hash before it is put back, and after.
"""

from dataclasses import dataclass
from typing import LiteralString

from lib.archive.log_comparing import LOST, Difference, Kind, differences, sentences
from lib.archive.log_reading import LogReading, Shelf
from lib.audit.chain import Checkpoint, Keys, Place, hash_row
from lib.audit.sealer import COLUMNS, SIGN, SIGNED
from lib.audit.store import write_audit
from lib.audit.verify import Verifier
from lib.commands import Stopped
from lib.postgres import Connection, Database

#: The sealer's own lock, waited for.
ALONE = "SELECT pg_advisory_xact_lock(7726003)"
IS_OWNER = "SELECT pg_has_role(relowner, 'USAGE') AS it FROM pg_class WHERE oid = 'audit'::regclass"
#: A row that has come back since is left as it is: it is compared below.
ROW = """
INSERT INTO audit (id, at, actor, role, authenticated_by, address, request_id, action, environment,
                   subject, reason, result, facts)
OVERRIDING SYSTEM VALUE
VALUES (%(id)s::bigint, %(at)s::timestamptz, %(actor)s, %(role)s, %(authenticated_by)s, %(address)s,
        %(request_id)s, %(action)s, %(environment)s, %(subject)s, %(reason)s, %(result)s,
        %(facts)s::jsonb)
ON CONFLICT (id) DO NOTHING
"""
FIELDS = (
    *("id", "at", "actor", "role", "authenticated_by", "address", "request_id", "action"),
    *("environment", "subject", "reason", "result", "facts"),
)
THERE: LiteralString = f"SELECT {COLUMNS} FROM audit a WHERE a.id = %(id)s"
PLACE = """
INSERT INTO audit_chain (position, audit_id, row_sha256, link_sha256)
VALUES (%(position)s, %(id)s, %(row_sha256)s, %(link)s) ON CONFLICT DO NOTHING
"""
PLACED = """
SELECT 1 FROM audit_chain WHERE position = %(position)s AND audit_id = %(id)s
   AND row_sha256 = %(row_sha256)s AND link_sha256 = %(link)s
"""
#: It has its place already; the trigger could not know.
UNQUEUE = "DELETE FROM audit_unsealed WHERE audit_id = %(id)s"
#: Ids of rows that were lost are given to no others.
NEXT_ID = """
SELECT setval(pg_get_serial_sequence('audit', 'id'),
              greatest((SELECT max(id) FROM audit), nextval(pg_get_serial_sequence('audit', 'id'))))
"""
REWRITTEN = {Kind.OTHER_PLACE, Kind.NOT_EXPORTED, Kind.OTHER_CHECKPOINT}


@dataclass(frozen=True, slots=True)
class Found:
    """`wrong`: what is not as it was and cannot be put back."""

    lost: list[Difference]
    wrong: list[str]


@dataclass(frozen=True, slots=True)
class LogRestore:
    #: As the tables' owner.
    database: Database
    shelf: Shelf
    keys: Keys

    async def look(self) -> Found:
        """An export that does not prove itself puts nothing back. Raises Stopped."""
        proof, verifier = LogReading(self.shelf), Verifier(self.keys)
        proof.verify(verifier)
        if proof.findings:
            return Found([], ["The export is not as it was written:", *proof.findings])
        found = [one async for one in differences(self.database, LogReading(self.shelf))]
        # Of a chain that was rewritten, the places that it lost belong to another chain.
        possible = {Kind.NO_ROW} if REWRITTEN & {one.kind for one in found} else LOST
        lost = [one for one in found if one.kind in possible]
        return Found(lost, sentences([one for one in found if one.kind not in possible]))

    async def go(self, actor: str) -> list[str]:
        """What came back. Raises Stopped."""
        found = await self.look()
        if not found.lost:
            return []
        rows = [one.entry for one in found.lost if isinstance(one.entry, Place)]
        signs = [one.entry for one in found.lost if isinstance(one.entry, Checkpoint)]
        async with self.database.transaction() as connection:
            await require_owner(connection)
            await connection.execute(ALONE)
            for place in rows:
                await put_back(connection, place)
            for checkpoint in signs:
                await sign_again(connection, checkpoint)
            await connection.execute(NEXT_ID)
            await write_audit(
                connection,
                actor=actor,
                action="audit.restore",
                result="ok",
                facts={
                    "rows": [place.audit_id for place in rows],
                    "checkpoints": [one.number for one in signs],
                },
            )
        return [f"{len(rows)} rows and {len(signs)} checkpoints are back from the export."]


async def require_owner(connection: Connection) -> None:
    """Raises Stopped."""
    row = await (await connection.execute(IS_OWNER)).fetchone()
    if not (row and row["it"]):
        raise Stopped(
            "Only the owner of the tables puts rows back: set DATABASE_URL_UNPOOLED to its address."
        )


async def put_back(connection: Connection, place: Place) -> None:
    """Raises Stopped where another row has its number, or its place, by now."""
    if place.row is None or hash_row(place.row) != place.row_sha256:
        raise Stopped(f"Row {place.audit_id} is not whole in the export.")
    await connection.execute(ROW, {name: place.row.get(name) for name in FIELDS})
    placed = {
        "position": place.position,
        "id": place.audit_id,
        "row_sha256": place.row_sha256,
        "link": place.link,
    }
    await connection.execute(PLACE, placed)
    await connection.execute(UNQUEUE, {"id": place.audit_id})
    there = await (await connection.execute(THERE, {"id": place.audit_id})).fetchone()
    # Whoever sealed since this was looked at may have given the place away.
    is_placed = await (await connection.execute(PLACED, placed)).fetchone() is not None
    if there is None or hash_row(there) != place.row_sha256 or not is_placed:
        raise Stopped(
            f"Row {place.audit_id} is another one by now: the table went on from an older state."
            " Nothing was put back; the export has what was lost."
        )


async def sign_again(connection: Connection, checkpoint: Checkpoint) -> None:
    await connection.execute(
        f"{SIGN} ON CONFLICT DO NOTHING", {name: getattr(checkpoint, name) for name in SIGNED}
    )
