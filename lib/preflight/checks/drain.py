"""The app's log drain is alive. Our own looks make entries, so silence is no lack of visitors."""

from datetime import timedelta

from lib.preflight.kit import Kit, failed, not_used, ok, unknown
from lib.preflight.models import Finding
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment
from lib.traffic.counts import Counts
from lib.traffic.models import Ask
from lib.traffic.tally import Tally

FRESH = timedelta(minutes=10)
#: One may just have been taken, and its entries be on their way.
LOOKS_NEEDED = 2
#: Of nothing: for the time by the clock that batches are stamped with.
NOTHING = Ask("", (), 0, 0)
PROMISE = (
    "Error rates are not seen; only an outage that probes see is rolled back, within about 90 s."
)
MEND = (
    "Look at the drain in the team's settings on the platform (Drains), its delivery errors and"
    " its secret: docs/deploying.md, step 6."
)


async def check(kit: Kit, environment: Environment) -> Finding:
    if kit.settings.drain_secret is None:
        return not_used(f"No log drain is set up (DRAIN_SECRET). {PROMISE}")
    if kit.counts is None:
        return not_used(f"There is no Redis to count the log drain's requests in. {PROMISE}")
    try:
        age = await age_of_newest(kit.counts)
    except RedisUnavailable as error:
        return unknown(f"Redis does not say when the log drain last came ({error}). {PROMISE}")
    if age is not None and age < FRESH:
        return ok(f"The log drain's newest batch is {max(0, int(age.total_seconds()))} s old.")
    if await kit.store.looks(environment, within=FRESH) < LOOKS_NEEDED:
        return unknown(
            f"No log entry came in the last {FRESH.seconds // 60} minutes, and none was to be"
            f" expected: nothing looked at {environment} either."
        )
    last = "None ever came" if age is None else f"The last one is {age.total_seconds() / 60:.0f}"
    last += "." if age is None else " minutes old."
    return failed(
        f"The log drain brings no entries, though our own looks at {environment} make some. {last}"
        f" {PROMISE} {MEND}"
    )


async def age_of_newest(counts: Counts) -> timedelta | None:
    """One command for Redis. None: no batch ever came."""
    (reading,) = (await counts.count(Tally(), [NOTHING])).readings
    batch_at_ms = reading.drain.batch_at_ms
    return timedelta(milliseconds=reading.now_ms - batch_at_ms) if batch_at_ms else None
