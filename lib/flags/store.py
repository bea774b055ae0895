"""Switches in Postgres, where the truth about them is. All times are the database's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from lib import errors
from lib.alerts import resolve_named
from lib.audit.store import write_audit
from lib.flags.models import Definition, FlagView, Flip, Snapshot, State, read_states
from lib.postgres import Connection, Database
from lib.rollback.models import Environment

#: Columns of the original specification are this short.
NAME_COLUMN = 100

VIEWS = """
SELECT f.key, f.title, f.loses, f.owner, f.safe_default, f.stays_on_because,
       s.state, s.changed_at, s.changed_by, s.reason
  FROM flags f JOIN flag_states s ON s.flag = f.key
 WHERE s.environment = %(environment)s AND s.environment = ANY(f.environments)
"""
#: What the app no longer has is shown for as long as it is off: somebody may go back to a version
#: that has it.
LIST = VIEWS + " AND (f.retired_at IS NULL OR s.state = 'off') ORDER BY f.title, f.key"
ONE = VIEWS + " AND f.key = %(key)s"

NOW = "SELECT app_now() AS now"

#: Retired ones too: an older version asks for them.
SNAPSHOT = """
SELECT r.revision, coalesce((
         SELECT json_object_agg(s.flag, s.state)
           FROM flag_states s JOIN flags f ON f.key = s.flag
          WHERE s.environment = r.environment AND s.environment = ANY(f.environments)
       ), '{}') AS states
  FROM flag_revisions r WHERE r.environment = %(environment)s
"""

#: Changes of an environment queue here, so that none is decided on an old state.
LOCK = "SELECT revision FROM flag_revisions WHERE environment = %(environment)s FOR UPDATE"
LOCK_ALL = "SELECT revision FROM flag_revisions ORDER BY environment FOR UPDATE"

BUMP = "UPDATE flag_revisions SET revision = revision + 1 WHERE environment = %(environment)s"
BUMP_ALL = "UPDATE flag_revisions SET revision = revision + 1"

TURN = """
UPDATE flag_states
   SET state = %(state)s, changed_at = app_now(), changed_by = %(by)s, reason = %(reason)s
 WHERE environment = %(environment)s AND flag = %(key)s
"""

ROLL_BACK = """
WITH rolled_back AS (
  INSERT INTO feature_rollbacks
    (feature_name, rolled_back_at, previous_state, reason, rolled_back_by)
  VALUES (%(key)s, app_now(), %(before)s, %(reason)s, %(by)s) RETURNING id
)
INSERT INTO feature_rollback_details (id, environment)
SELECT id, %(environment)s FROM rolled_back RETURNING id
"""

RESTORE = """
WITH restored AS (
  UPDATE feature_rollback_details d SET restored_by = %(by)s, restored_because = %(reason)s
    FROM feature_rollbacks r
   WHERE r.id = d.id AND d.environment = %(environment)s AND r.feature_name = %(key)s
     AND r.restored_at IS NULL
  RETURNING d.id
)
UPDATE feature_rollbacks r SET restored_at = app_now() FROM restored WHERE r.id = restored.id
"""

#: No row: it was so already.
DEFINE = """
INSERT INTO flags AS known
  (key, title, loses, owner, safe_default, stays_on_because, environments, recorded_by)
VALUES (%(key)s, %(title)s, %(loses)s, %(owner)s, %(safe_default)s, %(stays_on_because)s,
        %(environments)s, %(by)s)
ON CONFLICT (key) DO UPDATE
   SET title = excluded.title, loses = excluded.loses, owner = excluded.owner,
       safe_default = excluded.safe_default, stays_on_because = excluded.stays_on_because,
       environments = excluded.environments, recorded_at = app_now(),
       recorded_by = excluded.recorded_by, retired_at = NULL
 WHERE (known.title, known.loses, known.owner, known.safe_default, known.environments)
       IS DISTINCT FROM (excluded.title, excluded.loses, excluded.owner, excluded.safe_default,
                         excluded.environments)
    OR known.stays_on_because IS DISTINCT FROM excluded.stays_on_because
    OR known.retired_at IS NOT NULL
RETURNING key
"""

#: What nobody has touched follows the safe default.
BEGIN = """
INSERT INTO flag_states AS known (environment, flag, state)
SELECT unnest(%(environments)s::text[]), %(key)s, %(safe_default)s
ON CONFLICT (environment, flag) DO UPDATE SET state = excluded.state
 WHERE known.changed_at IS NULL
"""

RETIRE = """
UPDATE flags SET retired_at = app_now() WHERE retired_at IS NULL AND key <> ALL(%(keys)s)
RETURNING key
"""


@dataclass(frozen=True, slots=True)
class Turned:
    """`rollback_id`: of the row in feature_rollbacks, where it was turned off."""

    changed: bool
    view: FlagView
    rollback_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FlagStore:
    database: Database

    async def snapshot(self, environment: Environment) -> Snapshot:
        row = await self.database.one(SNAPSHOT, environment=environment)
        assert row is not None
        return Snapshot(row["revision"], read_states(row["states"]))

    async def list(self, environment: Environment) -> tuple[list[FlagView], datetime]:
        """And the time."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(LIST, {"environment": environment})
            rows = await cursor.fetchall()
            now = await (await connection.execute(NOW)).fetchone()
        assert now is not None
        return [FlagView.model_validate(row) for row in rows], now["now"]

    async def flip(self, flip: Flip, *, by: str) -> Turned:
        """The same at once are one change. Raises NotFound, CannotTurnOff or Conflict."""
        async with self.database.transaction() as connection:
            view = await lock(connection, flip.environment, flip.key)
            if view is None:
                raise errors.NotFound(
                    f"{flip.environment.capitalize()} has no switch {flip.key}.", key=flip.key
                )
            if view.state is flip.state and (flip.expected_state is None or view.changed_by == by):
                return Turned(changed=False, view=view)
            if flip.expected_state not in (None, view.state):
                raise errors.Conflict(
                    f"{view.changed_by or 'Somebody'} has turned {view.title} {view.state}"
                    " meanwhile. Look again, then decide.",
                    state=view.state,
                )
            if flip.state is view.state:
                return Turned(changed=False, view=view)
            check_can_turn(view, flip.state)
            rollback_id = await turn(connection, flip, view, by=by)
        return Turned(changed=True, view=view, rollback_id=rollback_id)

    async def define(self, definitions: Sequence[Definition], *, by: str) -> bool:
        """False if all of it was known."""
        keys = [one.key for one in definitions]
        async with self.database.transaction() as connection:
            await connection.execute(LOCK_ALL)
            told = []
            for one in definitions:
                values = one.model_dump() | {"environments": [*one.environments], "by": by}
                if await (await connection.execute(DEFINE, values)).fetchone() is not None:
                    told.append(one.key)
                    await connection.execute(BEGIN, values)
            rows = await (await connection.execute(RETIRE, {"keys": keys})).fetchall()
            retired = [row["key"] for row in rows]
            if not told and not retired:
                return False
            await connection.execute(BUMP_ALL)
            await write_audit(
                connection,
                actor=by,
                action="flags.define",
                result="ok",
                facts={"told": told, "retired": retired},
            )
        return True


async def lock(connection: Connection, environment: Environment, key: str) -> FlagView | None:
    """The switch, which nobody else changes until the transaction has ended."""
    await connection.execute(LOCK, {"environment": environment})
    return await find(connection, environment, key)


async def find(connection: Connection, environment: Environment, key: str) -> FlagView | None:
    """None: this environment has no such switch."""
    values = {"environment": environment, "key": key}
    row: DictRow | None = await (await connection.execute(ONE, values)).fetchone()
    return FlagView.model_validate(row) if row else None


def told_off(environment: Environment, key: str) -> str:
    """`once` of the alert that it was turned off by itself: over when somebody turns it on."""
    return f"feature_turned_off:{environment}:{key}"


def check_can_turn(view: FlagView, state: State) -> None:
    """Raises CannotTurnOff. Turning on is always allowed."""
    if state is State.OFF and view.stays_on_because:
        raise errors.CannotTurnOff(
            f"{view.title} cannot be turned off: {view.stays_on_because}", key=view.key
        )


async def turn(
    connection: Connection, flip: Flip, view: FlagView, *, by: str, **facts: Any
) -> UUID | None:
    """What was locked becomes another, with its row of the seed's and its audit.

    The id of that row, where it was turned off.
    """
    values = flip.model_dump() | {"by": by[:NAME_COLUMN], "before": view.state}
    rollback_id = None
    if flip.state is State.OFF:
        row = await (await connection.execute(ROLL_BACK, values)).fetchone()
        assert row is not None
        rollback_id = row["id"]
    else:
        await connection.execute(RESTORE, values)
        await resolve_named(connection, [told_off(flip.environment, flip.key)])
    await connection.execute(TURN, values)
    await connection.execute(BUMP, values)
    await write_audit(
        connection,
        actor=by,
        action=f"flag.{flip.state}",
        environment=flip.environment,
        subject=flip.key,
        reason=flip.reason,
        result="ok",
        facts={"before": view.state, **facts},
    )
    return rollback_id
