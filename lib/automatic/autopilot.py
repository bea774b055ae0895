"""Judge what is live and act on it: asked by each batch of the log drain, and by the sweep."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lib import errors
from lib.automatic.decision import Decider
from lib.automatic.judging import Judging, Questions
from lib.automatic.models import Judged, newest_suspicions
from lib.health.verdict import State
from lib.notify.sender import Notifier
from lib.redis import RedisUnavailable
from lib.rollback.engine import Engine
from lib.rollback.models import Rollback
from lib.traffic.models import Counted

log = logging.getLogger(__name__)

#: A gate that has less time left is better asked by whoever comes next.
GATE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Autopilot:
    judging: Judging
    decider: Decider
    engine: Engine
    notifier: Notifier

    async def look(self, *, stop_at: float) -> float | None:
        """For the sweep, which works on whatever rollback is started.

        Seconds until a switch that was turned off has been watched; None: none is.
        """
        judged = await self.judging.read()
        for one in judged:
            if one.verdict.state is State.HEALTHY:
                live = one.live
                await self.decider.deployments.prove(
                    live.environment, live.deployment_id, requests=one.requests
                )
        await self.act(judged, stop_at=stop_at)
        suspected = {one.environment for one in newest_suspicions(judged)}
        calm = [one for one in judged if one.is_heard and one.live.environment not in suspected]
        await self.decider.flags.settle(calm)
        return await self.decider.flags.trials.due_in()

    async def follow(
        self, questions: Questions, counted: Counted | None, *, stop_at: float
    ) -> None:
        """After a batch was counted: judge by it at once, and carry a rollback as far as we get."""
        if counted is None or not questions.releases:
            return
        try:
            judged = await self.judging.conclude(questions, counted.readings)
            if newest_suspicions(judged):
                await self.notifier.beside(self.follow_up, judged, stop_at=stop_at)
        except (errors.DatabaseUnavailable, RedisUnavailable) as error:
            # The next batch judges again, and so does the sweep.
            log.warning("not_judged", extra={"why": str(error)})

    async def follow_up(self, judged: Sequence[Judged], *, stop_at: float) -> None:
        for rollback in await self.act(judged, stop_at=stop_at):
            await self.engine.run(rollback.id, stop_at=stop_at)
        if (due_in := await self.decider.flags.trials.due_in()) is not None:
            self.judging.hasten(due_in)

    async def act(self, judged: Sequence[Judged], *, stop_at: float) -> list[Rollback]:
        """What fails in one environment leaves the other alone; it is decided again soon."""
        started = []
        for suspicion in newest_suspicions(judged):
            if time.monotonic() + GATE_SECONDS > stop_at:
                break
            try:
                rollback = await self.decider.decide(suspicion)
            except errors.Upstream as error:
                log.warning(
                    "decision_waits",
                    extra={"environment": suspicion.environment, "why": str(error)},
                )
                continue
            await self.judging.changes.tell()
            if rollback is not None:
                started.append(rollback)
        return started
