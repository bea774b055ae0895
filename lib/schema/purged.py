"""What of a run is no longer in the app's database: exported to the archives' store, and dropped.

Asked on the way forward. Who exports, drops and restores is lib/archive.
"""

from dataclasses import dataclass
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

IS_THERE = "SELECT to_regclass('_rollback.archives') IS NOT NULL AS it"
PURGED = """
SELECT kept_in FROM _rollback.archives
WHERE run_id = %s AND state = 'purged' AND what <> 'conflicts' ORDER BY kept_in
"""


@dataclass(frozen=True, slots=True)
class Purged:
    """`tables`: of `_rollback`, without what was only logged there; never empty."""

    run_id: UUID
    tables: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"What this run put aside was exported and dropped: {', '.join(self.tables)}."

    @property
    def remedy(self) -> str:
        return f"Bring it back: python -m scripts.archive restore --run {self.run_id} --yes"


async def purged(connection: AsyncConnection[DictRow], run_id: UUID) -> Purged | None:
    """None where all that the run put aside is still in the app's database."""
    there = await (await connection.execute(IS_THERE)).fetchone()
    if there is None or not there["it"]:
        return None
    rows = await (await connection.execute(PURGED, [run_id])).fetchall()
    tables = tuple(row["kept_in"] for row in rows)
    return Purged(run_id, tables) if tables else None
