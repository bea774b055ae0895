"""What people, CI and apps do with switches."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from starlette.requests import Request

from lib.access.gate import check_role
from lib.access.models import Caller, Role
from lib.flags import ofrep
from lib.flags.door import FlagDoor
from lib.flags.models import AnyChange, Definitions, FlagChange, FlagList, Flip
from lib.flags.store import FlagStore
from lib.flags.switchboard import Switchboard
from lib.rollback.models import Environment
from lib.web import Reply, read_raw

EVALUATE = "/ofrep/v1/evaluate/flags"


@dataclass(frozen=True, slots=True)
class FlagRoom:
    store: FlagStore
    switchboard: Switchboard
    door: FlagDoor

    async def list(self, environment: Environment, viewer: Caller) -> FlagList:
        """From Postgres: whoever is about to turn something must see what is so."""
        flags, now = await self.store.list(environment)
        return FlagList(
            environment=environment,
            now=now,
            viewer=viewer,
            can_turn=viewer.role.may(Role.OPERATOR),
            flags=flags,
        )

    async def change(self, change: AnyChange, caller: Caller) -> FlagChange:
        """Raises Forbidden, NotFound, Conflict or CannotTurnOff."""
        if isinstance(change, Definitions):
            return await self.define(change, caller)
        return await self.flip(change, caller)

    async def flip(self, flip: Flip, caller: Caller) -> FlagChange:
        check_role(caller, Role.OPERATOR)
        turned = await self.store.flip(flip, by=caller.name)
        if not turned.changed:
            by = f" {turned.view.changed_by} did it." if turned.view.changed_by else ""
            message = f"{turned.view.title} is {flip.state} already.{by}"
            return FlagChange(changed=False, message=message)
        await self.switchboard.renew(flip.environment)
        return FlagChange(
            changed=True,
            message=f"{turned.view.title} turned {flip.state}",
            feature_rollback_id=turned.rollback_id,
        )

    async def define(self, definitions: Definitions, caller: Caller) -> FlagChange:
        check_role(caller, Role.RECORDER)
        if not await self.store.define(definitions.flags, by=caller.name):
            return FlagChange(changed=False, message="All of it was known.")
        for environment in Environment:
            await self.switchboard.renew(environment)
        return FlagChange(changed=True, message=f"{len(definitions.flags)} switches are recorded.")

    async def evaluate(self, request: Request) -> Reply:
        """One switch or all of them, by the protocol; see `ofrep.py`."""
        environment = await self.door.admit(request)
        path = request.url.path.rstrip("/")
        key = unquote(path.removeprefix(EVALUATE).strip("/"))
        wrong = ofrep.check(await read_raw(request), key)
        if wrong is not None:
            return Reply(wrong.body, wrong.status)
        known = await self.switchboard.look(environment)
        if key:
            answer = ofrep.evaluate(known, key)
            return Reply(answer.body, answer.status)
        answer = ofrep.evaluate_all(known)
        if not isinstance(answer.body, ofrep.Bulk):
            return Reply(answer.body, answer.status)
        headers = {"etag": answer.body.etag, "cache-control": "private, no-cache"}
        if answer.body.etag in tags(request):
            return Reply(None, HTTPStatus.NOT_MODIFIED, headers)
        return Reply(answer.body, answer.status, headers)


def tags(request: Request) -> list[str]:
    """Of If-None-Match; one on the way may have made a tag a weak one."""
    listed = request.headers.get("if-none-match", "").split(",")
    return [tag.strip().removeprefix("W/") for tag in listed]
