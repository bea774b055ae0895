"""Ways in which the platform fails on request."""

import asyncio
from contextlib import suppress
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

#: Whatever the call: answered with an error, late, or not at all.
CallFault = Literal[
    "409", "429", "500", "slow", "hang", "500-after-applying", "timeout-after-applying"
]
#: A rollback or promotion that was accepted.
JobFault = Literal["job-failed", "job-skipped", "domain-failed"]
#: Visitors get the old deployment for a while after the switch.
EdgeFault = Literal["old-content"]

CALL_FAULTS: tuple[CallFault, ...] = get_args(CallFault)
JOB_FAULTS: tuple[JobFault, ...] = get_args(JobFault)

#: Calls that change something: what a time-out after applying is about, unless told otherwise.
WRITES = ("rollback", "promote", "alias", "update-project", "purge-edge", "purge-data")


class Fault(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: CallFault | JobFault | EdgeFault
    #: How often it happens before it is over.
    times: int = Field(default=1, ge=1)
    #: Which call (a name of `calls.py`), or any.
    call: str | None = None
    #: How long: slow, hang and old-content.
    seconds: float = Field(default=20, ge=0)
    #: What 429 asks the caller to wait.
    retry_after: int = Field(default=1, ge=0)
    #: Which domain fails; the first one if not said.
    domain: str | None = None

    def hits(self, call: str) -> bool:
        if self.name not in CALL_FAULTS:
            return False
        if self.call is None and self.name.endswith("after-applying"):
            return call in WRITES
        return self.call in (None, call)


class Faults:
    """What is yet to go wrong, in the order it was asked for."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def clear(self) -> None:
        """Also for the calls that are slow at this moment."""
        self.waiting.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def dawdle(self, seconds: float) -> None:
        """For so long, or until the faults are cleared."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), seconds)

    def for_call(self, call: str) -> Fault | None:
        return self._use(next((f for f in self.waiting if f.hits(call)), None))

    def named(self, *names: str) -> Fault | None:
        return self._use(next((f for f in self.waiting if f.name in names), None))

    def _use(self, fault: Fault | None) -> Fault | None:
        if fault:
            fault.times -= 1
            if not fault.times:
                self.waiting.remove(fault)
        return fault
