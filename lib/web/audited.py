"""What an answer leaves to do for the audit log. It is done once the answer is sent, and the
platform waits for it: nobody who is refused holds up anybody, nor does the chain.
"""

import re
from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from lib import errors
from lib.access.models import Caller
from lib.audit.origin import CURRENT, Attempt, Origin
from lib.web.problems import problem_for

if TYPE_CHECKING:
    from lib.audit.keeper import Keeper

#: Ids in paths are the caller's to choose; what is refused is the route.
LAST_SEGMENT = re.compile(r"(?:(?<=/status/)|(?<=/incidents/)).*", re.DOTALL)
#: So is every character.
UNUSUAL = re.compile(r"[^!-~…]")
LONGEST_PATH = 100


def note_refusal(response: Response, request: Request, error: errors.Error) -> None:
    """Whoever was refused, if they were: known or not."""
    origin = CURRENT.get()
    if origin is None or not isinstance(error, errors.Unauthenticated | errors.Forbidden):
        return
    path = UNUSUAL.sub("?", LAST_SEGMENT.sub("…", request.url.path))[:LONGEST_PATH]
    attempt = Attempt(origin.address, problem_for(error).slug, f"{request.method} {path}")
    # Whoever is refused so often has rows enough: from here on it is counted.
    caller = None if isinstance(error, errors.RefusedTooOften) else origin.caller
    response.background = BackgroundTask(write_refusal, caller, attempt, str(error))


def follow(response: Response, origin: Origin) -> None:
    if response.background is not None or origin.has_written:
        response.background = BackgroundTask(seal, origin, response.background)


async def write_refusal(caller: Caller | None, attempt: Attempt, why: str) -> None:
    """The log line of the refusal is there already."""
    if keeper := find_keeper():
        await keeper.note_refusal(caller, attempt, why)


async def seal(origin: Origin, work: BackgroundTask | None) -> None:
    """Beside the work, if the request has written already; else after it, if it has."""
    keeper = find_keeper() if origin.has_written else None
    if keeper:
        async with keeper.sealing():
            if work:
                await work()
    elif work:
        await work()
        if origin.has_written and (keeper := find_keeper()):
            await keeper.seal()


def find_keeper() -> "Keeper | None":
    """A function that knows nobody, such as the health report, has no need to load one.

    None: this deployment is not set up, which each of its answers says.
    """
    from lib.wiring import services

    try:
        return services().keeper
    except errors.BadSettings:
        return None
