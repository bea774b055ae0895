"""A switch that somebody, or a monitor, suspects of what visitors get now, as a release may."""

from lib import errors
from lib.access.models import Caller
from lib.flags.models import State
from lib.flags.store import find
from lib.operations.models import Result, Suspect, done, so_already
from lib.operations.store import audit, lock
from lib.postgres import Database

LIVE = """
SELECT id AS period, deployment FROM live_periods
 WHERE environment = %(environment)s AND live_until IS NULL
"""

#: No row: it is named already, for this live period, or by the release for all of them.
NAME = """
INSERT INTO suspect_flags AS known (deployment, flag, period)
VALUES (%(deployment)s, %(subject)s, %(period)s)
ON CONFLICT (deployment, flag) DO UPDATE SET period = excluded.period
 WHERE known.period <> excluded.period
RETURNING flag
"""


async def name(operation: Suspect, caller: Caller, database: Database) -> Result:
    """Raises InvalidRequest, CannotTurnOff or Conflict."""
    environment, key = operation.environment, operation.subject
    async with database.transaction() as connection:
        await lock(connection, operation)
        view = await find(connection, environment, key)
        if view is None:
            raise errors.InvalidRequest(
                f"{environment.capitalize()} has no switch {key}.",
                [
                    (
                        "#/subject",
                        f"no such switch; GET /api/flags?environment={environment} lists them",
                    )
                ],
            )
        if view.stays_on_because:
            raise errors.CannotTurnOff(
                f"{view.title} cannot be turned off, so suspecting it changes nothing:"
                f" {view.stays_on_because}",
                key=key,
            )
        if view.state is State.OFF:
            return so_already(f"{view.title} is off already.")
        live = await (await connection.execute(LIVE, operation.model_dump())).fetchone()
        if live is None:
            raise errors.Conflict(
                f"Nothing is known to be live in {environment}, so there is nothing to suspect"
                " a switch of. Ask again when a release is."
            )
        named = await connection.execute(NAME, operation.model_dump() | live)
        if await named.fetchone() is None:
            return so_already(f"{view.title} is suspected already.")
        await audit(connection, operation, caller)
    return done(
        f"{view.title} is suspected of what is live in {environment}: if nearly all errors of"
        " visitors have it on, it is turned off first."
    )
