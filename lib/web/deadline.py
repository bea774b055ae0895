"""How long this invocation may still run."""

import time
from datetime import UTC, datetime

try:
    from vercel_runtime import get_deadline
except ImportError:  # only the platform's own runtime has it

    def get_deadline() -> datetime | None:
        return None


#: Work stops this long before the platform would end it: enough for a step's last write.
MARGIN_SECONDS = 5.0


def stop_at(max_seconds: float) -> float:
    """Monotonic seconds at which to stop; `max_seconds`: what vercel.json grants the function."""
    left = max_seconds
    deadline = get_deadline()
    if deadline is not None:
        left = min(left, (deadline - datetime.now(UTC)).total_seconds())
    return time.monotonic() + left - MARGIN_SECONDS
