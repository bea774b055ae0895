"""Roll back, from a workflow: python -m scripts.roll_back.

Reads TARGET (a deployment or `last-stable`), ENVIRONMENT, REASON, DRY_RUN and CONTROL_PLANE_URL,
follows what was started in the job's summary, and fails with the reason. Where the control plane
does not answer, production goes back by break-glass, which reads VERCEL_TOKEN and the others that
docs/break-glass.md names. Exit codes: 0, done and verified; 1, refused or failed, and why is said;
2, it was not asked rightly; 3, not ended, or not proved to be well; 4, nobody answered.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.breakglass import __main__ as breakglass
from scripts import runner
from scripts.runner import Away, ControlPlane, NoToken, Refused, cell

DONE, FAILED, WRONG, UNPROVED, NOBODY = 0, 1, 2, 3, 4
FINAL = ("completed", "failed")
FOLLOW_PAUSE_SECONDS = 1.0
LAST_STABLE = "last-stable"
MAY_BE_DONE = " What the control plane has accepted may still be done by it: look when it answers."
MARKS = {"ok": "✓", "bad": "✗", "skipped": "-", "run": "…", "wait": ""}


class Unfinished(Exception):
    """It goes on without us."""


@dataclass(frozen=True, slots=True)
class Order:
    environment: str
    target: str
    reason: str
    note: str
    is_dry: bool
    database_unknown_ok: bool
    follow_seconds: float
    away_seconds: float

    @classmethod
    def read(cls) -> "Order":
        return cls(
            runner.told("ENVIRONMENT", "production"),
            runner.told("TARGET", LAST_STABLE),
            runner.told("REASON"),
            runner.told("NOTE"),
            runner.is_told("DRY_RUN"),
            runner.is_told("DATABASE_UNKNOWN_OK"),
            float(runner.told("FOLLOW_SECONDS", "300")),
            float(runner.told("AWAY_SECONDS", "45")),
        )


def main() -> int:
    runner.take_no_arguments("roll_back", __doc__)
    try:
        order = Order.read()
        url = runner.an_address(runner.told("CONTROL_PLANE_URL"))
    except ValueError as error:
        return wrong(f"CONTROL_PLANE_URL, FOLLOW_SECONDS, AWAY_SECONDS or DRY_RUN: {error}")
    if not order.reason:
        return wrong("REASON is empty: why roll back?")
    control_plane = ControlPlane(url, order.away_seconds)
    targets: list[str] = []
    try:
        if order.is_dry:
            return show(order, control_plane)
        return follow(order, control_plane, start(order, control_plane), targets)
    except Refused as refused:
        runner.fail(str(refused))
        return FAILED
    except NoToken as error:
        return wrong(str(error))
    except Unfinished as unfinished:
        runner.fail(str(unfinished))
        return UNPROVED
    except Away as away:
        return break_glass(order, away, targets)


def wrong(message: str) -> int:
    runner.fail(message)
    return WRONG


# --- by the control plane


def show(order: Order, control_plane: ControlPlane) -> int:
    """What would be done."""
    params = {"environment": order.environment}
    page = control_plane.ask("GET", "/api/overview", params=params)
    wanted = page["recommended"] if order.target == LAST_STABLE else order.target
    row = next((one for one in page["history"] if one["deployment_id"] == wanted), None)
    live = page["live"] or {}
    runner.summary(f"### Rollback of {order.environment}: what would be done\n")
    runner.summary(f"- live: {cell(live.get('git_sha', 'nothing'))[:7]}: {cell(page_title(live))}")
    if row is None:
        none = "No version can be gone back to, as far as the history goes."
        unknown = f"{wanted} is not among the versions that the history shows: nobody can tell."
        runner.fail(unknown if wanted else none)
        return FAILED
    runner.summary(f"- goes to: {cell(row['git_sha'])[:7]} ({wanted}): {cell(page_title(row))}")
    runner.summary(f"- database: {cell(row['database_effect'])}")
    if not row["eligible"]:
        runner.fail(f"It would be refused: {row['why_not']}")
        return FAILED
    return DONE


def page_title(row: dict[str, Any]) -> str:
    return str(row.get("title") or row.get("deployment_id") or "")


def start(order: Order, control_plane: ControlPlane) -> str:
    """The rollback's id. The key makes the same request, sent again, the same rollback."""
    run = runner.told("GITHUB_RUN_ID", f"here-{time.time_ns()}")
    key = f"github-{run}-{runner.told('GITHUB_RUN_ATTEMPT', '1')}"
    body = {
        "deployment_id": order.target,
        "environment": order.environment,
        "reason": order.reason,
        **({"note": order.note} if order.note else {}),
    }
    answer = control_plane.ask(
        "POST", "/api/rollback/trigger", json=body, headers={"idempotency-key": key}
    )
    return str(answer["rollback_id"])


def follow(order: Order, control_plane: ControlPlane, id_: str, targets: list[str]) -> int:
    """`targets` gets where it goes, for whoever has to go on without the control plane."""
    until = time.monotonic() + order.follow_seconds
    told: list[str] = []
    while True:
        status = ask_status(control_plane, id_)
        targets[:] = [status["target"]["deployment_id"]]
        for line in steps(status):
            if line not in told:
                print(runner.one_line(line), flush=True)
                told.append(line)
        if status["status"] in FINAL:
            return end(status)
        if time.monotonic() > until:
            write(status)
            raise Unfinished(
                f"It has not ended in {order.follow_seconds:.0f} s, and goes on:"
                f" {status['current_step']}. Look at the dashboard. Rollback {id_}."
            )
        time.sleep(FOLLOW_PAUSE_SECONDS)


def ask_status(control_plane: ControlPlane, id_: str) -> dict[str, Any]:
    """Raises Away, or Unfinished where we may not ask: that ends no rollback."""
    try:
        return control_plane.ask("GET", f"/api/rollback/status/{id_}")
    except (Refused, NoToken) as error:
        raise Unfinished(
            f"It was accepted, and goes on; it cannot be followed from here: {error} Look at the"
            f" dashboard. Rollback {id_}."
        ) from error


def steps(status: dict[str, Any]) -> list[str]:
    return [
        f"{one['name']}: {one['state']}{': ' + one['message'] if one['message'] else ''}"
        for one in status["steps"]
        if one["state"] != "wait"
    ]


def end(status: dict[str, Any]) -> int:
    write(status)
    if status["status"] == "completed":
        return DONE
    runner.fail(f"The rollback failed: {status['error']} {status['visitors_get'] or ''}")
    for action in status["next_actions"]:
        runner.summary(f"- {cell(action)}")
    return FAILED


def write(status: dict[str, Any]) -> None:
    """The job's summary."""
    target = status["target"]
    rows = [
        f"| {one['name']} | {MARKS[one['state']]} | {seconds(one['duration_ms'])} |"
        f" {cell(one['message'] or '')} |"
        for one in status["steps"]
    ]
    to = cell(target["git_sha"])[:7]
    head = f"### Rollback of {status['environment']} to {to}: {status['status']}\n"
    why = f"{cell(status['requested_by'])}: {cell(status['reason'])}\n"
    runner.summary("\n".join([head, why, "| step | | took | |", "|---|---|---|---|", *rows, ""]))


def seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1000:.1f} s"


# --- without it


def break_glass(order: Order, away: Away, targets: Sequence[str]) -> int:
    """What was accepted before the control plane went away may still be done by it: same target."""
    runner.summary(f"### The control plane does not answer ({cell(away)}): break-glass\n")
    more = "" if order.is_dry else MAY_BE_DONE
    if order.environment != "production":
        runner.fail(f"Break-glass is for production alone.{more}")
        return NOBODY
    if not runner.told("VERCEL_TOKEN"):
        runner.fail(f"VERCEL_TOKEN is not set for this job, so there is no break-glass.{more}")
        return NOBODY
    target = next(iter(targets), order.target)
    options = [
        # Each in one word: what begins with a dash is no option.
        *("--yes", f"--by={runner.actor()}", f"--reason={order.reason}"),
        *(() if target == LAST_STABLE else (f"--to={target}",)),
        *(("--dry-run",) if order.is_dry else ()),
        *(("--database-unknown-ok",) if order.database_unknown_ok else ()),
        f"--journal={runner.told('JOURNAL', '.')}",
    ]
    try:
        return breakglass.main(options, say=show_lines, complain=runner.fail)
    except SystemExit:
        return wrong(f"TARGET is {target!r}: give the platform's id, dpl_…, or {LAST_STABLE}.")


def show_lines(text: str) -> None:
    """As they are: no markup of whoever wrote the commit."""
    lines = [f"    {runner.one_line(line)}" for line in text.split("\n")]
    runner.summary("\n".join(["", *lines]))


if __name__ == "__main__":
    sys.exit(main())
