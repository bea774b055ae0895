"""The checks of a preflight. To add one: write its file and its line in CHECKS.

Each answers with a finding and raises nothing on purpose; what it raises all the same, or not
answering in time, is found as unknown.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lib.alerts import DRAIN_SILENT
from lib.preflight.checks import (
    alert_channel,
    audit_export,
    blockers,
    bypass,
    cron,
    database_rights,
    drain,
    redis,
    separate_servers,
    target,
    token,
)
from lib.preflight.kit import Kit
from lib.preflight.models import Finding
from lib.rollback.models import Environment


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    run: Callable[[Kit, Environment], Awaitable[Finding]]
    timeout_seconds: float = 5.0
    #: The same for every environment: people are told of it once, for production.
    is_shared: bool = True
    #: Its alert is one that others raise too: whoever comes first tells people.
    once: str | None = None


CHECKS: tuple[Check, ...] = (
    Check("token", token.check),
    Check("target", target.check, timeout_seconds=8.0, is_shared=False),
    Check("bypass", bypass.check, timeout_seconds=8.0, is_shared=False),
    Check("cron", cron.check),
    Check("drain", drain.check, once=DRAIN_SILENT),
    Check("database_rights", database_rights.check),
    Check("blockers", blockers.check),
    Check("separate_servers", separate_servers.check),
    Check("redis", redis.check),
    Check("alert_channel", alert_channel.check),
    Check("audit_export", audit_export.check),
)
