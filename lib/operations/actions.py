"""What each action does, and who may. To add one: its model, its function, its row in ACTIONS."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lib import errors
from lib.access.gate import check_role
from lib.access.models import Caller, Role
from lib.deployments.pins import Pins
from lib.operations import retry, roll_forward, suspect
from lib.operations.accept_database import AcceptRoom
from lib.operations.database_forward import ForwardRoom
from lib.operations.models import (
    AcceptDatabase,
    Acknowledge,
    AnyOperation,
    DatabaseForward,
    LiftPin,
    LiftQuarantine,
    Result,
    Retry,
    RollForward,
    SetMode,
    SetSecurityFloor,
    Suspect,
    TryPreflight,
    Unlock,
    done,
    so_already,
)
from lib.operations.store import OperationsStore
from lib.preflight.preflight import Preflight
from lib.rollback.intake import Intake

MODES = {
    "automatic": "{name} is rolled back by itself when the evidence is enough.",
    "shadow": "What would be done in {environment} is written down, and nothing is done.",
    "off": "{name} is not rolled back by itself; people are told instead.",
}


@dataclass(frozen=True, slots=True)
class Operations:
    """The rooms that actions work in."""

    store: OperationsStore
    pins: Pins
    intake: Intake
    preflight: Preflight
    forward: ForwardRoom
    accept: AcceptRoom

    async def carry_out(self, operation: AnyOperation, caller: Caller) -> Result:
        """Raises Forbidden, InvalidRequest, NotFound, CannotTurnOff or Conflict; each says what
        to do.
        """
        action = ACTIONS[type(operation)]
        check_role(caller, action.role)
        return await action.run(operation, caller, self)


@dataclass(frozen=True, slots=True)
class Action:
    role: Role
    run: Callable[[Any, Caller, Operations], Awaitable[Result]]


async def try_again(operation: Retry, caller: Caller, rooms: Operations) -> Result:
    return await retry.start(operation, caller, rooms.intake)


async def undo(operation: RollForward, caller: Caller, rooms: Operations) -> Result:
    return await roll_forward.start(operation, caller, rooms.intake)


async def database_forward(operation: DatabaseForward, caller: Caller, rooms: Operations) -> Result:
    return await rooms.forward.bring(operation, caller)


async def accept_database(operation: AcceptDatabase, caller: Caller, rooms: Operations) -> Result:
    return await rooms.accept.accept(operation, caller)


async def unlock(operation: Unlock, caller: Caller, rooms: Operations) -> Result:
    name = operation.environment.capitalize()
    if await rooms.store.unlock(operation, caller):
        return done(f"{name} is unlocked: it may be rolled back by itself again.")
    return so_already(f"{name} is not locked.")


async def lift_quarantine(operation: LiftQuarantine, caller: Caller, rooms: Operations) -> Result:
    if await rooms.store.lift_quarantine(operation, caller):
        return done(f"{operation.subject} may be gone back to again.")
    return so_already(f"{operation.subject} is not in quarantine.")


async def lift_pin(operation: LiftPin, caller: Caller, rooms: Operations) -> Result:
    environment = operation.environment
    pin = await rooms.pins.find(environment)
    if pin is None:
        return so_already(f"{environment.capitalize()} is not pinned.")
    if pin.busy:
        raise errors.Conflict("A rollback is running. Lift the pin when it has ended.")
    if not await rooms.pins.lift(environment, pin, by=caller.name, reason=operation.reason):
        if await rooms.pins.find(environment) is not None:
            raise errors.Conflict("A rollback has begun meanwhile. Lift the pin when it has ended.")
        return so_already(f"{environment.capitalize()} is not pinned.")
    if pin.wanted:
        return done("New releases go live by themselves again.")
    why = "the other environment is pinned" if pin.others else "they did not before the rollback"
    return done(f"The pin is lifted. New releases do not go live by themselves: {why}.")


async def acknowledge(operation: Acknowledge, caller: Caller, rooms: Operations) -> Result:
    changed, who = await rooms.store.acknowledge(operation, caller)
    if changed:
        return done("You take care of it: nobody is called again.")
    return so_already(f"{who} takes care of it already." if who else "It is over already.")


async def name_suspect(operation: Suspect, caller: Caller, rooms: Operations) -> Result:
    return await suspect.name(operation, caller, rooms.store.database)


async def set_mode(operation: SetMode, caller: Caller, rooms: Operations) -> Result:
    name = operation.environment.capitalize()
    sentence = MODES[operation.subject].format(name=name, environment=operation.environment)
    is_news = await rooms.store.set_mode(operation, caller)
    return done(sentence) if is_news else so_already(f"It is so already. {sentence}")


async def set_security_floor(
    operation: SetSecurityFloor, caller: Caller, rooms: Operations
) -> Result:
    name = operation.environment.capitalize()
    sentence = f"{name} has no security floor."
    if operation.subject:
        sentence = f"{name} never goes back past {operation.subject}."
    is_news = await rooms.store.set_security_floor(operation, caller)
    return done(sentence) if is_news else so_already(f"It is so already. {sentence}")


async def try_preflight(operation: TryPreflight, caller: Caller, rooms: Operations) -> Result:
    await rooms.store.note(operation, caller)
    found = await rooms.preflight.run(operation.environment, force=True)
    name = operation.environment.capitalize()
    if found is None:
        return done("Somebody else is finding it out at this moment. Look again in a minute.")
    if found.is_armed:
        return done(f"{name} is armed: as far as is known, a rollback would work now.")
    return done(" ".join([f"{name} is not armed.", *(one.sentence for one in found.failed)]))


ACTIONS: dict[type[AnyOperation], Action] = {
    Retry: Action(Role.OPERATOR, try_again),
    RollForward: Action(Role.OPERATOR, undo),
    DatabaseForward: Action(Role.OPERATOR, database_forward),
    AcceptDatabase: Action(Role.OPERATOR, accept_database),
    Unlock: Action(Role.OPERATOR, unlock),
    LiftQuarantine: Action(Role.OPERATOR, lift_quarantine),
    LiftPin: Action(Role.OPERATOR, lift_pin),
    Acknowledge: Action(Role.OPERATOR, acknowledge),
    Suspect: Action(Role.OPERATOR, name_suspect),
    SetMode: Action(Role.ADMIN, set_mode),
    SetSecurityFloor: Action(Role.ADMIN, set_security_floor),
    TryPreflight: Action(Role.OPERATOR, try_preflight),
}
