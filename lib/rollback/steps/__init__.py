"""The steps of a rollback. To add one: write its file, add it to STEPS."""

from datetime import timedelta

from lib.rollback.steps import caches, database, record, switch, verify
from lib.rollback.steps.base import Step, Tools, traffic_after

#: Budgets are for trying, not for succeeding: together they end a rollback that cannot be done.
STEPS: tuple[Step, ...] = (
    Step("record", record.run, budget=timedelta(seconds=30)),
    Step("switch", switch.run, budget=timedelta(seconds=60)),
    Step("database", database.run, budget=timedelta(seconds=25)),
    Step("caches", caches.run, budget=timedelta(seconds=10), attempts=2, optional=True),
    Step("verify", verify.run, budget=timedelta(seconds=45)),
)


def find(name: str) -> Step:
    return next(step for step in STEPS if step.name == name)


__all__ = ["STEPS", "Step", "Tools", "find", "traffic_after"]
