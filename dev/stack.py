"""The whole local stack: started together, kept running, stopped together."""

import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from starlette.types import ASGIApp

from dev import database, environment, private_files
from dev.cron import CronTable
from dev.database import APP, CONTROL_PLANE
from dev.functions import Surroundings
from dev.keys import Keys
from dev.news import PlatformNews, RollbackNews, SwitchNews, Tables
from dev.output import say
from dev.places import DATA, PORT, ROOT, CannotStart, Folder, Ports
from dev.platform import Config, Endpoint
from dev.postgres import Postgres
from dev.processes import DidNotStart
from dev.recording import NotRecorded, record
from dev.router import Front, Router
from dev.serving import Served, serve
from dev.simulator import Simulator
from dev.stopping import Stoppable
from dev.storage import Storage
from dev.stripe import stripe_app
from dev.supervisor import Part, Supervisor
from dev.upstash import upstash_app
from dev.valkey import Valkey

WEBHOOK = "/api/webhooks/vercel"
DRAIN = "/api/drains/logs"
FIRST_VERSION = "good"
LOOK_SECONDS = 0.2
EVENTS_SECONDS = 20


@dataclass(frozen=True)
class Options:
    data: Path = DATA
    port: int = PORT
    #: Added to what the functions are told.
    env: dict[str, str] = field(default_factory=dict)
    crons: bool = True
    keep_answers: bool = False


class Stack(Stoppable):
    """`with Stack(options) as stack: stack.keep_running()`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.folder = Folder(options.data.resolve())
        self._closing = ExitStack()
        self._announced = False
        self._writing = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._start()
        except DidNotStart as error:
            self.stop()
            raise CannotStart(str(error)) from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Whatever was started, last first."""
        with self._writing:
            self._announced = False
        self._closing.close()

    # --- starting, in order of need

    def _start(self) -> None:
        self.folder.take()
        self.folder.stack_file.unlink(missing_ok=True)
        self.ports = Ports.choose(self.options.port)
        self.keys = Keys.load(self.folder.keys_file)
        # It needs two seconds, during which the others start.
        self.storage = self._part(Storage.start(self.ports.s3, self.folder.logs / "s3.log"))
        self._start_databases()
        self._serve(stripe_app(), self.ports.stripe)
        self._start_platform()
        self._start_functions()
        self._release_first()
        self.storage.wait_until_ready()
        self._announce()

    def _start_databases(self) -> None:
        data, ports = self.folder.data, self.ports
        self.valkey = self._part(Valkey.start(data / "valkey", ports.valkey))
        self._serve(upstash_app(self.valkey.url, self.keys.redis_token), ports.redis_rest)
        self.postgres = self._part(Postgres.start(data / "postgres", ports.postgres))
        database.create_missing(self.postgres)
        url = self.postgres.url(CONTROL_PLANE)
        database.migrate(url)
        database.limit(url)
        if not self.keys.tokens:
            self.keys.tokens = database.mint_tokens(url)
        self.keys.save(self.folder.keys_file)

    def _start_platform(self) -> None:
        control_plane = environment.url(self.ports.control_plane)
        drain = Endpoint(url=control_plane + DRAIN, secret=self.keys.drain_secret)
        self.config = Config(
            api_port=self.ports.vercel_api,
            edge_port=self.ports.edge,
            data_dir=self.folder.data / "platform",
            token=self.keys.vercel_token,
            webhooks=[Endpoint(url=control_plane + WEBHOOK, secret=self.keys.webhook_secret)],
            drains=[drain] if (ROOT / f"{DRAIN[1:]}.py").exists() else [],
            app_database_url=self.postgres.url(APP),
            app_env=environment.of_app(self.ports, self.keys),
        )
        log = self.folder.logs / "platform.log"
        self.simulator = self._part(Simulator(self.config, self.folder.platform_file, log))
        self.platform_news = PlatformNews(log)

    def _start_functions(self) -> None:
        told = environment.of_functions(self.ports, self.keys, self.config, self.postgres)
        surroundings = Surroundings(ROOT, self.folder.logs, {**told, **self.options.env})
        edge = environment.url(self.ports.edge)
        answers = self.folder.answers_file if self.options.keep_answers else None
        self.router = Router(Front(surroundings, edge, say, self._write_file, answers))
        self.front = self._serve(self.router.app, self.ports.control_plane)
        # Else the sweep, which may have a minute to go, would be waited for.
        self._closing.callback(self.router.close)

    def _release_first(self) -> None:
        """Something is live from the first day on, and the control plane has heard of it."""
        control = self.simulator.control
        aliases = control.ask("GET", "state")["aliases"]
        for name in ("production", "staging"):
            if getattr(self.config.aliases, name) not in aliases:
                done = control.ask("POST", "releases", version=FIRST_VERSION, environment=name)
                self._record(done)
        deadline = time.monotonic() + EVENTS_SECONDS
        while control.ask("GET", "state")["undelivered"] and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)

    def _record(self, deployment: dict[str, Any]) -> None:
        """What it contains, or nobody could go back to it from a version with a migration."""
        control_plane = environment.url(self.ports.control_plane)
        try:
            record(control_plane, self.keys.tokens["admin"], deployment)
        except NotRecorded as error:
            say(str(error))

    def _announce(self) -> None:
        self._announced = True
        self._closing.callback(self.folder.stack_file.unlink, missing_ok=True)
        self._write_file()

    # --- running

    def keep_running(self) -> None:
        """Until a signal ends it."""
        supervisor = Supervisor(self.parts, self.folder.held, say)
        tables = Tables(self.postgres.url(CONTROL_PLANE))
        self._closing.callback(tables.close)
        switch_news = SwitchNews(tables)
        rollback_news = RollbackNews(tables, self.simulator.control)
        if self.options.crons:
            self._start_crons()
        while True:
            if supervisor.look():
                self._write_file()
            switch_news.tell(say)
            rollback_news.tell(say)
            self.platform_news.tell(say)
            time.sleep(LOOK_SECONDS)

    def _start_crons(self) -> None:
        crons = self.router.configuration.crons
        table = CronTable(crons, self.front.url, self.keys.cron_secret, say)
        self._closing.callback(table.stop)
        table.start()

    @property
    def parts(self) -> dict[str, Part]:
        return {
            "postgres": self.postgres,
            "valkey": self.valkey,
            "s3": self.storage,
            "platform": self.simulator,
        }

    def _write_file(self) -> None:
        """Also from the router's thread, whenever a function has started."""
        with self._writing:
            if not self._announced:
                return
            private_files.write(self.folder.stack_file, self.description())

    def description(self) -> dict[str, Any]:
        """How to reach everything: the content of stack.json."""
        ports, keys = self.ports, self.keys
        return {
            "control_plane": environment.url(ports.control_plane),
            "vercel_api": environment.url(ports.vercel_api),
            "vercel_token": keys.vercel_token,
            "team_id": self.config.team_id,
            "project_id": self.config.project_id,
            "edge": {
                "address": environment.url(ports.edge),
                "hosts": self.config.aliases.model_dump(),
            },
            "database_url": self.postgres.url(CONTROL_PLANE),
            "app_database_url": self.postgres.url(APP),
            "redis_rest_url": environment.url(ports.redis_rest),
            "redis_rest_token": keys.redis_token,
            "s3_endpoint": self.storage.url,
            "tokens": keys.tokens,
            "cron_secret": keys.cron_secret,
            "webhook_secret": keys.webhook_secret,
            "drain_secret": keys.drain_secret,
            "flags_token": keys.flags_token,
            "pids": self.pids,
        }

    @property
    def pids(self) -> dict[str, int]:
        """Of the stack itself, its parts, and each function that has been asked for."""
        running = {name: part.pid for name, part in self.parts.items() if part.ended is None}
        return {"stack": os.getpid(), **running, **self.router.pids}

    # --- what is started is stopped

    def _part[P: Part](self, part: P) -> P:
        self._closing.callback(part.stop)
        return part

    def _serve(self, app: ASGIApp, port: int) -> Served:
        served = serve(app, port)
        self._closing.callback(served.stop)
        return served
