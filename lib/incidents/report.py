"""Makes the report of one rollback from what is stored of it. Pure: no I/O and no clock.

What was not measured or not stored is said to be so: nothing is made up.
"""

import re
from datetime import UTC, datetime
from typing import Any

from lib.automatic.models import VerdictView
from lib.incidents import words
from lib.incidents.models import (
    Asking,
    Counted,
    DatabaseEffect,
    Evidence,
    Fact,
    Incident,
    Looks,
    Measured,
    Quarantined,
    Related,
    Stored,
)
from lib.incidents.timeline import timeline
from lib.rollback.models import DeploymentName, Rollback, Status, Step, StepState
from lib.rollback.view import view

NO_REQUESTS = "No requests were counted."
NOT_MEASURED = "Not measured: no requests were counted, and there was no look at it."
#: What the gate of an earlier version of this program may not have said.
NOT_SEEN = {
    "answer": "unknown",
    "pairs": 0,
    "target_failed": 0,
    "target_unknown": 0,
    "live_failed": 0,
    "detail": "",
}
NOT_FOR_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


def report(stored: Stored) -> Incident:
    rollback = named(stored)
    shown = view(rollback)
    database = rollback.find("database")
    return Incident(
        generated_at=stored.now,
        file_name=file_name(rollback),
        title=title(rollback),
        summary=summary(rollback),
        draft=draft(stored),
        rollback_id=rollback.id,
        environment=rollback.environment,
        kind=rollback.kind,
        status=rollback.status,
        automatic=rollback.automatic,
        requested_by=rollback.requested_by,
        reason=rollback.reason,
        note=rollback.note,
        requested_at=rollback.requested_at,
        deadline_at=rollback.deadline_at,
        overdue_since=rollback.overdue_since,
        finished_at=rollback.finished_at,
        duration_ms=shown.duration_ms,
        target=shown.target,
        from_deployment=shown.from_deployment,
        facts=facts(stored, rollback),
        detected=stored.detected,
        evidence=evidence(rollback),
        before=measured(stored.judged_before, stored.looks_before),
        after=measured(stored.judged_after, stored.looks_after),
        timeline=timeline(stored, rollback),
        steps=shown.steps,
        error=rollback.error,
        visitors_get=visitors_get(rollback),
        next_actions=rollback.next_actions,
        database=database_effect(rollback, database),
        quarantined=stored.quarantined,
        undoes=stored.undoes,
        undone_by=stored.undone_by,
        watch=watch(stored),
        watch_until=stored.watch_until,
        decisions=stored.decisions,
        alerts=stored.alerts,
        audit=stored.audit,
    )


def named(stored: Stored) -> Rollback:
    return stored.rollback.model_copy(update={"names": stored.names})


def left(rollback: Rollback) -> DeploymentName | None:
    return view(rollback).from_deployment


def file_name(rollback: Rollback) -> str:
    """Of the release that was left, which is what the incident is about."""
    about = rollback.from_deployment or rollback.target
    sha = NOT_FOR_NAMES.sub("-", rollback.called(about))
    return f"incident-{rollback.requested_at:%Y-%m-%d}-{sha}"


def title(rollback: Rollback) -> str:
    what = "Rollback" if rollback.kind == "back" else "Roll forward"
    versions = f"{words.called(left(rollback))} to {rollback.called(rollback.target)}"
    return f"{what} of {rollback.environment}: {versions}"


def who(rollback: Rollback) -> str:
    return "by itself" if rollback.automatic else f"by {rollback.requested_by}"


def summary(rollback: Rollback) -> str:
    way = "back" if rollback.kind == "back" else "forward"
    name = rollback.environment.capitalize()
    versions = f"from {words.called(left(rollback))} to {rollback.called(rollback.target)}"
    if rollback.finished_at is None:
        return f"{name} is being rolled {way} {versions}, {who(rollback)}."
    took = words.lasting(rollback.finished_at - rollback.requested_at)
    if rollback.status is Status.COMPLETED:
        late = ", longer than planned" if rollback.overdue_since else ""
        return f"{name} was rolled {way} {versions}, {who(rollback)}. It took {took}{late}."
    step = words.STEPS[rollback.step]
    return (
        f"Rolling {name.lower()} {way} {versions}, {who(rollback)}, failed after {took} at"
        f' "{step}".'
    )


def draft(stored: Stored) -> str | None:
    rollback = stored.rollback
    if not rollback.is_final:
        done = sum(step.state in ("ok", "skipped") for step in rollback.steps)
        late = " It takes longer than planned." if rollback.overdue_since else ""
        alone = (
            " Nobody works on it at this moment; the next poll or sweep goes on with it."
            if stored.is_abandoned
            else ""
        )
        steps = f"{done} of {len(rollback.steps)} steps are done"
        return f"Draft: it is still running, {steps}.{late}{alone}"
    if stored.watch_until and stored.now < stored.watch_until:
        return f"Draft: the release is watched until {words.utc(stored.watch_until)}."
    return None


def facts(stored: Stored, rollback: Rollback) -> list[Fact]:
    """What is read first, in its order."""
    detected, finished_at = stored.detected, rollback.finished_at
    found = [
        Fact(name="Result", value=result(rollback)),
        Fact(name="Visitors get", value=visitors_get(rollback)),
        Fact(name="Who", value="Automatically" if rollback.automatic else rollback.requested_by),
        Fact(name="Reason", value=rollback.reason),
        Fact(name="From", value=words.in_full(left(rollback))),
        Fact(name="To", value=words.in_full(view(rollback).target)),
        Fact(name="Detected", value=detected.sentence, at=detected.at)
        if detected
        else Fact(name="Detected", value="Nothing that was measured spoke against the release."),
        Fact(name="Started", value=after(stored), at=rollback.requested_at),
    ]
    if finished_at:
        took = words.lasting(finished_at - rollback.requested_at)
        word = "Completed" if rollback.status is Status.COMPLETED else "Failed"
        found.append(Fact(name=word, value=f"{took} after it started.", at=finished_at))
    if rollback.overdue_since:
        planned = words.lasting(rollback.deadline_at - rollback.requested_at)
        text = f"It took longer than the planned {planned}."
        found.append(Fact(name="Overdue", value=text, at=rollback.overdue_since))
    for name, other in (("Undoes", stored.undoes), ("Undone by", stored.undone_by)):
        if other:
            found.append(Fact(name=name, value=related(other), at=other.requested_at))
    found.extend(
        Fact(name="Quarantine", value=quarantine(one), at=one.since) for one in stored.quarantined
    )
    return found


def result(rollback: Rollback) -> str:
    match rollback.status:
        case Status.COMPLETED:
            return "Completed, overdue" if rollback.overdue_since else "Completed"
        case Status.FAILED:
            return words.sentence(f"Failed at {words.STEPS[rollback.step]}: {rollback.error}")
        case _:
            return "Running, overdue" if rollback.overdue_since else "Running"


def after(stored: Stored) -> str:
    if stored.detected is None:
        return "At this moment it was ordered."
    waited = stored.rollback.requested_at - stored.detected.at
    return f"{words.lasting(waited)} after it was detected."


def visitors_get(rollback: Rollback) -> str:
    if rollback.visitors_get:
        return rollback.visitors_get
    if rollback.status is Status.COMPLETED:
        return f"Visitors got {rollback.called(rollback.target)} when it had completed."
    return "Not known before it has ended."


def related(other: Related) -> str:
    return f"{other.rollback_id}, by {other.requested_by}: {other.status.replace('_', ' ')}."


def quarantine(one: Quarantined) -> str:
    lifted = f" {one.lifted_by} lifted that {words.utc(one.lifted_at)}." if one.lifted_at else ""
    return f"{one.git_sha[:7]} may not come back by itself.{lifted}"


def evidence(rollback: Rollback) -> Evidence | None:
    """None: a person decided."""
    found = rollback.evidence
    if not rollback.automatic:
        return None
    strength = found.get("log10_evidence")
    source, path = (str(found.get(name, "unknown")) for name in ("source", "path"))
    by = words.SOURCES.get(source, source)
    return Evidence(
        source=source,
        path=path,
        judged_by=f"{by}: {words.PATHS[path]}." if path in words.PATHS else f"{by}.",
        sentence=words.sentence(str(found.get("detail") or rollback.reason)),
        stream=found.get("stream"),
        log10_evidence=float(strength) if strength is not None else None,
        gate=[asking(rollback, seen) for seen in found.get("gate", [])],
        trial=rollback.trial,
    )


def asking(rollback: Rollback, found: dict[str, Any]) -> Asking:
    seen = NOT_SEEN | found
    target_id = str(found.get("target"))
    unnamed = DeploymentName(deployment_id=target_id, git_sha="", title="")
    target = (rollback.names or {}).get(target_id, unnamed)
    said = {"target": target, "sentence": words.gate(target, seen)}
    return Asking.model_validate(seen | said)


def measured(verdict: VerdictView | None, looks: Looks | None) -> Measured:
    said = []
    counted = None
    # A verdict on no requests says nothing, and no share of them is no rate.
    if verdict is not None and verdict.requests:
        counted = Counted(
            at=datetime.fromtimestamp(verdict.until, UTC),
            state=verdict.state,
            sentence=words.sentence(verdict.sentence),
            requests=verdict.requests,
            rate=verdict.rate,
        )
        said.append(
            f"{words.percent(counted.rate)} of {words.counted(counted.requests, 'request')} failed"
            f" in the five minutes before {words.utc(counted.at)}:"
            f" {words.VERDICTS.get(counted.state, counted.state)}."
        )
    if looks is not None:
        said += [] if counted else [NO_REQUESTS]
        said.append(look_words(looks))
    return Measured(sentence=" ".join(said) or NOT_MEASURED, counted=counted, looks=looks)


def look_words(looks: Looks) -> str:
    total = looks.ok + looks.failed + looks.unknown
    text = f"Of {words.counted(total, 'look')} at its health, {looks.ok} went well"
    if looks.failed:
        text += f", {looks.failed} failed"
    if looks.unknown:
        text += f", {looks.unknown} got no answer from it"
    trouble = f" The last of these: {words.sentence(looks.trouble)}" if looks.trouble else ""
    return f"{text}.{trouble}"


def database_effect(rollback: Rollback, step: Step) -> DatabaseEffect:
    found = step.facts
    if step.state in (StepState.OK, StepState.SKIPPED):
        text = step.message or "The database stays as it is."
    elif not rollback.is_final and (found.get("went_back") or found.get("begun")):
        text = "It is at the database at this moment: what comes of it is not known yet."
    elif found.get("went_back") == "unknown":
        text = "The app's database went away, and may be back already."
    elif found.get("went_back") == "yes" or found.get("begun"):
        text = "The database may have been changed: it was begun, and the step did not end well."
    elif rollback.is_final:
        text = "The database was not changed by it."
    else:
        text = "It has not come to the database yet."
    return DatabaseEffect(
        sentence=words.sentence(text),
        warning=found.get("warning") or None,
        versions=[str(version) for version in found.get("versions", [])],
        is_exclusive=bool(found.get("is_exclusive")),
        rows_quarantined=found.get("quarantined"),
        conflicts=found.get("conflicts"),
    )


def watch(stored: Stored) -> str:
    if stored.watch_until is None:
        return (
            "It failed, so nothing was watched."
            if stored.rollback.is_final
            else "The watch begins when it has completed."
        )
    looks = stored.looks_after
    seen = "No look at it is stored." if looks is None else look_words(looks)
    is_over = stored.now >= stored.watch_until
    how = "It was watched" if is_over else "It is watched"
    return f"{how} until {words.utc(stored.watch_until)}. {seen}"
