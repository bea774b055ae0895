"""The versions one can release, by name: how each behaves, and which migrations it contains."""

from dataclasses import dataclass

TIMELINE = "20261101090000"
EVENT_NOTE = "20261115090000"
VENDOR_ARRIVAL = "20261116090000"
SHOT_MINUTES = "20261117090000"
SHOT_ONCE = "20261118090000"
VENUE_DROPPED = "20261119090000"
RENAMED_SHOTS = "20261120090000"
SHORT_SUBJECT = "20261121090000"
UNTAKEN = "20261122090000"
EVENT_TIMES = "20261123090000"
VENDOR_NAMES = "20261124090000"
SHOTS_LEFT = "20261125090000"


class UnknownVersion(ValueError):
    """No version of the sample app has this name."""


@dataclass(frozen=True, slots=True)
class Version:
    title: str
    errors_percent: int = 0
    crashes: bool = False
    hangs: bool = False
    wrong_content: bool = False
    #: It sends RSVP e-mails, unless their switch is off, and says in its log which switches are on.
    sends_rsvps: bool = False
    #: Its errors are those of a feature: they come only while its switch is on.
    errors_while_on: bool = False
    migrations: tuple[str, ...] = (TIMELINE,)


VERSIONS = {
    "good": Version("Show the day's timeline"),
    "good-2": Version("Show the vendors' phone numbers"),
    "errors-50": Version("Cache the timeline", errors_percent=50),
    "errors-10": Version("Load the shot list lazily", errors_percent=10),
    "errors-3": Version("Retry slow queries", errors_percent=3),
    "rsvp": Version("Send RSVP e-mails", sends_rsvps=True),
    "rsvp-errors": Version(
        "Send RSVP e-mails at once", errors_percent=15, sends_rsvps=True, errors_while_on=True
    ),
    "rsvp-other-errors": Version(
        "Send RSVP e-mails, and cache the timeline", errors_percent=15, sends_rsvps=True
    ),
    "crash": Version("Upgrade the framework", crashes=True),
    "hang": Version("Wait for the calendar", hangs=True),
    "wrong-content": Version("Redesign the front page", wrong_content=True),
    "adds-note": Version("Let vendors leave a note", migrations=(TIMELINE, EVENT_NOTE)),
    # Alternatives, each built on `good`; what `good` can no longer do on each one's schema is in
    # tests/platform/test_sample_app.py.
    "adds-column": Version("Say when vendors arrive", migrations=(TIMELINE, VENDOR_ARRIVAL)),
    "adds-required": Version("Plan the photographs", migrations=(TIMELINE, SHOT_MINUTES)),
    "adds-unique": Version("List each photograph once", migrations=(TIMELINE, SHOT_ONCE)),
    "drops-column": Version("Take the venue off the page", migrations=(TIMELINE, VENUE_DROPPED)),
    "renames-table": Version("Say photos, not shots", migrations=(TIMELINE, RENAMED_SHOTS)),
    "narrows": Version("Keep subjects to one line", migrations=(TIMELINE, SHORT_SUBJECT)),
    "opaque": Version("Say every flag outright", migrations=(TIMELINE, UNTAKEN)),
    "retimes": Version("Keep times as times", migrations=(TIMELINE, EVENT_TIMES)),
    "retimes-errors": Version(
        "Keep times as times, at once", errors_percent=50, migrations=(TIMELINE, EVENT_TIMES)
    ),
    "splits-name": Version("Sort vendors by last name", migrations=(TIMELINE, VENDOR_NAMES)),
    "splits-name-errors": Version(
        "Sort vendors by last name, at once",
        errors_percent=50,
        migrations=(TIMELINE, VENDOR_NAMES),
    ),
    "counts": Version("Count the shots that are left", migrations=(TIMELINE, SHOTS_LEFT)),
    "counts-and-crashes": Version(
        "Count the shots that are left, once more", crashes=True, migrations=(TIMELINE, SHOTS_LEFT)
    ),
}


def find_version(name: str) -> Version:
    try:
        return VERSIONS[name]
    except KeyError:
        known = ", ".join(VERSIONS)
        raise UnknownVersion(f"There is no version {name!r}. Versions: {known}.") from None
