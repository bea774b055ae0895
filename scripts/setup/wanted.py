"""What should be there, by the settings; and whether what is there is that. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from lib import errors
from lib.rollback.models import RollingGate
from lib.settings import Settings
from lib.vercel.models import Variable
from lib.vercel.webhook import CHECK_RUN_STARTED, CHECKED, GO_LIVE
from scripts.setup.account import Drain, Webhook

WEBHOOK_PATH, DRAIN_PATH = "/api/webhooks/vercel", "/api/drains/logs"
DRAIN_NAME = "Rollback control plane"
SOURCES = ["lambda", "edge"]
ENVIRONMENTS = ["production", "preview"]
ENDED = ("deployment.error", "deployment.canceled")
#: A variable's value cannot be read back: its comment says what it belongs to.
BELONGS = "Of {id}. Written by scripts.setup."
OWNER = re.compile(r"Of (\S+)\. Written by scripts\.setup\.")
#: The platform's own defaults.
CHECK = {"type": "error-rate-5xx", "minSampleSize": 100, "ingestWatermarkSeconds": 30}
THRESHOLDS = {"failureThreshold": 3, "windowSize": 5}
NEVER_DRY = (
    "ROLLING_RELEASE_GATE={mode}: this gate never ran dry here. Set dry-run first, apply, and look"
    " at what it would have done to a few releases."
)
NO_CODE = (
    "The platform does not tell the drain's verification code ({why}). Set DRAIN_VERIFY_TOKEN to"
    " what the team's settings show under Drains, as x-vercel-verify, and go on."
)
NOT_ROLLING = (
    "ROLLING_RELEASE_GATE={mode}: the app's project has no rolling releases. Configure them first"
    " (vercel rolling-release configure), or unset it."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    base_url: str
    project_id: str
    sampling: float
    #: Without Redis there is nothing that counts what the drain brings.
    has_drain: bool
    has_check: bool
    gate: RollingGate | None
    excluded_paths: tuple[str, ...]
    excluded_status_codes: tuple[int, ...]

    @property
    def webhook_url(self) -> str:
        return self.base_url + WEBHOOK_PATH

    @property
    def events(self) -> list[str]:
        checks = [CHECK_RUN_STARTED] if self.has_check else []
        told = {*GO_LIVE, *CHECKED, *ENDED} - {CHECK_RUN_STARTED}
        return [*sorted(told), *checks]

    def is_webhook(self, one: Webhook) -> bool:
        same = sorted(one.events) == sorted(self.events)
        return same and one.project_ids == [self.project_id]

    @property
    def drain_url(self) -> str:
        return self.base_url + DRAIN_PATH

    def is_drain(self, one: Drain) -> bool:
        rates = [sampling.rate for sampling in one.sampling or []]
        return (
            one.project_ids == [self.project_id]
            and sorted(one.sources or []) == sorted(SOURCES)
            and sorted(one.environments or []) == sorted(ENVIRONMENTS)
            and rates == ([self.sampling] if self.sampling < 1 else [])
            and one.status == "enabled"
        )

    def drain(self) -> dict[str, Any]:
        """Of it, all but where it delivers to."""
        return {
            "name": DRAIN_NAME,
            "projects": "some",
            "projectIds": [self.project_id],
            "schemas": {"log": {"version": "v1"}},
            "filter": {
                "version": "v2",
                "filter": {
                    "type": "basic",
                    "project": {"ids": [self.project_id]},
                    "log": {"sources": SOURCES},
                    "deployment": {"environments": ENVIRONMENTS},
                },
            },
            "sampling": [{"type": "head_sampling", "rate": self.sampling}]
            if self.sampling < 1
            else [],
            "status": "enabled",
        }

    def drain_delivery(self, secret: str) -> dict[str, Any]:
        return {
            "type": "http",
            "endpoint": self.drain_url,
            "encoding": "ndjson",
            "compression": "gzip",
            "headers": {},
            "secret": secret,
        }

    def rolling(self, config: dict[str, Any] | None) -> dict[str, Any] | None:
        """The configuration with the gate as it should be; None: it is so. Raises BadSettings."""
        mode = self.gate
        if mode is None or (mode is RollingGate.OFF and not gate_of(config).get("enabled")):
            return None
        if config is None:
            raise errors.BadSettings(NOT_ROLLING.format(mode=mode))
        there, gate = gate_of(config), self._gate(mode)
        if mode in (RollingGate.PAUSE, RollingGate.ROLLBACK) and not there.get("enabled"):
            raise errors.BadSettings(NEVER_DRY.format(mode=mode))
        if same_gate(there, gate):
            return None
        stages = config.get("stages") or []
        is_timed = any(stage.get("duration") is not None for stage in stages)
        kept = {name: value for name, value in config.items() if name != "target"}
        advancement = "automatic" if is_timed else "manual-approval"
        return {**kept, "enabled": True, "advancementType": advancement, "gate": gate}

    def _gate(self, mode: RollingGate) -> dict[str, Any]:
        check = CHECK | {
            "excludePaths": [*self.excluded_paths],
            "excludeStatusCodes": [int(code) for code in self.excluded_status_codes],
        }
        return {
            "enabled": mode is not RollingGate.OFF,
            "dryRun": mode is RollingGate.DRY_RUN,
            "action": "pause" if mode is RollingGate.PAUSE else "rollback",
            "checks": [check],
            **THRESHOLDS,
        }


def gate_of(config: dict[str, Any] | None) -> dict[str, Any]:
    return (config or {}).get("gate") or {}


def same_gate(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """What the platform adds by itself is no difference."""
    every = CHECK | {"excludePaths": [], "excludeStatusCodes": []}
    checks = [every | one for one in there.get("checks", [])]
    known = {name: (THRESHOLDS | there).get(name) for name in wanted}
    return known | {"checks": checks} == wanted


def describe_gate(gate: dict[str, Any]) -> str:
    if not gate.get("enabled"):
        return "off"
    return "dry-run" if gate.get("dryRun") else str(gate.get("action"))


def wanted(settings: Settings, *, has_check: bool) -> Wanted:
    """Raises BadSettings."""
    missing = [
        name
        for name, value in {
            "VERCEL_TOKEN": settings.vercel_token.get_secret_value(),
            "APP_PROJECT_ID": settings.app_project_id,
            "CONTROL_PLANE_URL": settings.own_url,
        }.items()
        if not value
    ]
    if missing or settings.own_url is None:
        raise errors.BadSettings(f"Not set: {', '.join(missing)}.")
    return Wanted(
        base_url=settings.own_url,
        project_id=settings.app_project_id,
        sampling=settings.drain_sampling,
        has_drain=settings.redis_url is not None,
        has_check=has_check,
        gate=settings.rolling_gate,
        excluded_paths=settings.excluded_paths,
        excluded_status_codes=settings.excluded_status_codes,
    )


def holds(variable: Variable | None, owner: str, created_at: int) -> bool:
    """Whether the variable belongs to what has this id.

    One that a person wrote says nothing of it: written after it was made, it is believed.
    """
    if variable is None:
        return False
    named = OWNER.fullmatch(variable.comment or "")
    return named[1] == owner if named else variable.updated_at >= created_at
