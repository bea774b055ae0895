"""How a report says times, numbers and names. Pure."""

from datetime import UTC, datetime, timedelta

from lib.deployments.models import UNKNOWN
from lib.incidents.models import AlertTold, Asking
from lib.rollback.models import DeploymentName, Trial

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
#: Below it a share is told with a decimal.
TENTH = 0.1

STEPS = {
    "record": "Record the rollback",
    "switch": "Switch traffic",
    "database": "Database",
    "caches": "Clear caches",
    "verify": "Check it works",
}
STATES = {
    "wait": "not started",
    "run": "running",
    "ok": "done",
    "bad": "failed",
    "skipped": "skipped",
}
VERDICTS = {
    "rollback": "bad",
    "suspect": "suspect",
    "inconclusive": "too few requests to tell",
    "not_badly_broken": "not badly broken",
    "healthy": "healthy",
}
OUTCOMES = {
    "rolled_back": "roll back",
    "would_roll_back": "would roll back, and the mode is shadow",
    "confirming": "look once more, whether it goes on",
    "gate_refused": "do not roll back: it would not help",
    "ask_a_person": "ask a person",
}


def called(one: DeploymentName | None) -> str:
    if one is None:
        return "an unknown version"
    return one.git_sha[:7] if one.git_sha not in ("", UNKNOWN) else one.deployment_id


def in_full(one: DeploymentName | None) -> str:
    """ "e81c2d7, Shot list (dpl_1)"."""
    if one is None:
        return "nobody knows what was live"
    name = called(one)
    title = f", {one.title}" if one.title else ""
    return f"{name}{title}" + (f" ({one.deployment_id})" if name != one.deployment_id else "")


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def lasting(length: timedelta) -> str:
    """ "0.4 s", "12 s", "1 min 12 s", "2 h 5 min"."""
    milliseconds = max(length // timedelta(milliseconds=1), 0)
    if milliseconds < 10 * SECOND:
        return f"{milliseconds / SECOND:.1f} s"
    if milliseconds < MINUTE:
        return f"{milliseconds // SECOND} s"
    if milliseconds < HOUR:
        return f"{milliseconds // MINUTE} min {milliseconds % MINUTE // SECOND} s"
    return f"{milliseconds // HOUR} h {milliseconds % HOUR // MINUTE} min"


def percent(rate: float) -> str:
    return f"{rate * 100:.1f} %" if 0 < rate < TENTH else f"{rate * 100:.0f} %"


def counted(count: float, one: str, many: str = "") -> str:
    return f"{count:,.0f} {one if count == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """With a full stop, whether or not whoever wrote it gave it one."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) or not text else f"{text}."


def gate(asked: Asking) -> str:
    """ "4f2a9c1 helps: it failed 0 of 20 paired looks, the live version 18."."""
    seen = f"it failed {asked.target_failed} of {counted(asked.pairs, 'paired look')}"
    if asked.target_unknown:
        seen += f" and could not be asked in {asked.target_unknown}"
    seen += f", the live version {asked.live_failed}"
    answers = {"helps": "helps", "fails": "would not help", "unknown": "could not be asked"}
    answer = answers.get(asked.answer, asked.answer)
    return f"{called(asked.target)} {answer}: {seen}. {sentence(asked.detail)}".strip()


def trial(one: Trial) -> str:
    return (
        f"{sentence(one.refused)} It answered {one.pairs} of {one.pairs} paired probes on the"
        " database as it was."
    )


def told(alert: AlertTold) -> str:
    """Through which channels people heard of it."""
    raised = [one for one in alert.told if one.event == "raised"]
    sent = [
        f"{one.channel} ({one.sent} times)" if one.sent > 1 else one.channel
        for one in raised
        if one.sent
    ]
    not_sent = [
        f"{one.channel}{f' ({one.error})' if one.error else ''}" for one in raised if not one.sent
    ]
    if not raised:
        return "No channel was set up for it."
    parts = [f"Sent through {', '.join(sent)}"] if sent else []
    parts += [f"Not sent through {', '.join(not_sent)}"] if not_sent else []
    return sentence(". ".join(parts))
