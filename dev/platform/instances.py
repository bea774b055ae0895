"""The deployments' processes: one each, started by the first request, kept warm for a while."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from dev.platform.config import Config
from dev.platform.state import Deployment
from dev.ports import listening_socket

ROOT = Path(__file__).parent.parent.parent
#: As many as may run; the one unused for longest makes room.
WARM_AT_MOST = 8
#: A deployment that crashes on start is not started again for every single request.
CRASHED_FOR_SECONDS = 1.0
BACKLOG = 128


class Crashed(Exception):
    """The deployment's process ended."""


@dataclass
class Instance:
    process: subprocess.Popen[bytes]
    port: int
    environment: dict[str, str]
    used: float = field(default_factory=time.monotonic)
    started: float = field(default_factory=time.monotonic)


class Instances:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.running: dict[str, Instance] = {}

    def address(self, deployment: Deployment) -> str:
        """Where it answers, or soon will. Raises Crashed."""
        instance = self.running.get(deployment.id)
        if instance and instance.environment != self._environment(deployment):
            # After a restore another release can have the same id.
            self._stop(deployment.id)
            instance = None
        if instance and self._may_try_again(instance):
            self._stop(deployment.id)
            instance = None
        if instance is None:
            instance = self._start(deployment)
        elif instance.process.poll() is not None:
            raise Crashed
        instance.used = time.monotonic()
        return f"http://127.0.0.1:{instance.port}"

    def stop_all(self) -> None:
        for deployment_id in list(self.running):
            self._stop(deployment_id)

    def _may_try_again(self, instance: Instance) -> bool:
        age = time.monotonic() - instance.started
        return instance.process.poll() is not None and age > CRASHED_FOR_SECONDS

    def _start(self, deployment: Deployment) -> Instance:
        """The socket is ours until the process has it: requests wait in its queue meanwhile."""
        self._make_room()
        environment = self._environment(deployment)
        with listening_socket() as listener, self._output(deployment) as output:
            listener.listen(BACKLOG)
            process = subprocess.Popen(
                [self.config.python, "-m", "dev.sample_app"],
                cwd=ROOT,
                env={**environment, "LISTEN_FD": str(listener.fileno())},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
                # Ctrl-C in the terminal is for the stack, which then ends us in order.
                start_new_session=True,
            )
            instance = Instance(process, listener.getsockname()[1], environment)
        self.running[deployment.id] = instance
        return instance

    def _environment(self, deployment: Deployment) -> dict[str, str]:
        config = self.config
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "APP_VERSION": deployment.version,
            **config.given_variables,
            **deployment.variables,
            "VERCEL": "1",
            "VERCEL_ENV": "production" if deployment.target == "production" else "preview",
            "VERCEL_REGION": "dev1",
            "VERCEL_URL": deployment.url,
            "VERCEL_PROJECT_ID": config.project_id,
            "VERCEL_PROJECT_PRODUCTION_URL": config.aliases.production,
            "VERCEL_DEPLOYMENT_ID": deployment.id,
            "VERCEL_GIT_COMMIT_SHA": deployment.sha,
            "VERCEL_GIT_COMMIT_REF": "main",
            "VERCEL_GIT_COMMIT_MESSAGE": deployment.title,
            "VERCEL_GIT_COMMIT_AUTHOR_LOGIN": deployment.author,
        }

    def _output(self, deployment: Deployment) -> IO[bytes]:
        if self.config.data_dir is None:
            return Path(os.devnull).open("wb")
        folder = self.config.data_dir / "output"
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / f"{deployment.id}.log").open("ab")

    def _make_room(self) -> None:
        while len(self.running) >= WARM_AT_MOST:
            self._stop(min(self.running, key=lambda id_: self.running[id_].used))

    def _stop(self, deployment_id: str) -> None:
        process = self.running.pop(deployment_id).process
        process.kill()
        if process.stdin:
            process.stdin.close()
        process.wait()
