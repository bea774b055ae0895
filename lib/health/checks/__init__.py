"""The checks behind /api/health. To add one: write its file, add it to CHECKS and the model."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from lib.health.checks import database, redis, stripe
from lib.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """`run` returns if the dependency is well and raises if it is not."""

    name: str
    is_configured: Callable[[Settings], bool]
    run: Callable[[Settings], Coroutine[None, None, None]]


CHECKS: tuple[Check, ...] = (
    Check("database", database.is_configured, database.check),
    Check("redis", redis.is_configured, redis.check),
    Check("stripe", stripe.is_configured, stripe.check),
)
