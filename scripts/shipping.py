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
from lib.breakglass.models import Away, Deployment, Rolling, Stopped
from lib.breakglass.platform import Answer, Patience, Platform, make_http
from lib.migrations.collect import Collection
from lib.migrations.texts import Finding, newest_wall
from scripts import runner

DEPLOY_SECONDS = 1200
LOOK_SECONDS = 60.0
SWITCH_SECONDS = 60.0
FIRST = "Complete it, or roll it back, and release again."
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


def deploy(platform: Platform, root: Path, meta: Mapping[str, str]) -> Deployment:
    """For production, without a domain. Raises Failed or Stopped."""
    given = platform.given
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
    platform.patience.begin()
    return platform.deployment(address)


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
    """A slot that leads nowhere yet is idle. Raises Stopped."""
    live = platform.live().id
    blue, green = names
    is_green = served_by(platform, green) == live
    return Slots(green, blue) if is_green else Slots(blue, green)


def served_by(platform: Platform, host: str) -> str | None:
    """Raises Away: that nobody answers says nothing of the host."""
    try:
        return platform.deployment(host).id
    except Away:
        raise
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

    A rolling release is returned as it begins: its stages bring it to everybody. Raises Failed.
    """
    platform.patience.begin()
    try:
        after, last = asked_last(platform), platform.last_rolling()
        since, is_asked = last.started_at if last else 0, False
        while True:
            # Before the project: what that calls live while a release rolls out is not certain.
            if rolling := begun(platform, deployment, since, is_asked=is_asked):
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
                is_asked = True
            platform.patience.wait(1, "The platform has not promoted it.")
    except Stopped as stopped:
        raise Failed(str(stopped)) from None


def require_nothing_rolls(platform: Platform) -> None:
    """What is promoted now would wait behind it, and go live when nobody looks. Raises Failed."""
    if platform.given.method == "instant" and (rolling := platform.rolling()):
        raise Failed(f"{under_way(rolling)} {FIRST}")


def begun(
    platform: Platform, deployment: Deployment, since: int, *, is_asked: bool
) -> Rolling | None:
    """The rolling release of this deployment, while it is active. One that ended is never asked for
    again: the platform's gate or a person had a reason. Raises Failed.
    """
    rolling = platform.last_rolling()
    if rolling is None:
        return None
    if rolling.canary == deployment.id:
        if rolling.state == "ABORTED" and rolling.started_at > since:
            raise Failed(aborted(rolling))
        return rolling if rolling.is_active else None
    if rolling.is_active:
        queued = " The platform may have queued this one behind it." if is_asked else ""
        raise Failed(f"{under_way(rolling)}{queued} {FIRST}")
    return None


def under_way(rolling: Rolling) -> str:
    return f"{rolling.canary} is being rolled out ({rolling.where})."


def aborted(rolling: Rolling) -> str:
    return (
        f"Its rolling release was aborted: visitors get {rolling.base} again. See in the platform"
        " who or what ended it, and mend that first."
    )


def told_of(rolling: Rolling) -> str:
    """Where it is, and who brings it to everybody."""
    who = (
        "Somebody has to approve what comes next, in the platform."
        if rolling.needs_a_person
        else "The platform brings it to everybody by itself, stage by stage."
    )
    return f"healthy, and rolling out: {rolling.where}. {who} This job does not wait for that"


def asked_last(platform: Platform) -> int:
    job = platform.project().job
    return job.requested_at if job else 0


def require_accepted(answer: Answer) -> None:
    """No answer is none; 409 and 429 are not final. Raises Failed."""
    is_final = answer.is_clear and not answer.is_done and answer.status not in (409, 429)
    if is_final:
        raise Failed(answer.message)


def look(platform: Platform, host: str, deployment: Deployment) -> None:
    """It is there, it is that one, and it is well. Raises Failed."""
    until = time.monotonic() + LOOK_SECONDS
    while (
        not (seen := verifying.look(platform.given, host)).is_well
        or seen.deployment_id != deployment.id
    ):
        if time.monotonic() > until:
            raise Failed(f"{host} {seen.detail} ({seen.deployment_id or 'nobody says who'}).")
        time.sleep(1)
    platform.patience.begin()


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
