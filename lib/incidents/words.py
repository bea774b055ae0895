"""How a report says times, numbers and names. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.deployments.models import UNKNOWN
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
    "turned_off": "turn off a feature first",
    "would_turn_off": "would turn off a feature first, and the mode is shadow",
    "confirming": "look once more, whether it goes on",
    "gate_refused": "do not roll back: it would not help",
    "ask_a_person": "ask a person",
}
SOURCES = {"traffic": "Counted requests", "probes": "Our own looks at it"}
PATHS = {"hard": "it is badly broken", "soft": "more fail than before, for long enough"}
ANSWERS = {"helps": "helps", "fails": "would not help", "unknown": "could not be asked"}


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


def gate(target: DeploymentName, seen: Mapping[str, Any]) -> str:
    """ "4f2a9c1 helps: it failed 0 of 20 paired looks, the live version 18."."""
    failed = f"it failed {seen['target_failed']} of {counted(seen['pairs'], 'paired look')}"
    if seen["target_unknown"]:
        failed += f" and could not be asked in {seen['target_unknown']}"
    answer = ANSWERS.get(seen["answer"], seen["answer"])
    end = f"the live version {seen['live_failed']}. {sentence(seen['detail'])}".strip()
    return f"{called(target)} {answer}: {failed}, {end}"


def trial(one: Trial) -> str:
    return (
        f"{sentence(one.refused)} It answered {one.pairs} of {one.pairs} paired probes on the"
        " database as it was."
    )
