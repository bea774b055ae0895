"""Is the audit log as it was written? Reads places, checkpoints and what has no place, in order,
and names everything that is not as it should be. Knows neither database nor file.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lib.audit.chain import START, Checkpoint, Keys, Place, hash_row, link

#: Broken links among which those are looked for that changed places.
MOST_COMPARED = 200
#: Rows are sealed in the order of their ids, at once or by the next sweep. One that is this much
#: older than one before it was not there then.
OUT_OF_ORDER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A row that has no place yet. `why`: what is wrong with that; empty: its place is to come."""

    audit_id: int
    why: str


@dataclass(frozen=True, slots=True)
class End:
    """Nothing was cut off here."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a file that is none of an export's."""

    line: int


Entry = Place | Checkpoint | Unplaced | Unreadable | End


@dataclass(slots=True)
class Verifier:
    """`heads`: positions and links that were seen before.

    Each place is checked against what is stored at the one before, right or wrong, so that one
    change is one finding and not one for each place after it.
    """

    keys: Keys
    heads: Collection[tuple[int, bytes]] = ()
    findings: list[str] = field(default_factory=list)
    position: int = 0
    link: bytes = START
    checkpoints: int = 0
    waiting: int = 0
    #: What is wrong with hashes or links, to tell what only changed places.
    _changed: list[tuple[Place, bytes]] = field(default_factory=list)
    _unlinked: list[tuple[Place, bytes]] = field(default_factory=list)
    _ids: set[int] = field(default_factory=set)
    _newest: datetime | None = None
    _last: Checkpoint | None = None
    #: By the unknown key that signed them.
    _unproven: dict[str, list[int]] = field(default_factory=dict)
    #: As far as checkpoints prove the chain.
    _proven: int = 0
    _expected: dict[int, set[bytes]] = field(default_factory=dict)
    _has_ended: bool = False

    def __post_init__(self) -> None:
        self._proven = self.position
        for position, head in self.heads:
            self._expected.setdefault(position, set()).add(head)

    def take(self, entry: Entry) -> None:
        match entry:
            case Place():
                self._take_place(entry)
            case Checkpoint():
                self._take_checkpoint(entry)
            case Unplaced(why=""):
                self.waiting += 1
            case Unplaced():
                self._find(f"Row {entry.audit_id} {entry.why}.")
            case Unreadable():
                self._find(f"Line {entry.line} was changed: it cannot be read.")
            case End():
                self._has_ended = True

    def end(self) -> None:
        """Call it once, when everything was taken."""
        self._name_changed()
        self._name_unlinked()
        self._name_unproven()
        if not self._has_ended:
            self._find("The end is missing: the export was cut off.")
        if self._expected:
            self._find(
                f"Position {max(self._expected)} is not there, and once was: the log was cut off"
                f" at {self.position}, or replaced by an older one."
            )
        self._judge_last_checkpoint()

    def _take_place(self, place: Place) -> None:
        if place.position <= self.position:
            self._find(f"{called(place)} was inserted after position {self.position}.")
            return
        if place.position > self.position + 1:
            self._find(f"{span(self.position + 1, place.position - 1)} removed from the chain.")
        elif link(self.link, place.position, place.row_sha256) != place.link:
            self._unlinked.append((place, self.link))
        if place.audit_id in self._ids:
            self._find(f"{called(place)} has a place already: it was inserted again.")
        self._ids.add(place.audit_id)
        self._take_row(place)
        if self._expected.pop(place.position, {place.link}) != {place.link}:
            self._find(
                f"Position {place.position} ended otherwise when its head was noted: what stands"
                " there or before it was rewritten."
            )
        self.position, self.link = place.position, place.link

    def _take_row(self, place: Place) -> None:
        row = place.row
        if row is None:
            self._find(f"{called(place)} was removed.")
            return
        found, told = hash_row(row), time_of(row)
        if found != place.row_sha256 or row.get("id") != str(place.audit_id) or told is None:
            self._changed.append((place, found))
            return
        if self._newest and told < self._newest - OUT_OF_ORDER:
            self._find(
                f"{called(place)} says {told:%Y-%m-%d %H:%M} and came after one of"
                f" {self._newest:%Y-%m-%d %H:%M}: it was inserted later."
            )
        self._newest = max(told, self._newest or told)

    def _take_checkpoint(self, checkpoint: Checkpoint) -> None:
        name = f"Checkpoint {checkpoint.number}"
        if checkpoint.number <= self.checkpoints:
            self._find(f"{name} was inserted after checkpoint {self.checkpoints}.")
            return
        if checkpoint.number > self.checkpoints + 1:
            missing = range(self.checkpoints + 1, checkpoint.number)
            self._find(f"{named('Checkpoint', missing)} removed.")
        self.checkpoints, self._last = checkpoint.number, checkpoint
        try:
            is_signed = self.keys.proves(checkpoint)
        except KeyError:
            self._unproven.setdefault(checkpoint.key_id, []).append(checkpoint.number)
            return
        if not is_signed:
            self._find(f"{name} was changed, or {checkpoint.key_id!r} is not the key it was.")
        elif checkpoint.position > self.position:
            what = span(self.position + 1, checkpoint.position)
            self._find(f"{what} removed from the end: {name.lower()} covers them.")
        elif checkpoint.position < self.position:
            self._find(f"{name} is of position {checkpoint.position}, which is not there.")
        elif checkpoint.link != self.link:
            self._find(
                f"{span(self._proven + 1, checkpoint.position)} rewritten, at one place or more:"
                f" {name.lower()} says that the chain was another."
            )
        else:
            self._proven = checkpoint.position

    def _judge_last_checkpoint(self) -> None:
        last = self._last
        if not self.position or self.keys.current is None:
            return
        if last is None or last.position < self.position:
            first = (last.position if last else 0) + 1
            self._find(
                f"{span(first, self.position, were='are')} signed by no checkpoint: one was"
                " removed, or AUDIT_KEYS was set just now and no sweep has run since."
            )
        elif last.key_id != self.keys.current and last.key_id in self.keys.secrets:
            self._find(
                f"The last checkpoint was signed with {last.key_id!r}, and {self.keys.current!r}"
                " is the key that signs: whoever has the older one can have cut off the end. If"
                " you changed AUDIT_KEYS just now: python -m scripts.audit seal."
            )

    def _name_changed(self) -> None:
        sealed_as = {place.row_sha256: place for place, _ in self._changed}
        for place, found in self._changed:
            other = sealed_as.get(found)
            if other is not None and other is not place:
                self._find(f"{called(place)} was reordered: it was sealed as {called(other)}.")
            else:
                self._find(f"{called(place)} was changed.")

    def _name_unlinked(self) -> None:
        """By which hash a broken link would be whole: is it another place's?"""
        for place, before in self._unlinked:
            moved = next(
                (
                    other
                    for other, _ in self._unlinked[:MOST_COMPARED]
                    if link(before, place.position, other.row_sha256) == place.link
                ),
                None,
            )
            if moved:
                self._find(
                    f"{called(place)} was reordered: at this position row {moved.audit_id} was"
                    " sealed."
                )
            else:
                self._find(
                    f"{called(place)} does not follow from the position before: one of the two"
                    " was changed, inserted or reordered in the chain."
                )

    def _name_unproven(self) -> None:
        """Of a key that is not set, all of them are: that is one thing to see to, not hundreds."""
        for key_id, numbers in self._unproven.items():
            first, last = numbers[0], numbers[-1]
            found = f"Checkpoint {first} was"
            if len(numbers) > 1:
                found = f"{len(numbers)} checkpoints, {first} to {last}, were"
            self._find(f"{found} signed with the key {key_id!r}, which is unknown.")

    def _find(self, sentence: str) -> None:
        self.findings.append(sentence)


def time_of(row: Mapping[str, str | None]) -> datetime | None:
    """None: it names no time that we would write."""
    try:
        told = datetime.fromisoformat(row["at"] or "")
    except (LookupError, ValueError):
        return None
    return told if told.tzinfo else None


def called(place: Place) -> str:
    return f"Row {place.audit_id} (position {place.position})"


def span(first: int, last: int, *, were: str = "were") -> str:
    return named("Position", range(first, last + 1), were=were)


def named(what: str, numbers: range, *, were: str = "were") -> str:
    if len(numbers) == 1:
        return f"{what} {numbers[0]} {'is' if were == 'are' else 'was'}"
    return f"{what}s {numbers[0]} to {numbers[-1]} {were}"
