"""The platform's scheduler really calls the sweep every minute."""

from datetime import timedelta

from lib.preflight.kit import Kit, failed, ok, unknown
from lib.preflight.models import Finding
from lib.rollback.models import Environment

LONGEST_GAP = timedelta(seconds=120)
LONGEST_SILENCE = timedelta(minutes=3)
#: Of fewer the pace is not known.
RUNS_NEEDED = 3
PROMISE = (
    "Webhooks, log drain batches and status polls still act at once; an outage without traffic is"
    " not noticed until the next sweep, and nothing looks every 30 s after a rollback. Use a plan"
    " whose crons run every minute, and see that CRON_SECRET is set."
)


async def check(kit: Kit, _: Environment) -> Finding:
    pace = await kit.store.pace()
    if pace.since is None:
        return failed(f"No scheduled sweep has come yet. {PROMISE}")
    if pace.since > LONGEST_SILENCE:
        return failed(
            f"The last scheduled sweep was {words(pace.since)} ago, and one should come every"
            f" minute. {PROMISE}"
        )
    if pace.runs < RUNS_NEEDED or pace.gap is None:
        return unknown("The scheduler has only begun to call; its pace is known in a few minutes.")
    if pace.gap > LONGEST_GAP:
        return failed(f"Scheduled sweeps come every {words(pace.gap)} only. {PROMISE}")
    return ok(f"Scheduled sweeps come every {words(pace.gap)}.")


def words(span: timedelta) -> str:
    seconds = span.total_seconds()
    for name, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name}"
    return f"{seconds:.0f} seconds"
