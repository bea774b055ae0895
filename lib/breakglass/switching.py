"""Production serves the target. Each turn reads first: what was asked for and got no answer may
have been done, somebody else may be at it, and an interrupted run goes on from here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from lib.breakglass.choosing import CHOOSE
from lib.breakglass.journal import Journal
from lib.breakglass.models import Deployment, Job, Plan, Stopped, Traffic
from lib.breakglass.platform import PAUSE_SECONDS, Answer, Platform, remedy

#: So long what was asked for may take to show before it is asked for again.
SETTLE_SECONDS = 5.0
MOVES = ("alias", "rollback")
#: The pin is worth two tries before traffic moves; the rest comes after.
PIN_TRIES = 2
PIN = "turn off the assignment of domains in the platform's project, or the next push takes over"
UNPIN = "turn on the assignment of domains in the platform's project, if they shall"


@dataclass(slots=True)
class Switch:
    platform: Platform
    journal: Journal
    plan: Plan
    settled_at: float = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def may_have_moved(self) -> bool:
        """What was asked for and not refused, by an answer that is one."""
        return self.may_have(*MOVES)

    def may_have(self, *calls: str) -> bool:
        told = [entry for entry in self.journal.entries if entry.get("call") in calls]
        asked: int = sum(entry["event"] == "asking" for entry in told)
        return asked > sum(entry.get("is_refused") is True for entry in told)

    def run(self) -> None:
        """Raises Stopped."""
        if self.plan.method == "alias":
            self.move_alias()
        else:
            self.instant_rollback()

    # --- by alias

    def move_alias(self) -> None:
        is_pinned = self.pin(tries=PIN_TRIES)
        while (live := self.platform.live()).id != self.plan.target.id:
            self.check_ours(live)
            if self.is_settled:
                self.ask("alias", self.assign_alias)
            else:
                self.wait("The platform still names the old version.")
        if not is_pinned and not self.pin(tries=PIN_TRIES):
            self.warnings.append(f"New releases still go live by themselves: {PIN}.")

    def assign_alias(self) -> Answer:
        return self.platform.assign_alias(self.plan.target.id, self.plan.alias)

    def pin(self, *, tries: int) -> bool:
        """An alias does not pin: the next production push would take it back."""
        for _ in range(tries):
            if not self.platform.project().auto_assign:
                return True
            answer = self.call("pin", lambda: self.platform.set_auto_assign(on=False))
            if not answer.is_done:
                self.platform.patience.wait(answer.wait_seconds, answer.message)
        return not self.platform.project().auto_assign

    def leave(self, traffic: Traffic) -> None:
        """It ends without having moved anything: releases go live again as they did before."""
        if not (self.plan.auto_assign and self.may_have("pin")):
            return
        if traffic == "unchanged" and self.is_untouched():
            if self.call("unpin", lambda: self.platform.set_auto_assign(on=True)).is_done:
                return
        elif traffic not in ("unchanged", "other"):
            return
        self.warnings.append(f"New releases do not go live by themselves now: {UNPIN}.")

    def is_untouched(self) -> bool:
        """Whoever has moved it meanwhile may count on the pin."""
        try:
            return self.platform.live().id == self.plan.live.id
        except Stopped:
            return False

    # --- by Instant Rollback

    def instant_rollback(self) -> None:
        """Accepted is not done: the platform's job is watched to its end."""
        first = self.platform.project()
        if (asked := self.journal.find("asking", call="rollback")) is not None:
            after = int(asked["asked_after"])
        else:
            after = first.job.requested_at if first.job else 0
        while not self.is_there(after):
            if self.is_settled:
                self.ask("rollback", self.roll_back, asked_after=after)
            else:
                self.wait("The platform's job has not begun.")

    def roll_back(self) -> Answer:
        return self.platform.roll_back(
            self.plan.target.id, f"{self.plan.who}: {self.plan.reason}"[:200]
        )

    def is_there(self, after: int) -> bool:
        """Waits for a job of ours to end. Raises Stopped if it ends badly, or somebody moved it."""
        while True:
            project = self.platform.project()
            job = project.job
            is_live = project.live == self.plan.target.id and not self.still_rolls()
            if job is None or job.requested_at <= after or job.to != self.plan.target.id:
                if is_live:
                    return not self.platform.failed_aliases()
                if job is None or job.status not in ("pending", "in-progress"):
                    if project.live is not None and project.live != self.plan.live.id:
                        self.check_ours(self.platform.deployment(project.live))
                    return False
            elif job.status in ("failed", "skipped"):
                raise self.job_failed(job)
            elif job.status == "succeeded" and is_live:
                self.check_domains()
                return True
            self.wait(f"The platform's job is {job.status}.")

    def still_rolls(self) -> bool:
        """Raises Stopped if another release than the one that was found is being rolled out."""
        rolling = self.platform.rolling() if self.plan.rolls else None
        if rolling is not None and rolling.canary != self.plan.live.id:
            self.check_ours(self.platform.deployment(rolling.canary))
        return rolling is not None

    def check_domains(self) -> None:
        if failed := self.platform.failed_aliases():
            named = ", ".join(failed)
            raise Stopped(
                f"These hosts did not move: {named}.",
                "unknown",
                f"Run it again with --to {self.plan.target.id}, or assign {named} in the platform.",
            )

    def job_failed(self, job: Job) -> Stopped:
        return Stopped(
            f"The platform's rollback job {job.status}.",
            "unknown",
            "Open the live site and look which version it shows, then run it again.",
        )

    # --- both

    def check_ours(self, live: Deployment) -> None:
        """Whoever moved it meanwhile may be right. Raises Stopped."""
        if live.id not in (self.plan.live.id, self.plan.target.id):
            raise Stopped(
                f"Somebody else moved production to {live.called} ({live.id}) meanwhile.",
                "other",
                "Look whether it is well; if it is not, run it again.",
            )

    @property
    def is_settled(self) -> bool:
        return time.monotonic() >= self.settled_at

    def ask(self, name: str, change: Callable[[], Answer], **facts: object) -> None:
        """Once; what came of it is read by whoever comes next. Raises Stopped if it is refused."""
        answer = self.call(name, change, **facts)
        if not answer.is_clear or answer.is_done:
            self.settled_at = time.monotonic() + SETTLE_SECONDS
        elif answer.status in (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS):
            # It is so already, somebody's change is under way, or we are to wait.
            self.wait(answer.message, answer.wait_seconds)
        else:
            raise Stopped(answer.message, remedy=remedy(answer.status) or CHOOSE)

    def call(self, name: str, change: Callable[[], Answer], **facts: object) -> Answer:
        """Written down before and after: who finds no answer knows that there may have been one."""
        self.journal.write("asking", call=name, **facts)
        answer = change()
        self.journal.write(
            "answered",
            call=name,
            status=answer.status,
            is_done=answer.is_done,
            is_refused=answer.is_clear and not answer.is_done,
            message=answer.message,
        )
        return answer

    def wait(self, why: str, seconds: float = PAUSE_SECONDS) -> None:
        self.platform.patience.wait(seconds, why)
