"""What is written beside a live period that was not opened by a rollback of ours: who did it, and
what people should know of it.

Everything here happens in the transaction that opens the period, or that learns who opened it.
Nothing here moves traffic: whoever let a version go live may be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lib.alerts import raise_alert, resolve
from lib.audit.store import write_audit
from lib.deployments import freeze
from lib.deployments.freeze import Window, frozen
from lib.deployments.models import ROLLED_BACK_ELSEWHERE, UNKNOWN
from lib.postgres import Connection

#: Whoever moves something in the platform, in the audit log.
ACTOR = "platform:{}"
#: They are about the version that was live: another one is an end to them.
OVER = (
    "needs_database_forward",
    "promoted_in_freeze",
    "quarantined_went_live",
    "rolled_back_elsewhere",
)

#: A push brings along whatever is on the branch; a promotion is somebody's choice.
NOBODYS_CHOICE = ("deploy", "observed")
JUDGED = "It is judged like any other, and taken back if it fails again."
LEFT_ALONE = "Nothing moves it back by itself."

PERIOD = """
SELECT p.id, p.environment, p.how, p.moved_by, app_now() AS now,
       h.vercel_deployment_id AS deployment_id, h.git_sha,
       before.vercel_deployment_id AS before_id, before.git_sha AS before_sha
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
  LEFT JOIN LATERAL (
    SELECT left_h.vercel_deployment_id, left_h.git_sha
      FROM live_periods q JOIN deployment_history left_h ON left_h.id = q.deployment
     WHERE q.environment = p.environment AND q.id < p.id ORDER BY q.id DESC LIMIT 1) before ON true
 WHERE p.environment = %(environment)s AND p.live_until IS NULL
"""

#: The rollback that left it last, for people to read.
WHY_LEFT = """
SELECT r.finished_at, r.reason, r.requested_by
  FROM quarantine q JOIN rollbacks r ON r.id = q.rollback_id
 WHERE q.environment = %(environment)s AND q.lifted_at IS NULL
   AND (r.from_deployment = %(deployment_id)s
        OR q.git_sha = %(git_sha)s AND q.git_sha <> 'unknown')
 ORDER BY q.since DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Period:
    """The open live period of an environment."""

    id: int
    environment: str
    how: str
    moved_by: str | None
    now: datetime
    deployment_id: str
    git_sha: str
    before_id: str | None
    before_sha: str | None

    @property
    def called(self) -> str:
        return called(self.git_sha, self.deployment_id)

    @property
    def left(self) -> str:
        return called(self.before_sha or UNKNOWN, self.before_id or "nothing")

    @property
    def who(self) -> str:
        return self.moved_by or "somebody"


def called(git_sha: str, deployment_id: str) -> str:
    return deployment_id if git_sha == UNKNOWN else git_sha[:7]


async def read_period(connection: Connection, environment: str) -> Period:
    row = await (await connection.execute(PERIOD, {"environment": environment})).fetchone()
    assert row is not None
    return Period(**row)


async def write_opened(
    connection: Connection, period: Period, *, quarantined: bool, windows: Sequence[Window]
) -> None:
    await audit(connection, period, "deployment.went_live")
    if period.how == ROLLED_BACK_ELSEWHERE:
        await alert_rolled_back(connection, period)
    elif window := frozen(windows, period.now):
        await alert_frozen(connection, period, window)
    if quarantined:
        await alert_quarantined(connection, period)


async def write_explained(connection: Connection, period: Period) -> None:
    """The platform told who it was after we had seen it."""
    await audit(connection, period, "deployment.mover_known")
    if period.how == ROLLED_BACK_ELSEWHERE:
        await alert_rolled_back(connection, period)


async def end_alerts(connection: Connection, environment: str) -> None:
    """Another version goes live, whoever lets it."""
    await resolve(connection, environment, OVER)


async def audit(connection: Connection, period: Period, action: str) -> None:
    await write_audit(
        connection,
        actor=ACTOR.format(period.moved_by or UNKNOWN),
        action=action,
        environment=period.environment,
        subject=period.deployment_id,
        result=period.how,
        facts={"from": period.before_id, "period": period.id},
    )


async def alert_rolled_back(connection: Connection, period: Period) -> None:
    await tell(
        connection,
        period,
        "rolled_back_elsewhere",
        f"{period.who} rolled {period.environment} back from {period.left} to {period.called} in"
        " the platform. It is looked at every 30 s for 15 minutes; nothing moves it.",
    )


async def alert_frozen(connection: Connection, period: Period, window: Window) -> None:
    await tell(
        connection,
        period,
        "promoted_in_freeze",
        f"{period.who} let {period.called} go live in {period.environment}."
        f" {freeze.sentence(window)} Going back is never frozen.",
    )


async def alert_quarantined(connection: Connection, period: Period) -> None:
    values = {
        "environment": period.environment,
        "deployment_id": period.deployment_id,
        "git_sha": period.git_sha,
    }
    left: dict[str, Any] | None = await (await connection.execute(WHY_LEFT, values)).fetchone()
    await tell(
        connection,
        period,
        "quarantined_went_live",
        f"{period.who} let {period.called} go live in {period.environment}{was_left(left)}"
        f" {JUDGED if period.how in NOBODYS_CHOICE else LEFT_ALONE} Look whether it works: if it"
        " does, lift its quarantine with a note; if not, roll back.",
    )


def was_left(rollback: dict[str, Any] | None) -> str:
    if rollback is None or rollback["finished_at"] is None:
        return ", which was rolled back before."
    at = rollback["finished_at"].astimezone(UTC)
    reason = str(rollback["reason"]).rstrip(".")
    by = rollback["requested_by"]
    return f", which was rolled back on {at:%Y-%m-%d at %H:%M} UTC by {by}: {reason}."


async def tell(connection: Connection, period: Period, kind: str, sentence: str) -> None:
    """Once per live period."""
    await raise_alert(
        connection,
        environment=period.environment,
        kind=kind,
        sentence=sentence[:1].upper() + sentence[1:],
        once=f"{kind}:{period.id}",
    )
