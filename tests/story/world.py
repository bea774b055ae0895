"""A running stack as a test sees it: over HTTP, its processes by id, its rows in Postgres.

It can be put back to an earlier moment, the platform and the control plane's database together.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from dev import vercel_json
from dev.cron import CronTable
from dev.places import ROOT, Folder
from dev.testing import current
from lib import changes
from tests.waiting import PATIENCE_SECONDS, wait_until

TRIGGER = "api/rollback/trigger"
OPERATIONS = "api/operations"
STATUS = "api/rollback/status/[id]"
SWEEP = "api/cron/health_sweep"
WEBHOOK = "api/webhooks/vercel"

FINAL = ("completed", "failed")
POLL_SECONDS = 0.2
#: A lease lasts 10 s, and who stands by waits a little longer.
LEASE_IS_OVER = timedelta(seconds=12.5)
#: Less than after what a rollback counts as abandoned, and is given its time again.
HASTE = timedelta(seconds=15)

PASS_TIME = """
INSERT INTO clock_offset (ahead) VALUES (%s)
    ON CONFLICT (only_row) DO UPDATE SET ahead = clock_offset.ahead + excluded.ahead
"""

STEPS = """
SELECT step, state, attempt, started_at, finished_at, message
  FROM rollback_steps WHERE rollback_id = %s ORDER BY position
"""


def is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class World:
    def __init__(
        self,
        data: Path,
        stack: Mapping[str, Any],
        before_return: Callable[[], None] = lambda: None,
    ) -> None:
        """`before_return`: looks at what is there before a moment is returned to."""
        self.data = data
        self._before_return = before_return
        self.stack = stack
        self.hosts = stack["edge"]["hosts"]
        self._closing = ExitStack()
        platform_token = {"authorization": f"Bearer {stack['vercel_token']}"}
        self._platform = self._client(stack["vercel_api"], platform_token)
        self.api = self.as_role("operator")
        self.visitor = self.tab(self.hosts["production"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def as_role(self, role: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.stack['tokens'][role]}"}
        return self._client(self.stack["control_plane"], headers)

    def anybody(self, host: str) -> httpx.Client:
        """Somebody who asks the control plane's server for `host`."""
        return self._client(self.stack["control_plane"], {"host": host})

    def tab(self, host: str) -> httpx.Client:
        """A page that was opened on one deployment and stays with it, whatever is live."""
        return self._client(self.stack["edge"]["address"], {"host": host})

    def _client(self, url: str, headers: dict[str, str]) -> httpx.Client:
        client = httpx.Client(
            base_url=url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
        )
        return self._closing.enter_context(client)

    # --- rollbacks

    def trigger(self, key: str | None = None, **body: object) -> httpx.Response:
        """As an operator presses the button: back to the last stable version."""
        order = {"deployment_id": "last-stable", "environment": "production"}
        headers = {"idempotency-key": key} if key else {}
        return self.api.post(
            "/api/rollback/trigger",
            json={**order, "reason": "Page does not open", **body},
            headers=headers,
        )

    def start(self, **body: object) -> str:
        """The id of a rollback that was accepted."""
        answer = self.trigger(**body)
        assert answer.status_code == 202, answer.text
        return answer.json()["rollback_id"]

    def status(self, rollback_id: str) -> dict[str, Any]:
        answer = self.api.get(f"/api/rollback/status/{rollback_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def follow(self, rollback_id: str) -> dict[str, Any]:
        """Poll its status, as a page does, until it has ended; through Postgres's restarts too."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(AssertionError, httpx.TransportError):
                status = self.status(rollback_id)
                if status["status"] in FINAL:
                    return status
            assert time.monotonic() < deadline, (
                f"not ended in {PATIENCE_SECONDS} s: {self.rows(STEPS, rollback_id)}"
            )
            time.sleep(POLL_SECONDS)

    def follow_in_haste(self, rollback_id: str) -> dict[str, Any]:
        """Its end, when it tries until its time is up: the clock moves on with each attempt."""
        while (status := self.status(rollback_id))["status"] not in FINAL:
            wait_until(partial(self._went_on, status), what="another attempt")
            self.pass_time(HASTE)
        # Whoever was superseded by another is still there to see it.
        self.kill(TRIGGER, STATUS)
        return status

    def _went_on(self, before: dict[str, Any]) -> bool:
        now = self.status(before["rollback_id"])
        return now["status"] in FINAL or now["steps"] != before["steps"]

    def overview(self) -> dict[str, Any]:
        answer = self.api.get("/api/overview", params={"environment": "production"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    # --- the platform

    def ask_platform(self, method: str, what: str, **body: object) -> Any:
        """Its routes for what happens there without us."""
        answer = self._platform.request(method, f"/_dev/{what}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    def ask_api(self, method: str, path: str, **body: object) -> Any:
        """Its own API, as somebody at the platform does."""
        query = {"teamId": self.stack["team_id"]}
        answer = self._platform.request(method, path, params=query, json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    def release(self, version: str, **order: object) -> dict[str, Any]:
        return self.ask_platform("POST", "releases", version=version, **order)

    def fault(self, name: str, **details: object) -> None:
        self.ask_platform("POST", "faults", name=name, **details)

    def clear_faults(self) -> None:
        self.ask_platform("DELETE", "faults")

    def unanswered_calls(self) -> list[dict[str, Any]]:
        return [call for call in self.ask_platform("GET", "calls") if call["status"] is None]

    def live_in_overview(self) -> str:
        """What the control plane has heard is live."""
        return (self.overview()["live"] or {}).get("deployment_id", "")

    def live(self) -> str:
        """The deployment that production's alias points at."""
        return self.ask_platform("GET", "state")["aliases"][self.hosts["production"]]

    def moves(self) -> list[str]:
        """Where production's alias was moved to since the moment that was returned to."""
        moves = self.ask_platform("GET", "alias_moves")[self._moves_before :]
        return [move["to"] for move in moves if move["alias"] == self.hosts["production"]]

    # --- processes

    def pid(self, name: str) -> int | None:
        return current(self.data)["pids"].get(name)

    def kill(self, *names: str) -> None:
        """SIGKILL the processes of these functions or parts, of those that run."""
        for name in names:
            if pid := self.pid(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                wait_until(partial(is_dead, pid), what=f"the end of {name}")

    def hold(self, part: str) -> None:
        """Stop a part of the stack and keep it stopped."""
        (Folder(self.data).held / part).touch()
        wait_until(lambda: self.pid(part) is None, what=f"the end of {part}")

    def let_go(self, part: str) -> None:
        (Folder(self.data).held / part).unlink(missing_ok=True)
        wait_until(lambda: self.pid(part), what=part)

    # --- Postgres

    @property
    def database_url(self) -> str:
        return self.stack["database_url"]

    def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row) as opened:
            cursor = opened.execute(query, arguments)
            return cursor.fetchall() if cursor.description else []

    def redis(self, *words: str) -> Any:
        headers = {"authorization": f"Bearer {self.stack['redis_rest_token']}"}
        url = self.stack["redis_rest_url"]
        answer = httpx.post(
            url, json=words, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
        )
        return answer.raise_for_status().json()["result"]

    def step(self, rollback_id: str, name: str) -> dict[str, Any]:
        return next(row for row in self.rows(STEPS, rollback_id) if row["step"] == name)

    def pass_time(self, ahead: timedelta) -> None:
        """Move the clock of the whole database, for every process that uses it."""
        self.rows(PASS_TIME, ahead)

    # --- moments

    def remember(self, name: str) -> None:
        self.ask_platform("POST", "snapshot", name=name)
        self.copy_database(self._name, f"{self._name}_{name}")

    def return_to(self, name: str) -> None:
        """As it was then. What still works for the present is ended first."""
        self.kill(SWEEP, WEBHOOK, TRIGGER, OPERATIONS)
        self._before_return()
        self.ask_platform("POST", "restore", name=name)
        self.copy_database(f"{self._name}_{name}", self._name)
        # Else a page that was kept a moment ago is believed for a quarter of a minute.
        self.redis("SET", changes.KEY, changes.new_mark())
        self._moves_before = len(self.ask_platform("GET", "alias_moves"))

    @property
    def _name(self) -> str:
        return self.database_url.rpartition("/")[2]

    def copy_database(self, source: str, target: str) -> None:
        postgres = self.database_url.rpartition("/")[0] + "/postgres"
        with psycopg.connect(postgres, autocommit=True) as opened:
            # A template must have no connections, and the stack's own come back at once.
            for statement in (
                "ALTER DATABASE {source} ALLOW_CONNECTIONS false",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {literal}",
                "DROP DATABASE IF EXISTS {target} WITH (FORCE)",
                # The other strategy loses numbers of sequences if Postgres then crashes.
                "CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy",
                "ALTER DATABASE {source} ALLOW_CONNECTIONS true",
            ):
                opened.execute(
                    sql.SQL(statement).format(
                        source=sql.Identifier(source),
                        target=sql.Identifier(target),
                        literal=sql.Literal(source),
                    )
                )


@contextmanager
def platform_scheduler(world: World) -> Iterator[list[str]]:
    """Fires the crons that vercel.json declares, each minute, and says what it could not."""
    said: list[str] = []
    crons = vercel_json.read(ROOT).crons
    table = CronTable(crons, world.stack["control_plane"], world.stack["cron_secret"], said.append)
    table.start()
    try:
        yield said
    finally:
        table.stop()
        # A sweep goes on for as long as a release is young; the next test's begins anew.
        world.kill(SWEEP, WEBHOOK)
