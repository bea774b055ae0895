"""How tests wait for what processes do: until it has happened, on a machine of any speed."""

import time
from collections.abc import Callable

#: Against waiting for ever alone: how fast something is, no test says.
PATIENCE_SECONDS = 300
LOOK_SECONDS = 0.02


def wait_until[T](condition: Callable[[], T], what: str = "it") -> T:
    """What `condition` returns once it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come in {PATIENCE_SECONDS} s"
        time.sleep(LOOK_SECONDS)
    return found
