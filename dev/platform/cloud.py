"""The platform's memory and its rules: what a release, an alias and a switch do.

Used from one event loop only. Whoever changes something here calls `commit` when it is whole.
"""

import hashlib
import json
import time
from collections.abc import Callable
from zlib import crc32

from dev.platform.config import Config
from dev.platform.events import deployment_event, rollback_event
from dev.platform.faults import Faults
from dev.platform.memory import Memory
from dev.platform.state import (
    AliasMove,
    CheckRun,
    Delivery,
    Deployment,
    Environment,
    Rolling,
    State,
    Variable,
)
from dev.sample_app.versions import find_version

AUTHORS = ("grace", "lena", "tom")
URL_LETTERS = 9


def now_ms() -> int:
    return int(time.time() * 1000)


class Cloud:
    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        self.config = config
        self.say = say
        self.memory = Memory(config.data_dir)
        self.faults = Faults()
        #: Host -> (deployment still served in place of the new one, until when).
        self.stale: dict[str, tuple[str, float]] = {}
        self.on_commit: list[Callable[[], None]] = []
        #: Begins a rolling release; False: it is queued behind another.
        self.roll: Callable[[Deployment], bool] = lambda _: False
        self._visits = 0
        for key in self.config.given_variables:
            if key not in self.state.variables:
                self.set_variable(key, None)

    @property
    def state(self) -> State:
        return self.memory.state

    def commit(self) -> None:
        self.memory.save()
        for listener in self.on_commit:
            listener()

    # --- finding

    def find(self, id_or_host: str) -> Deployment | None:
        """By id, by its own address, or by an alias that points at it."""
        state = self.state
        found = state.aliases.get(id_or_host, id_or_host)
        if found in state.deployments:
            return state.deployments[found]
        return next((d for d in state.deployments.values() if d.url == id_or_host), None)

    def aliases_of(self, deployment: Deployment) -> list[str]:
        return [host for host, id_ in self.state.aliases.items() if id_ == deployment.id]

    @property
    def rolling(self) -> Rolling | None:
        """The rolling release that is under way."""
        rolling = self.state.rolling
        return rolling if rolling and rolling.state == "ACTIVE" else None

    def served_at(self, host: str, visitor: str | None = None) -> Deployment | None:
        """What visitors of `host` get: usually what it points at, or what it did before.

        While a release rolls out, a known `visitor` keeps what they got; unknown ones are spread.
        """
        rolling = self.rolling
        if rolling and host in self.config.production_hosts:
            number = crc32(visitor.encode()) if visitor else self._visits
            self._visits += visitor is None
            # Spread evenly: neighbours are far apart in the hundred.
            if number * 61 % 100 < rolling.percent:
                return self.state.deployments.get(rolling.canary_id)
        old_id, until = self.stale.get(host, ("", 0.0))
        if time.monotonic() < until:
            return self.state.deployments.get(old_id)
        return self.find(host)

    # --- releasing

    def create(
        self,
        version: str,
        environment: Environment,
        *,
        builds: bool = True,
        sha: str | None = None,
    ) -> Deployment:
        """A new deployment of its own, ready unless its build fails, not live anywhere.

        `sha`: of the commit that is deployed once more.
        """
        title = find_version(version).title
        state = self.state
        state.sequence += 1
        fresh = self._digest("sha", version, length=40)
        deployment = Deployment(
            id=f"dpl_{self._digest('id', version, length=28)}",
            number=state.sequence,
            version=version,
            sha=sha or fresh,
            title=title,
            author=AUTHORS[state.sequence % len(AUTHORS)],
            url=f"{self.config.project_name}-{fresh[:URL_LETTERS]}{self.config.own_domain_suffix}",
            target=environment,
            # Never the same twice: pages of the list are cut at this time.
            created_ms=max(now_ms(), 1 + max(self._created(), default=0)),
            ready_state="READY" if builds else "ERROR",
            variables={v.key: v.value for v in state.variables.values() if v.value is not None},
        )
        state.deployments[deployment.id] = deployment
        self.begin_checks(deployment)
        for kind in ("created", "succeeded", "ready") if builds else ("created", "error"):
            self.fire(deployment_event(self.config, f"deployment.{kind}", deployment))
        return deployment

    def begin_checks(self, deployment: Deployment) -> None:
        """Each check of its target gets a run, and whoever concludes it is told."""
        for check in self.state.checks.values():
            if deployment.target not in (check.targets or [deployment.target]):
                continue
            run = CheckRun(
                id=self.new_id("run", check.id, deployment.id),
                check_id=check.id,
                deployment_id=deployment.id,
                created_ms=deployment.created_ms,
            )
            self.state.check_runs.append(run)
            told = {"checkRun": {"id": run.id, "checkId": check.id, "name": check.name}}
            kind = "deployment.checkrun.start"
            self.fire(deployment_event(self.config, kind, deployment, more=told))

    def runs_on(self, deployment: Deployment) -> list[CheckRun]:
        return [run for run in self.state.check_runs if run.deployment_id == deployment.id]

    def is_blocked(self, deployment: Deployment) -> bool:
        """A check that blocks promotions has failed on it, or has not ended."""
        return any(
            self.state.checks[run.check_id].blocks == "deployment-promotion" and not run.passed
            for run in self.runs_on(deployment)
        )

    def let_go_live_what_waited(self, deployment: Deployment) -> None:
        if deployment.waits and not self.is_blocked(deployment):
            deployment.waits = False
            self.go_live(deployment)

    def go_live(self, deployment: Deployment) -> bool:
        """Where a release goes by itself; False while auto-assignment is off, or its checks have
        not passed: it stays staged.
        """
        if deployment.target == "production" and self.is_blocked(deployment):
            deployment.waits = True
            self.say(f"{deployment.name} waits for its checks")
            return False
        if deployment.target == "staging":
            self.point(self.config.aliases.staging, deployment)
        elif not self.state.auto_assign:
            self.say(f"{deployment.name} stays staged: production is pinned")
            return False
        elif self.state.rolling_config and self.state.production_id:
            return self.roll(deployment)
        else:
            self.make_production(deployment)
        self.fire(deployment_event(self.config, "deployment.promoted", deployment))
        return True

    def make_production(
        self, deployment: Deployment, *, but: str | None = None, by: str = "ci"
    ) -> None:
        """Move all of production's domains, `but` one that fails."""
        for host in self.config.production_hosts:
            if host != but:
                self.point(host, deployment, by=by)
        self.state.production_id = deployment.id

    def point(self, alias: str, deployment: Deployment, *, by: str = "ci") -> str | None:
        """Point `alias` at the deployment; returns what it pointed at before."""
        state = self.state
        old_id = state.aliases.get(alias)
        if alias in self.config.production_hosts:
            deployment.promoted = True
        if old_id == deployment.id:
            return old_id
        state.aliases[alias] = deployment.id
        state.alias_moves.append(
            AliasMove(alias=alias, from_id=old_id, to_id=deployment.id, at_ms=now_ms(), by=by)
        )
        self._keep_old_content(alias, old_id)
        self._tell_of_move(alias, old_id, deployment)
        return old_id

    def forget(self, deployment: Deployment) -> None:
        """Its hosts lead nowhere from now on; what it did stays in the records."""
        for host in self.aliases_of(deployment):
            del self.state.aliases[host]
        del self.state.deployments[deployment.id]

    def set_variable(self, key: str, value: str | None) -> None:
        """Deployments made from now on get it; those there are keep what they have."""
        known = self.state.variables.get(key)
        self.state.variables[key] = Variable(
            id=known.id if known else f"env_{self._digest('variable', key, length=16)}",
            key=key,
            value=value,
            created_ms=known.created_ms if known else now_ms(),
            updated_ms=now_ms(),
        )

    # --- telling

    def fire(self, event: str) -> None:
        kind = json.loads(event)["type"]
        hooks = [(hook.url, hook.secret) for hook in self.config.webhooks]
        made = self.state.webhooks.values()
        hooks += [(hook.url, hook.secret) for hook in made if kind in hook.events]
        for url, secret in hooks:
            self.state.outbox.append(Delivery(url=url, secret=secret, body=event))

    def fire_rollback(self, from_id: str, to_id: str, *, by: str) -> None:
        self.fire(rollback_event(self.config, from_id, to_id, by=by))

    def _tell_of_move(self, alias: str, old_id: str | None, new: Deployment) -> None:
        where = self._name_of(alias)
        old = self.state.deployments.get(old_id or "")
        if old and old.number > new.number and where in {"production", "staging"}:
            self.say(f"{where} went back to {new.name}")
        elif where in {"production", "staging"}:
            self.say(f"{new.name} is live on {where}")
        else:
            self.say(f"{where} is now {new.name}")

    def _name_of(self, alias: str) -> str:
        named = {host: name for name, host in self.config.aliases}
        return str(named.get(alias, alias))

    def _keep_old_content(self, alias: str, old_id: str | None) -> None:
        if old_id and (fault := self.faults.named("old-content")):
            self.stale[alias] = (old_id, time.monotonic() + fault.seconds)

    def _created(self) -> list[int]:
        return [d.created_ms for d in self.state.deployments.values()]

    def new_id(self, kind: str, *parts: str) -> str:
        return f"{kind}_{self._digest(kind, *parts, length=20)}"

    def _digest(self, *parts: str, length: int) -> str:
        text = "/".join([self.config.project_id, str(self.state.sequence), *parts])
        return hashlib.sha256(text.encode()).hexdigest()[:length]
