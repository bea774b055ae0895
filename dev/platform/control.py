"""What the stack's commands and tests may do to the platform, over HTTP and in process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import psycopg
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dev.platform.cloud import Cloud
from dev.platform.faults import Fault
from dev.platform.rest_api import CALLS, RestApi
from dev.platform.state import Deployment, Environment
from dev.sample_app.migrate import migrate
from dev.sample_app.versions import UnknownVersion

PREFIX = "/_dev/"
CALL_NAMES = {call.name for call in CALLS}


class UnknownCall(ValueError):
    """No REST call has this name."""


class UnknownDeployment(ValueError):
    """No deployment has this id or host."""


class Release(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    environment: Environment = "production"
    slot: Literal["blue", "green"] | None = None
    live: bool = True
    #: False: the build fails, and the release goes nowhere.
    builds: bool = True
    #: The commit of an earlier deployment, to deploy it once more.
    sha: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")


class Named(BaseModel):
    """A snapshot's name."""

    model_config = ConfigDict(extra="forbid")

    name: str = "default"


class Move(BaseModel):
    model_config = ConfigDict(extra="forbid")

    alias: str
    deployment: str
    #: Who does it.
    by: str = "ci"


class SetVariable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str
    value: str


class Controls:
    def __init__(self, cloud: Cloud, rest: RestApi, *, under_way: Callable[[], None]) -> None:
        """`under_way` drops jobs, deliveries and whatever else has been begun."""
        self.cloud = cloud
        self.rest = rest
        self._drop = under_way

    async def release(self, order: Release) -> dict[str, Any]:
        """Migrate as CI would, deploy, and let it go live where releases do."""
        url = self.cloud.config.app_database_url
        migrates = url and order.builds
        applied = await asyncio.to_thread(migrate, url, order.version) if migrates else []
        deployment = self.cloud.create(
            order.version, order.environment, builds=order.builds, sha=order.sha
        )
        if applied:
            self.cloud.say(f"{deployment.name} applied {', '.join(applied)}")
        if order.slot and order.builds:
            self.cloud.point(getattr(self.cloud.config.aliases, order.slot), deployment)
        live = order.live and order.builds and self.cloud.go_live(deployment)
        self.cloud.commit()
        return {**describe(self.cloud, deployment), "live": live, "migrations_applied": applied}

    async def move_alias(self, order: Move) -> dict[str, Any]:
        """As a person would by hand."""
        deployment = self.cloud.find(order.deployment)
        if deployment is None:
            raise UnknownDeployment(f"There is no deployment {order.deployment!r}.")
        self.cloud.point(order.alias, deployment, by=order.by)
        self.cloud.commit()
        return describe(self.cloud, deployment)

    async def fault(self, fault: Fault) -> dict[str, Any]:
        """Raises UnknownCall if no call has the name it is to hit."""
        if fault.call and fault.call not in CALL_NAMES:
            known = ", ".join(sorted(CALL_NAMES))
            raise UnknownCall(f"There is no call {fault.call!r}. Calls: {known}.")
        self.cloud.faults.add(fault)
        return {"waiting": [f.model_dump() for f in self.cloud.faults.waiting]}

    async def clear_faults(self) -> dict[str, Any]:
        """Nothing more goes wrong, and old content is gone."""
        self.cloud.faults.clear()
        self.cloud.stale.clear()
        return {"waiting": []}

    async def set_variable(self, order: SetVariable) -> dict[str, Any]:
        self.cloud.set_variable(order.key, order.value)
        self.cloud.commit()
        return {"key": order.key}

    async def snapshot(self, order: Named) -> dict[str, Any]:
        self.cloud.memory.snapshot(order.name)
        return {"name": order.name}

    async def restore(self, order: Named) -> dict[str, Any]:
        """Back to the snapshot, with nothing under way; the deployments' processes stay warm."""
        self._drop()
        self.cloud.memory.restore(order.name)
        await self.clear_faults()
        self.rest.received.clear()
        return {"name": order.name}

    async def state(self) -> dict[str, Any]:
        state = self.cloud.state
        return {
            "deployments": [describe(self.cloud, d) for d in state.deployments.values()],
            "aliases": state.aliases,
            "auto_assign": state.auto_assign,
            "production_id": state.production_id,
            "last_job": state.last_job and state.last_job.model_dump(),
            "check_runs": [run.model_dump() for run in state.check_runs],
            "webhooks": [hook.model_dump() for hook in state.webhooks.values()],
            "drains": [drain.model_dump() for drain in state.drains.values()],
            "control_variables": {one.key: one.value for one in state.control_variables.values()},
            "purges": [purge.model_dump() for purge in state.purges],
            "undelivered": len(state.outbox),
            "faults": [f.model_dump() for f in self.cloud.faults.waiting],
        }

    async def calls(self) -> list[dict[str, Any]]:
        return [dict(call) for call in self.rest.received]

    async def clear_calls(self) -> dict[str, Any]:
        self.rest.received.clear()
        return {}

    async def alias_moves(self) -> list[dict[str, Any]]:
        return [
            {"alias": m.alias, "from": m.from_id, "to": m.to_id, "at_ms": m.at_ms}
            for m in self.cloud.state.alias_moves
        ]


def describe(cloud: Cloud, deployment: Deployment) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "number": deployment.number,
        "version": deployment.version,
        "sha": deployment.sha,
        "url": deployment.url,
        "target": deployment.target,
        "title": deployment.title,
        "author": deployment.author,
        "created_ms": deployment.created_ms,
        "aliases": cloud.aliases_of(deployment),
    }


class ControlApi:
    """The same over HTTP, under the API's own token."""

    def __init__(self, controls: Controls) -> None:
        self.controls = controls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        token = self.controls.cloud.config.token
        if request.headers.get("authorization") != f"Bearer {token}":
            return refuse(401, "The platform's token is needed.")
        name = request.url.path.removeprefix(PREFIX)
        body = await request.body() or b"{}"
        try:
            return JSONResponse(await self._act(f"{request.method} {name}", body))
        except ValidationError as error:
            return refuse(422, str(error))
        except (UnknownCall, UnknownDeployment, UnknownVersion) as error:
            return refuse(422, str(error))
        except psycopg.OperationalError as error:
            return refuse(503, f"The app's database does not answer: {error}")
        except psycopg.Error as error:
            return refuse(409, f"The version's migration failed, and nothing was released: {error}")
        except KeyError as error:
            return refuse(404, f"There is no {error}.")

    async def _act(self, what: str, body: bytes) -> Any:
        controls = self.controls
        match what:
            case "POST releases":
                done = controls.release(Release.model_validate_json(body))
            case "POST aliases":
                done = controls.move_alias(Move.model_validate_json(body))
            case "POST faults":
                done = controls.fault(Fault.model_validate_json(body))
            case "POST env":
                done = controls.set_variable(SetVariable.model_validate_json(body))
            case "POST snapshot":
                done = controls.snapshot(Named.model_validate_json(body))
            case "POST restore":
                done = controls.restore(Named.model_validate_json(body))
            case _:
                return await self._without_body(what)()
        return await done

    def _without_body(self, what: str) -> Callable[[], Awaitable[Any]]:
        """Raises KeyError if there is no such control."""
        controls = self.controls
        return {
            "DELETE faults": controls.clear_faults,
            "GET state": controls.state,
            "GET calls": controls.calls,
            "DELETE calls": controls.clear_calls,
            "GET alias_moves": controls.alias_moves,
        }[what]


def refuse(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
