"""Which database our side takes for the app's, by environment. Loads no engine.

Kept in our own Postgres whenever a run ends over there. Who dies between the two COMMITs leaves an
older mark here and a run over there that is one of ours: the next look takes it over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lib.postgres import Connection, Database
from lib.rollback.models import Environment

if TYPE_CHECKING:
    from lib.schema.identity import Mark
    from lib.schema.journal import Standing
    from lib.schema.models import Refuse

MARKS = "SELECT environment, identity, newest_run, age FROM app_databases"

#: Whichever environment's, and by hand: these are audited before they begin.
IS_OURS = """
SELECT EXISTS (SELECT FROM rollbacks WHERE id = %(run)s)
    OR EXISTS (SELECT FROM audit
                WHERE action = 'database.back' AND facts ->> 'run_id' = %(run)s::text) AS it
"""

#: Of two that end at once, the one that saw more stays. Never another database: that is accepted.
NOTE = """
INSERT INTO app_databases AS known (environment, identity, newest_run, age)
VALUES (%(environment)s, %(identity)s, %(newest)s, %(age)s)
ON CONFLICT (environment) DO UPDATE
  SET newest_run = excluded.newest_run, age = excluded.age, seen_at = excluded.seen_at
WHERE known.identity = excluded.identity AND known.age <= excluded.age
"""

ACCEPT = """
INSERT INTO app_databases AS known (environment, identity, newest_run, age)
VALUES (%(environment)s, %(identity)s, %(newest)s, %(age)s)
ON CONFLICT (environment) DO UPDATE
  SET identity = excluded.identity, newest_run = excluded.newest_run, age = excluded.age,
      seen_at = excluded.seen_at
WHERE (known.identity, known.newest_run, known.age)
   <> (excluded.identity, excluded.newest_run, excluded.age)
"""
#: The first run there makes it known.
FORGET = "DELETE FROM app_databases WHERE environment = %(environment)s"


@dataclass(frozen=True, slots=True)
class Known:
    """What our side knew before it looked at the app's database.

    Before: a run that ends between the two readings must not look like one that was lost.
    """

    database: Database
    marks: "Mapping[Environment, Mark]"

    async def refusal(self, environment: Environment, standing: "Standing") -> "Refuse | None":
        """None: it is the database that the environment knows, or none is known yet."""
        from lib.schema.identity import compare

        known = self.marks.get(environment)
        if known is None:
            return None
        is_news = standing.last_run not in (None, known.newest)
        is_ours = is_news and await self._is_ours(standing.last_run)
        refused = compare(known, standing.mark, standing.runs, is_ours=is_ours)
        if refused is None and is_news:
            async with self.database.transaction() as connection:
                await note(connection, environment, standing.mark)
        return refused

    async def _is_ours(self, run: str | None) -> bool:
        row = await self.database.one(IS_OURS, run=run)
        return row is not None and row["it"]


async def read(database: Database) -> Known:
    from lib.schema.identity import Mark

    marks = {
        Environment(row["environment"]): Mark(
            str(row["identity"]), str(row["newest_run"]), row["age"]
        )
        for row in await database.all(MARKS)
    }
    return Known(database, marks)


async def note(connection: Connection, environment: Environment, mark: "Mark | None") -> None:
    """A run of this environment has ended there; None: it did not come so far."""
    if mark is not None:
        await connection.execute(NOTE, values(environment, mark))


async def accept(connection: Connection, environment: Environment, mark: "Mark") -> bool:
    """A person says that this is the app's database. False: it was known as it is already."""
    query = FORGET if mark.newest is None else ACCEPT
    return (await connection.execute(query, values(environment, mark))).rowcount == 1


def values(environment: Environment, mark: "Mark") -> dict[str, object]:
    return {
        "environment": environment,
        "identity": mark.identity,
        "newest": mark.newest,
        "age": mark.age,
    }
