"""What deploying has in common: make a deployment that visitors do not get, look at it, let it go
live. With the platform's own command line, and break-glass's client of its API.
"""

import hashlib
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lib.breakglass import __main__ as settings
from lib.breakglass import verifying
from lib.breakglass.models import Deployment, Given, Rolling, Stopped
from lib.breakglass.platform import Answer, Patience, Platform, make_http
from lib.migrations.collect import Collection
from lib.migrations.texts import Finding, newest_wall
from scripts import runner

DEPLOY_SECONDS = 1200
LOOK_SECONDS = 60.0
SWITCH_SECONDS = 60.0
ANSWER_SECONDS = 8.0


class Failed(Exception):
    """Says what happened, and what visitors get."""


def platform(project: str | None = None) -> Platform:
    """By the settings that break-glass reads; `project`: another than the app's. Raises Stopped."""
    given = settings.read_environment(project)
    if project:
        # It owns its domains.
        given = replace(given, method="instant")
    http = make_http(given, answer_within_seconds=ANSWER_SECONDS)
    return Platform(http, given, Patience(SWITCH_SECONDS))


def deploy(root: Path, meta: Mapping[str, str], given: Given) -> str:
    """The address of a production deployment that has no domain. Raises Failed."""
    command = shlex.split(runner.told("VERCEL_COMMAND", "vercel"))
    told = [option for pair in meta.items() for option in ("--meta", "=".join(pair))]
    words = [*command, "deploy", "--prod", "--skip-domain", "--yes", *told]
    environment = {
        **os.environ,
        "VERCEL_TOKEN": given.token,
        "VERCEL_ORG_ID": given.team,
        "VERCEL_PROJECT_ID": given.project,
        "VERCEL_TELEMETRY_DISABLED": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603 - the platform's own command
            [*words, "--api", given.api_url],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=DEPLOY_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"`{words[0]} deploy` did not end: {error}") from None
    address = done.stdout.strip().rpartition("\n")[2].removeprefix("https://")
    if done.returncode or not address:
        raise Failed("The deployment failed; its log is above. Visitors get what they got before.")
    return address


def meta_of(collection: Collection, findings: list[Finding], sha: str) -> dict[str, str]:
    """What break-glass can still read when nothing else answers: lib/breakglass/database.py."""
    wall = newest_wall(findings, collection.versions)
    listed = "\n".join(collection.versions).encode()
    told = {
        "githubCommitSha": sha,
        "dbMigrations": hashlib.sha256(listed).hexdigest()[:32],
        "dbNewest": collection.versions[-1],
        "dbWall": wall.version if wall else "",
    }
    return {name: value for name, value in told.items() if value}


def run(command: str, root: Path) -> None:
    """The app's own, such as its migrations; no shell reads it. Raises Failed."""
    try:
        done = subprocess.run(shlex.split(command), cwd=root, check=False)  # noqa: S603
    except (OSError, ValueError) as error:
        raise Failed(f"`{command}`: {error}") from None
    if done.returncode:
        raise Failed(f"`{command}` failed. Visitors get what they got before.")


@dataclass(frozen=True, slots=True)
class Slots:
    """Two aliases: one leads to what is live, the other is free for the next release."""

    live: str
    idle: str


def slots(platform: Platform, names: tuple[str, str]) -> Slots:
    """A slot that leads nowhere yet is idle."""
    live = platform.live().id
    blue, green = names
    is_green = served_by(platform, green) == live
    return Slots(green, blue) if is_green else Slots(blue, green)


def served_by(platform: Platform, host: str) -> str | None:
    try:
        return platform.deployment(host).id
    except Stopped:
        return None


def assign(platform: Platform, deployment: Deployment, host: str) -> None:
    """Read first, so that a lost answer is not asked for again blindly. Raises Failed."""
    platform.patience.begin()
    try:
        while served_by(platform, host) != deployment.id:
            require_accepted(platform.assign_alias(deployment.id, host))
            platform.patience.wait(1, f"{host} still leads elsewhere.")
    except Stopped as stopped:
        raise Failed(str(stopped)) from None


def promote(platform: Platform, deployment: Deployment) -> Rolling | None:
    """All of production's domains. Accepted is not done: its job is waited for.

    Where the project rolls releases out it gets the first stage's share of the visitors; the stages
    after it may take days, and are not waited for. Raises Failed.
    """
    platform.patience.begin()
    after = asked_last(platform)
    try:
        while True:
            if rolling := platform.rolling():
                require_ours(rolling, deployment)
                return rolling
            project = platform.project()
            if project.live == deployment.id:
                return None
            job = project.job
            is_ours = job and job.requested_at > after and job.to == deployment.id
            if job and is_ours and job.status in ("failed", "skipped"):
                raise Failed(f"The platform's promotion {job.status}.")
            if not is_ours:
                require_accepted(platform.promote(deployment.id))
            platform.patience.wait(1, "The platform has not promoted it.")
    except Stopped as stopped:
        raise Failed(str(stopped)) from None


def require_ours(rolling: Rolling, deployment: Deployment) -> None:
    """Raises Failed."""
    if rolling.canary != deployment.id:
        raise Failed(
            f"{rolling.canary} began to roll out meanwhile, so {deployment.called} is not live. The"
            " platform may have queued it behind that one."
        )


def require_nothing_rolls(platform: Platform) -> None:
    """What is promoted now would wait behind it, and go live when nobody looks. Raises Failed."""
    if platform.given.method == "instant" and (rolling := platform.rolling()):
        raise Failed(
            f"{rolling.canary} is being rolled out and gets {rolling.percent:g} % of the visitors."
            " Complete it (`vercel rolling-release complete`) or roll it back, then release this."
        )


def stage_now(platform: Platform, deployment: Deployment) -> str:
    """What visitors get, and how it goes on. Raises Failed: a gate or a person has ended it."""
    rolling = platform.rolling()
    if rolling is None and platform.project().live == deployment.id:
        return "live and healthy"
    if rolling is None or rolling.canary != deployment.id:
        raise Failed(f"Its rolling release was ended: nobody gets {deployment.called} any more.")
    others = platform.deployment(rolling.base).called
    further = (
        "each further stage waits for `vercel rolling-release approve`"
        if rolling.waits_for_approval
        else "the platform goes on by itself"
    )
    return (
        f"it rolls out, healthy: {rolling.percent:g} % of the visitors get it (stage"
        f" {rolling.stage} of {rolling.stages}), the others {others}; {further}, and a rollback"
        " ends it"
    )


def asked_last(platform: Platform) -> int:
    job = platform.project().job
    return job.requested_at if job else 0


def require_accepted(answer: Answer) -> None:
    """No answer is none; 409 and 429 are not final. Raises Failed."""
    is_final = answer.is_clear and not answer.is_done and answer.status not in (409, 429)
    if is_final:
        raise Failed(answer.message)


def look(given: Given, host: str, deployment: Deployment) -> None:
    """It is there, it is that one, and it is well. Raises Failed."""
    until = time.monotonic() + LOOK_SECONDS
    while not (seen := verifying.look(given, host)).is_well or seen.deployment_id != deployment.id:
        if time.monotonic() > until:
            raise Failed(f"{host} {seen.detail} ({seen.deployment_id or 'nobody says who'}).")
        time.sleep(1)


def told_as_job(work: Callable[[], int]) -> int:
    """Its failure, as the job's page shows it."""
    try:
        return work()
    except Failed as failed:
        runner.fail(str(failed))
    except Stopped as stopped:
        runner.fail(f"{stopped} {stopped.remedy}".strip())
    except runner.Away as away:
        runner.fail(f"The control plane does not answer: {away}. Nothing is released without it.")
    except (runner.Refused, runner.NoToken, runner.Misspelt) as error:
        runner.fail(str(error))
    return 1
