"""Tells in plain words when production's visitors start and stop getting errors."""

import asyncio
import time
from collections import deque

from dev.platform.cloud import Cloud
from dev.platform.edge import Visit

WINDOW_SECONDS = 10
LOOK_SECONDS = 1
#: Fewer requests than this say nothing.
REQUESTS_AT_LEAST = 5
#: Said from here on, and again only when it has changed by so much.
RATIO_AT_LEAST = 0.02
RATIO_CHANGE = 0.15
SERVER_ERROR = 500


class Rates:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        #: (when, whether it failed)
        self.recent: deque[tuple[float, bool]] = deque()
        self.told = 0.0

    def watch(self, visit: Visit) -> None:
        if visit.host in self.cloud.config.production_hosts:
            self.recent.append((time.monotonic(), visit.status >= SERVER_ERROR))

    def clear(self) -> None:
        self.recent.clear()
        self.told = 0.0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        while self.recent and self.recent[0][0] < now - WINDOW_SECONDS:
            self.recent.popleft()
        failed = sum(bad for _, bad in self.recent)
        if len(self.recent) < REQUESTS_AT_LEAST:
            return
        ratio = failed / len(self.recent)
        if failed == 0 and self.told:
            self.told = 0.0
            self.cloud.say("no errors on production any more")
        elif self._is_news(ratio):
            self.told = ratio
            self.cloud.say(f"error rate {ratio:.0%} on production".replace("%", " %"))

    def _is_news(self, ratio: float) -> bool:
        changed = not self.told or abs(ratio - self.told) >= RATIO_CHANGE
        return changed and ratio >= RATIO_AT_LEAST
