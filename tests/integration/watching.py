"""Every 30 seconds for a quarter of an hour, however long each look took by the real clock."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from lib.automatic.decision import WATCH
from lib.health.sweep import SLACK, WATCH_EVERY


def check_cadence(moments: Sequence[datetime]) -> None:
    """Of the looks, oldest first."""
    gaps = [after - one for one, after in pairwise(moments)]
    assert all(WATCH_EVERY - SLACK <= gap < 2 * WATCH_EVERY for gap in gaps), gaps
    assert WATCH - 4 * WATCH_EVERY < moments[-1] - moments[0] <= WATCH
