"""How a rollback ends: what it writes beside its own row, and the words people read.

Everything here happens in the transaction that ends the rollback, or not at all; what is told of
its beginning, in the one that starts it.
"""

from typing import Any

from lib.alerts import raise_alert, resolve
from lib.audit.store import write_audit
from lib.postgres import Connection
from lib.rollback.machine import Change, Stop, Traffic
from lib.rollback.models import Claim, Rollback, Status, SwitchMethod

#: The release that was left may not come back by itself, with the variables it had. An unknown SHA
#: is no other's.
QUARANTINE = """
INSERT INTO quarantine (environment, git_sha, fingerprint, rollback_id)
SELECT d.environment, h.git_sha, fingerprint(h.environment_variables), %(id)s::uuid
  FROM deployment_details d JOIN deployment_history h USING (id)
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = %(left)s
   AND (h.git_sha = 'unknown' OR NOT EXISTS (
         SELECT 1 FROM deployment_details target JOIN deployment_history t USING (id)
          WHERE target.environment = d.environment
            AND target.vercel_deployment_id = %(target)s AND t.git_sha = h.git_sha
            AND (fingerprint(t.environment_variables) = '' OR fingerprint(h.environment_variables)
                   IN ('', fingerprint(t.environment_variables)))))
ON CONFLICT DO NOTHING
"""

#: Whoever rolls forward wants it back: nothing keeps it away any more.
LIFT_QUARANTINE = """
UPDATE quarantine q SET lifted_at = app_now(), lifted_by = %(by)s
  FROM rollbacks away, deployment_details d JOIN deployment_history h USING (id)
 WHERE away.id = q.rollback_id AND q.environment = %(environment)s AND q.lifted_at IS NULL
   AND d.environment = q.environment AND d.vercel_deployment_id = %(target)s
   AND CASE q.git_sha WHEN 'unknown' THEN away.from_deployment = d.vercel_deployment_id
       ELSE q.git_sha = h.git_sha AND (q.fingerprint = ''
            OR fingerprint(h.environment_variables) IN ('', q.fingerprint)) END
"""

#: After a failure that did nothing the next one may be tried at once.
HARMLESS = (Traffic.UNCHANGED, Traffic.OTHER)
#: The database goes before the switch. What that means where traffic then stayed.
DATABASE_IS_BACK = {
    "shared": "The database is back already; {left} runs on it as well.",
    "exclusive": "The database is back already, and {left} fails on it.",
    "unknown": "The app's database went away, and may be back already.",
}
FORWARD = (
    "To undo what was done to the database: python -m scripts.rollback_migration forward --run {id}"
)

LOCK = "UPDATE environments SET locked_by = %(id)s WHERE environment = %(environment)s"
UNLOCK = "UPDATE environments SET locked_by = NULL WHERE environment = %(environment)s"

VISITORS_GET = {
    Traffic.UNCHANGED: "Visitors get what they got before: {left}. Nothing was changed.",
    Traffic.MOVED: "Visitors get {target}, but it is not proved to be well.",
    Traffic.UNKNOWN: "Visitors may get {left} or {target}: it is not certain which.",
    Traffic.OTHER: "Visitors get a release that went live after {left}. Nothing was changed.",
}
NEXT_ACTIONS = {
    Traffic.UNCHANGED: ["Start the rollback again, or choose another version."],
    Traffic.MOVED: [
        "Open the live site and look whether it works.",
        "If it does not, roll back to another version, with a note that says why.",
    ],
    Traffic.UNKNOWN: [
        "Open the live site and look which version it shows.",
        "Start another rollback, with a note that says why; it reads the state first.",
    ],
    Traffic.OTHER: ["Look whether what is live now is well; if it is not, roll it back."],
}

FORWARD_ACTIONS = {
    Traffic.UNCHANGED: ["Roll forward again, or stay where you are."],
    Traffic.MOVED: [
        "Open the live site and look whether it works.",
        "If it does not, roll back again, with a note that says why.",
    ],
    Traffic.UNKNOWN: [
        "Open the live site and look which version it shows.",
        "Roll forward again; it reads the state first.",
    ],
    Traffic.OTHER: NEXT_ACTIONS[Traffic.OTHER],
}
#: The database came forward, as far as anybody knows, and traffic did not follow.
HALF_WAY = (
    "Visitors get what they got before: {left}. The database is forward already, or on its way, so"
    " what {left} writes may be refused."
)
HALF_WAY_ACTIONS = ["Roll forward again, now: it goes on from there."]

#: What a completed rollback puts an end to.
TROUBLES = (
    "automatic_refused",
    "database_moved",
    "down_not_rolled_back",
    "gate_refused",
    "moved_after_rollback",
    "rollback_failed",
    "rollback_overdue",
)

#: The switch prepares itself before it moves anything.
PINNED = (
    "New releases do not go live by themselves now: lift the pin, or turn the assignment of domains"
    " on again in the platform's project, if you do not roll back."
)


def words(claim: Claim, stop: Stop) -> dict[str, object]:
    rollback = claim.rollback
    left = rollback.from_deployment
    names = {
        "left": rollback.called(left) if left else "the version that was live",
        "target": rollback.called(rollback.target),
    }
    remedy = [stop.remedy] if stop.remedy else []
    is_alias = rollback.switch_method is SwitchMethod.ALIAS
    was_unpinned = is_alias and claim.facts.get("auto_assign_before")
    if stop.traffic in HARMLESS and was_unpinned:
        remedy.append(PINNED)
    visitors_get, next_actions = told(claim, stop.traffic)
    visitors_get, actions = visitors_get.format(**names), remedy + next_actions
    # In its own step, what that has found out since it was claimed.
    facts = claim.facts if claim.step == "database" else rollback.find("database").facts
    if stop.traffic is Traffic.UNCHANGED and (back := database_back(facts)):
        is_back = f"{DATABASE_IS_BACK[back].format(**names)} {facts.get('warning', '')}".strip()
        visitors_get = visitors_get.replace("Nothing was changed.", is_back)
        actions.append(FORWARD.format(id=rollback.id))
    return {"error": stop.message, "visitors_get": visitors_get, "next_actions": actions}


def database_back(facts: dict[str, Any]) -> str | None:
    """How the app's database was taken back by the step with these facts; None: it was not."""
    match facts.get("went_back"):
        case "yes":
            return "exclusive" if facts["is_exclusive"] else "shared"
        case "unknown":
            return "unknown"
    return None


def told(claim: Claim, traffic: Traffic) -> tuple[str, list[str]]:
    """What visitors get, and what to do next."""
    if claim.rollback.kind == "back":
        return VISITORS_GET[traffic], NEXT_ACTIONS[traffic]
    begun = claim.facts.get("begun") if claim.step == "database" else is_half_way(claim.rollback)
    if traffic is Traffic.UNCHANGED and begun:
        return HALF_WAY, HALF_WAY_ACTIONS
    return VISITORS_GET[traffic], FORWARD_ACTIONS[traffic]


def is_half_way(rollback: Rollback) -> bool:
    """A roll forward whose database step has begun, and did not refuse or find nothing to do."""
    return rollback.kind == "forward" and bool(rollback.find("database").facts.get("begun"))


def called(rollback: Rollback) -> str:
    """ "rollback of production to 4f2a9c1"."""
    what = "rollback" if rollback.kind == "back" else "roll forward"
    return f"{what} of {rollback.environment} to {rollback.called(rollback.target)}"


async def write(connection: Connection, rollback: Rollback, change: Change) -> None:
    """Audit, quarantine, lock or unlock, alerts. A failure that changed nothing locks nothing."""
    where = {
        "id": rollback.id,
        "environment": rollback.environment,
        "left": rollback.from_deployment,
        "target": rollback.target,
        "by": rollback.requested_by,
    }
    if rollback.status is Status.COMPLETED:
        is_back = rollback.kind == "back"
        await connection.execute(QUARANTINE if is_back else LIFT_QUARANTINE, where)
        await connection.execute(UNLOCK, where)
        await resolve(connection, rollback.environment, TROUBLES)
        await alert_completed(connection, rollback)
    else:
        assert isinstance(change, Stop)
        await resolve(connection, rollback.environment, ["rollback_overdue"])
        # Back while traffic stayed: what both run on is no reason to lock.
        is_mixed = database_back(rollback.find("database").facts) in ("exclusive", "unknown")
        if is_mixed or change.traffic not in HARMLESS or is_half_way(rollback):
            await connection.execute(LOCK, where)
        await raise_alert(
            connection,
            environment=rollback.environment,
            kind="rollback_failed",
            sentence=f"The {called(rollback)} failed at {rollback.step}: {rollback.error}"
            f" {rollback.visitors_get}",
            once=f"rollback_failed:{rollback.id}",
            rollback_id=rollback.id,
        )
    await write_audit(
        connection,
        actor=rollback.requested_by,
        action="rollback.end",
        environment=rollback.environment,
        subject=rollback.target,
        reason=rollback.reason,
        result=rollback.status,
        facts={"rollback_id": str(rollback.id), "error": rollback.error},
    )


async def alert_started(connection: Connection, rollback: Rollback) -> None:
    """A person who starts one knows; nobody knows of an automatic one."""
    if not rollback.automatic:
        return
    left = rollback.from_deployment
    versions = f"from {rollback.called(left)} " if left else ""
    await raise_alert(
        connection,
        environment=rollback.environment,
        kind="rollback_started",
        sentence=f"{rollback.reason} {rollback.environment.capitalize()} is being rolled back by"
        f" itself {versions}to {rollback.called(rollback.target)}.",
        once=f"rollback_started:{rollback.id}",
        rollback_id=rollback.id,
    )


async def alert_completed(connection: Connection, rollback: Rollback) -> None:
    if not rollback.automatic:
        return
    await raise_alert(
        connection,
        environment=rollback.environment,
        kind="rollback_completed",
        sentence=f"{rollback.environment.capitalize()} was rolled back by itself: visitors get"
        f" {rollback.called(rollback.target)} again, and it is well. Nobody has to do anything now;"
        " the version that was left may not come back by itself.",
        once=f"rollback_completed:{rollback.id}",
        rollback_id=rollback.id,
    )


async def alert_overdue(connection: Connection, rollback: Rollback) -> None:
    await raise_alert(
        connection,
        environment=rollback.environment,
        kind="rollback_overdue",
        sentence=f"The {called(rollback)} takes longer than planned. It goes on: its page names the"
        " step, and what that waits for.",
        once=f"rollback_overdue:{rollback.id}",
        rollback_id=rollback.id,
    )
