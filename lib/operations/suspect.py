"""A switch that somebody, or a monitor, suspects of what visitors get now, as a release may."""

from psycopg.rows import DictRow

from lib import errors
from lib.access.models import Caller
from lib.automatic.models import Mode
from lib.flags.models import State
from lib.flags.store import find
from lib.operations.models import Result, Suspect, done, so_already
from lib.operations.store import audit, lock
from lib.postgres import Database

#: `is_tried`: none is turned off by itself any more, or not this one (automatic/trials.py).
LIVE = """
SELECT p.id AS period, p.deployment,
       EXISTS (SELECT 1 FROM flag_trials t WHERE t.period = p.id
                  AND (t.flag = %(subject)s OR t.outcome <> 'helped')) AS is_tried
  FROM live_periods p
 WHERE p.environment = %(environment)s AND p.live_until IS NULL
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
        standing = await lock(connection, operation)
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
        f"{view.title} is suspected of what is live in {environment}:"
        f" {what_follows(standing, is_tried=live['is_tried'])}"
    )


def what_follows(standing: DictRow, *, is_tried: bool) -> str:
    """As `automatic/flags_first.py` will have it, if all stays as it is."""
    errors_have_it = "if nearly all errors of visitors have it on,"
    if is_tried:
        return (
            "it is not turned off by itself, as that was tried since this went live. A person can"
            " turn it off."
        )
    if standing["locked_by"] is not None:
        return "while the environment is locked, turning it off is a person's decision."
    match Mode(standing["mode"]):
        case Mode.OFF:
            return "the mode is off, so turning it off is a person's decision."
        case Mode.SHADOW:
            return (
                f"{errors_have_it} that it would be turned off first is written down: the mode is"
                " shadow."
            )
        case Mode.AUTOMATIC:
            return f"{errors_have_it} it is turned off first."
