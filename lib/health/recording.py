"""Buckets and what they were held against, written down: for replaying a verdict later.

A JSON object per line, in any order, of three kinds:

    {"live_from": 1767268800, "p0": {"all requests": 0.05}, "until": 1767272400} exactly once
    {"stream": "writes", "start": 1767268800, "n": 100, "k": 3, "clients": ["5e1", "0c2"]}
    {"reset": 1767268860}                        evidence was dropped then: the gate refused
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, MOST_LIMIT, Bucket, Policy
from lib.health.watch import Release

#: A baseline that an alternative fits above.
Rate = Annotated[float, Field(gt=0, le=MOST_LIMIT)]
Streams = Mapping[str, Sequence[Bucket]]


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReleaseLine(Line):
    live_from: int
    p0: dict[str, Rate] = Field(min_length=1)
    #: To where it was recorded, seconds; None: to the end of the newest bucket.
    until: int | None = None


class BucketLine(Line):
    stream: str
    start: int = Field(multiple_of=BUCKET_SECONDS)
    n: float = Field(ge=0, allow_inf_nan=False)
    k: float = Field(ge=0)
    clients: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def has_no_more_errors_than_requests(self) -> Self:
        if self.k > self.n:
            raise ValueError("k errors are among the n requests: k may not be above n")
        return self


class ResetLine(Line):
    reset: int


LINE: TypeAdapter[ReleaseLine | BucketLine | ResetLine] = TypeAdapter(
    ReleaseLine | BucketLine | ResetLine
)


class Unreadable(Exception):
    """The recording cannot be replayed."""


@dataclass(frozen=True, slots=True)
class Recording:
    release: Release
    counted: Streams
    resets: Sequence[int] = ()
    recorded_until: int | None = None

    @property
    def until(self) -> int:
        return self.recorded_until or max(
            (bucket.end for buckets in self.counted.values() for bucket in buckets),
            default=self.release.start,
        )


def read(lines: Iterable[str], policy: Policy) -> Recording:
    """Raises Unreadable, with the number of the line."""
    releases: list[ReleaseLine] = []
    resets: list[int] = []
    counted: dict[str, list[Bucket]] = {}
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        match parse(text, number):
            case ReleaseLine() as release:
                releases.append(release)
            case BucketLine(stream=stream, start=start, n=n, k=k, clients=clients):
                counted.setdefault(stream, []).append(Bucket(start, n, k, clients))
            case ResetLine(reset=reset):
                resets.append(reset)
    if len(releases) != 1 or ALL not in releases[0].p0:
        raise Unreadable(f'one line must say live_from and p0, with "{ALL}" in it')
    one = releases[0]
    return Recording(Release(one.live_from, one.p0, policy), counted, resets, one.until)


def parse(text: str, number: int) -> ReleaseLine | BucketLine | ResetLine:
    try:
        return LINE.validate_json(text)
    except ValidationError as error:
        why = "; ".join(sorted({one["msg"] for one in error.errors()}))
        raise Unreadable(f"line {number} is none of the three kinds: {why}") from error


def write(recording: Recording) -> Iterator[str]:
    """The lines that `read` reads; a policy is not among them."""
    release = recording.release
    yield ReleaseLine(
        live_from=release.live_from, p0=dict(release.p0), until=recording.recorded_until
    ).model_dump_json()
    for stream, buckets in recording.counted.items():
        for one in buckets:
            line = BucketLine(stream=stream, start=one.start, n=one.n, k=one.k, clients=one.clients)
            yield line.model_dump_json()
    for reset in recording.resets:
        yield ResetLine(reset=reset).model_dump_json()
