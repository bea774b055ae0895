"""What a release is compared with: errors that were there before raise the bar, not the blame.

Pure: no I/O and no clock. Worked out once, at go-live, and kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.health.evidence import Bucket, Policy, wilson

#: The stream that every request is in.
ALL = "all requests"


@dataclass(frozen=True, slots=True)
class Period:
    """A deployment being live, in seconds since 1970; `live_until` None: it still is."""

    deployment_id: str
    live_from: int
    live_until: int | None = None
    quarantined: bool = False


def choose(history: Sequence[Period], live: Period) -> Period | None:
    """The period whose errors `live` may have as well. `history`: in any order.

    The newest earlier one that is not quarantined: of the same deployment if it was live before
    (the bad release in between would blind the watch), else of any other.
    """
    earlier = [
        period for period in history if period.live_from < live.live_from and not period.quarantined
    ]
    own = [period for period in earlier if period.deployment_id == live.deployment_id]
    return max(own or earlier, key=lambda period: period.live_from, default=None)


def null_rates(
    counted: Mapping[str, Sequence[Bucket]],
    period: Period | None,
    live_from: int,
    *,
    streams: Sequence[str],
    policy: Policy,
) -> dict[str, float]:
    """p0 of each stream; `counted` are the buckets of the deployment of `period`.

    A stream that is too thin for a baseline of its own has that of all requests.
    """
    if period is None:
        return dict.fromkeys(streams, policy.limit)
    end = min(period.live_until or live_from, live_from)
    found = {
        stream: null_rate(counted.get(stream, ()), period.live_from, end, policy)
        for stream in (ALL, *streams)
    }
    common = found[ALL] or policy.limit
    return {stream: found[stream] or common for stream in streams}


def null_rate(buckets: Sequence[Bucket], start: int, end: int, policy: Policy) -> float | None:
    """p0 by the last half-hour, else by the last day; None if both are too thin."""
    for seconds in (policy.baseline_seconds, policy.baseline_seconds_most):
        since = max(end - seconds, start)
        counted = [bucket for bucket in buckets if since <= bucket.start and bucket.end <= end]
        n, k = sum(bucket.n for bucket in counted), sum(bucket.k for bucket in counted)
        if n >= policy.baseline_requests:
            return min(max(policy.limit, wilson(k, n, policy.z)[1]), policy.limit_cap)
    return None
