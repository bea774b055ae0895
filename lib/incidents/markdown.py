"""A report as Markdown, for a wiki or an issue. Pure.

Whatever people or the app have written may hold Markdown, HTML, links or names: `plain` keeps it
from being anything but text, wherever it is put.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

from lib.incidents import words
from lib.incidents.models import AlertTold, Incident
from lib.rollback.models import StepView

#: What begins something within a line: code, emphasis, links, HTML, cells, headings, formulas.
SPECIAL = re.compile(r"[\\`*_\[\]<>|~#&$^]")
#: What renderers make a link of by themselves.
BARE_LINK = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
#: What begins a list or underlines a heading, at the start of a line only.
MARKER = re.compile(r"^([-+=])|^(\d+)(?=[.)])")
#: Calls nobody, and makes no address: a zero-width joiner stands behind it.
NAME = re.compile(r"@(?=\w)")
JOINER = "\u2060"
NOTHING = "–"  # noqa: RUF001 - as on the page
#: They turn what follows around, or hide it.
UNSEEN = ("Cc", "Cf")


def plain(text: str) -> str:
    """One line of text that means nothing but itself."""
    line = " ".join("".join(map(seen, text)).split())
    line = BARE_LINK.sub(lambda found: f"\\{found[0]}", SPECIAL.sub(r"\\\g<0>", line))
    return NAME.sub(f"@{JOINER}", MARKER.sub(marked, line))


def seen(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in UNSEEN else character


def marked(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\"


def markdown(incident: Incident) -> str:
    return "\n".join(lines(incident)) + "\n"


def lines(incident: Incident) -> Iterator[str]:
    yield f"# {plain(incident.title)}"
    yield from ("", plain(incident.summary))
    if incident.draft:
        yield from ("", f"> **{plain(incident.draft)}**")
    yield from section("In short", (fact(one.name, one.value, one.at) for one in incident.facts))
    if incident.note:
        yield from section("Note", (f"> {plain(line)}" for line in incident.note.splitlines()))
    if incident.status == "failed" and incident.next_actions:
        actions = enumerate(incident.next_actions, start=1)
        yield from section("What to do next", (f"{n}. {plain(one)}" for n, one in actions))
    yield from section("Error rate", error_rate(incident))
    yield from section("Why", why(incident))
    yield from section(
        "Timeline", (f"- {words.utc(one.at)}: {plain(one.what)}" for one in incident.timeline)
    )
    yield from section(
        "Steps", table(("Step", "State", "Attempts", "Took", "Said"), steps(incident))
    )
    yield from section("Database", database(incident))
    yield from section("Afterwards", [plain(incident.watch)])
    yield from section("Alerts", [alert(one) for one in incident.alerts] or ["None was raised."])
    yield from section("Audit log", audit(incident))
    yield from ("", f"Written {words.utc(incident.generated_at)}. All times are UTC.")


def section(name: str, content: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {name}", "")
    yield from content


def table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """`plain` leaves no bar in a cell."""
    head = list(names)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def fact(name: str, value: str, at: datetime | None = None) -> str:
    when = f"{words.utc(at)}. " if at else ""
    return f"- **{name}:** {when}{plain(value)}"


def error_rate(incident: Incident) -> Iterator[str]:
    for name, one in (("Before", incident.before), ("After", incident.after)):
        yield fact(name, one.sentence)
        if one.counted:
            yield f"  - {plain(one.counted.sentence)}"


def why(incident: Incident) -> Iterator[str]:
    found = incident.evidence
    if found is None:
        yield f"{plain(incident.requested_by)} decided: {plain(incident.reason)}"
        return
    yield fact("Verdict", found.sentence)
    yield fact("Judged by", found.judged_by)
    if found.stream:
        yield fact("Stream", found.stream)
    if found.log10_evidence is not None:
        yield fact("Strength", f"log10 of the evidence: {found.log10_evidence:.1f}")
    for asked in found.gate:
        yield fact("Gate", asked.sentence)
    if found.trial:
        yield fact("Tried", words.trial(found.trial))


def steps(incident: Incident) -> Iterator[Iterable[str]]:
    for step in incident.steps:
        yield (
            words.STEPS[step.name],
            words.STATES[step.state],
            str(step.attempt),
            took(step),
            plain(step.message or NOTHING),
        )


def took(step: StepView) -> str:
    if step.started_at is None or step.finished_at is None:
        return NOTHING
    return words.lasting(step.finished_at - step.started_at)


def database(incident: Incident) -> Iterator[str]:
    found = incident.database
    yield plain(found.sentence)
    more = [
        *([("Versions", ", ".join(found.versions))] if found.versions else []),
        *([("Warning", found.warning)] if found.warning else []),
        *(
            [("Kept out of the way", words.counted(found.rows_quarantined, "row or value"))]
            if found.rows_quarantined
            else []
        ),
        *([("Conflicts", words.counted(found.conflicts, "value"))] if found.conflicts else []),
    ]
    if found.is_exclusive:
        more.append(("Exclusive", "The version that was left fails while the database is back."))
    if more:
        yield ""
        yield from (fact(name, value) for name, value in more)


def alert(one: AlertTold) -> str:
    text = f"- {one.id}, {words.utc(one.at)}: {plain(one.sentence)} {plain(one.sent)}"
    if one.acknowledged_at:
        by = plain(one.acknowledged_by or "")
        text += f" Taken care of by {by}, {words.utc(one.acknowledged_at)}."
    if one.resolved_at:
        text += f" Over since {words.utc(one.resolved_at)}."
    return text


def audit(incident: Incident) -> Iterator[str]:
    if not incident.audit:
        yield "No entry names it."
        return
    yield from table(
        ("Entry", "When", "Who", "What", "On", "Why", "Result"),
        (
            (
                str(one.id),
                words.utc(one.at),
                plain(one.actor),
                plain(one.action),
                plain(one.subject or NOTHING),
                plain(one.reason or NOTHING),
                plain(one.result),
            )
            for one in incident.audit
        ),
    )
