"""What happened, in its order. Pure."""

from lib.incidents import words
from lib.incidents.models import AlertTold, Decision, Event, Stored
from lib.rollback.models import Rollback, Status, Step, StepState


def timeline(stored: Stored, rollback: Rollback) -> list[Event]:
    """Of events at the same moment, the cause comes first."""
    events = [
        *before(stored),
        started(rollback),
        *(event for step in rollback.steps if (event := of_step(step))),
        *ended(rollback),
        *(event for alert in stored.alerts for event in of_alert(alert)),
        *since(stored),
    ]
    return sorted(events, key=lambda event: event.at)


def before(stored: Stored) -> list[Event]:
    found = []
    if stored.detected:
        source = "Requests" if stored.detected.source == "traffic" else "Our own looks"
        text = f"Detected. {source} spoke against the release: {stored.detected.sentence}"
        found.append(Event(at=stored.detected.at, what=words.sentence(text)))
    found += [
        Event(at=one.at, what=decided(one))
        for one in stored.decisions
        # Its own is what it says when it starts.
        if not one.is_of_this
    ]
    return found


def decided(one: Decision) -> str:
    outcome = words.OUTCOMES.get(one.outcome, one.outcome)
    return f"Decided: {outcome}. {words.sentence(one.sentence)}"


def started(rollback: Rollback) -> Event:
    what = "Rollback" if rollback.kind == "back" else "Roll forward"
    who = "by itself" if rollback.automatic else f"by {rollback.requested_by}"
    text = f"{what} to {rollback.called(rollback.target)} started {who}: {rollback.reason}"
    return Event(at=rollback.requested_at, what=words.sentence(text))


def of_step(step: Step) -> Event | None:
    at = step.finished_at or step.started_at
    if at is None:
        return None
    text = f"{words.STEPS[step.step]}: {words.STATES[step.state]}"
    if step.started_at and step.finished_at and step.state is not StepState.SKIPPED:
        text += f" after {words.lasting(step.finished_at - step.started_at)}"
    if step.attempt > 1:
        text += f", {step.attempt} attempts"
    return Event(at=at, what=f"{text}. {words.sentence(step.message or '')}".strip())


def ended(rollback: Rollback) -> list[Event]:
    found = []
    if rollback.overdue_since:
        text = "It takes longer than planned. It goes on."
        found.append(Event(at=rollback.overdue_since, what=text))
    if rollback.finished_at:
        took = words.lasting(rollback.finished_at - rollback.requested_at)
        if rollback.status is Status.COMPLETED:
            text = f"Completed after {took}: visitors get {rollback.called(rollback.target)}."
        else:
            text = f"Failed after {took}. {rollback.visitors_get or ''}".strip()
        # Its last step ended a moment later, in the same transaction.
        last = max(step.finished_at or rollback.finished_at for step in rollback.steps)
        found.append(Event(at=max(last, rollback.finished_at), what=text))
    return found


def of_alert(alert: AlertTold) -> list[Event]:
    raised = f"Alert {alert.id}: {words.sentence(alert.sentence)}"
    found = [Event(at=alert.at, what=raised)]
    if alert.acknowledged_at:
        text = f"Alert {alert.id} taken care of by {alert.acknowledged_by}."
        found.append(Event(at=alert.acknowledged_at, what=text))
    return found


def since(stored: Stored) -> list[Event]:
    found = [
        Event(at=one.lifted_at, what=f"Quarantine of {one.git_sha[:7]} lifted by {one.lifted_by}.")
        for one in stored.quarantined
        if one.lifted_at
    ]
    if (by := stored.undone_by) is not None:
        text = f"Roll forward by {by.requested_by}, which undoes it: {by.status.replace('_', ' ')}."
        found.append(Event(at=by.requested_at, what=text))
    if stored.watch_until and stored.watch_until <= stored.now:
        found.append(Event(at=stored.watch_until, what="The watch ended."))
    return found
