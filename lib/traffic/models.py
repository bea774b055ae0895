"""What was counted, and how well. Pure: no I/O and no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.health.evidence import Bucket


@dataclass(frozen=True, slots=True)
class Ask:
    """Buckets to read: of these streams, by name; `since` and `until` in seconds since 1970."""

    deployment_id: str
    streams: Sequence[str]
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Drain:
    """The log drain itself. What was dropped is counted each time that it came."""

    batch_at_ms: int  #: the newest batch; 0: none yet
    lag_ms: int  #: how old its oldest request was
    late: int  #: requests that came after 15 minutes
    broken: int  #: entries
    beyond: int  #: requests of a bucket, or of one client in it, that held too many already
    batches: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A bucket as it is judged, and as it was: requests and errors before any limit per client."""

    bucket: Bucket
    requests: int
    errors: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Of every stream asked for, oldest first; buckets without a request are left out."""

    ask: Ask
    now_ms: int
    #: End of the newest bucket that is closed; newer ones are not in here.
    until: int
    seen: Mapping[str, Sequence[Seen]]
    drain: Drain

    @property
    def buckets(self) -> dict[str, list[Bucket]]:
        return {stream: [one.bucket for one in seen] for stream, seen in self.seen.items()}


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a batch: requests that were new, and those that were dropped."""

    new: int
    late: int
    ahead: int
    beyond: int
    drain: Drain
    readings: Sequence[Reading]
