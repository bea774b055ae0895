"""Set this control plane up in the platform: python -m scripts.setup plan|apply [--yes].

Webhook, log drain, promotion check, the secrets that belong to them and to the sweep, and the gate
of rolling releases, in the app's project and in this one. `plan` changes nothing; it exits with 0
where there is nothing to do, 2 where there is, 1 where it could not tell. `apply` shows the plan,
asks, and may be repeated however it ended. No secret is ever shown.

Reads VERCEL_TOKEN, VERCEL_TEAM_ID, APP_PROJECT_ID, CONTROL_PLANE_URL, and this project's id from
VERCEL_PROJECT_ID or from what `vercel link` wrote.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from lib import errors
from lib.settings import Settings, settings
from lib.vercel.client import make_http
from scripts.setup.account import Account
from scripts.setup.changes import Change, Setup
from scripts.setup.wanted import wanted

LINK = Path(".vercel/project.json")
NOTHING, FAILED, SOMETHING = 0, 1, 2
#: A platform that fails is asked again so often in a row.
PATIENCE = 4
WAIT_SECONDS = 1.0
WAIT_SECONDS_MOST = 30.0
#: Far more than one run needs: two that undo each other's work end here.
CHANGES_MOST = 40
DEPLOY = "Deploy this project again: variables reach new deployments only."


async def run(settings: Settings, options: argparse.Namespace) -> int:
    project = settings.project_id or linked()
    want = wanted(settings, has_check=not options.without_check)
    async with make_http(
        base_url=settings.vercel_api_url,
        token=settings.vercel_token.get_secret_value(),
        team_id=settings.vercel_team_id,
    ) as http:
        account = Account(http, settings.app_project_id, project)
        setup = Setup(account, want, time.strftime("%Y-%m", time.gmtime()))
        changes = await patiently(setup.plan, print)
        show(changes)
        if not pending(changes):
            print("Nothing to do.")
            return NOTHING
        if options.action == "plan":
            return SOMETHING
        if not (options.yes or agrees()):
            print("Nothing was changed.")
            return FAILED
        await converge(setup, print)
    print(DEPLOY)
    return NOTHING


async def converge(setup: Setup, say: Callable[[str], None]) -> None:
    """One change after the other, and a new plan after each: what it says is true then.

    A change that got no answer is not repeated blindly: the next plan shows whether it was made.
    """

    async def change() -> str | None:
        todo = pending(await setup.plan())
        if not todo:
            return None
        assert todo[0].make is not None
        await todo[0].make()
        return todo[0].name

    for _ in range(CHANGES_MOST):
        changed = await patiently(change, say)
        if changed is None:
            return
        say(f"{changed}: done")
    raise errors.Conflict("It never came to rest. Is somebody else setting it up just now?")


async def patiently[T](work: Callable[[], Awaitable[T]], say: Callable[[str], None]) -> T:
    """Once more where the platform fails; `work` looks first what is there."""
    for _ in range(PATIENCE):
        try:
            return await work()
        except errors.VercelUnavailable as error:
            say(f"{error} Looking again.")
            asked = WAIT_SECONDS if error.retry_after is None else error.retry_after
            await asyncio.sleep(min(asked, WAIT_SECONDS_MOST))
    return await work()


def pending(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.make]


def show(changes: Sequence[Change]) -> None:
    width = max(len(change.name) for change in changes)
    for change in changes:
        after = f"  ->  {change.will_be}" if change.make else ""
        print(f"{'~' if change.make else '='} {change.name:{width}}  {change.there}{after}")


def agrees() -> bool:
    if not sys.stdin.isatty():
        raise errors.InvalidRequest("Nobody is there to ask. To change it unasked: --yes")
    return input("Apply? [y/N] ").strip().lower() in ("y", "yes")


def linked() -> str:
    try:
        return str(json.loads(LINK.read_text())["projectId"])
    except (OSError, ValueError, KeyError, TypeError):
        raise errors.BadSettings(
            "VERCEL_PROJECT_ID is not set, and there is no link to this project: vercel link"
        ) from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.setup", description=__doc__)
    parser.add_argument("action", choices=["plan", "apply"])
    parser.add_argument("--yes", action="store_true", help="apply without asking")
    parser.add_argument(
        "--without-check", action="store_true", help="leave the promotion check as it is"
    )
    options = parser.parse_args(arguments)
    try:
        return asyncio.run(run(settings(), options))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
