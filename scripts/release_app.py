"""Release the app, from a workflow: python -m scripts.release_app.

In the order in which least can go wrong: the migrations' verdict; a deployment without a domain;
the app's own MIGRATE_COMMAND; recorded; the idle slot leads to it, and it is looked at there; then
production's domain moves, and the slot that was live stays with what was, warm to go back to.
Reads APP_ROOT, GITHUB_SHA, SLOTS (two hosts), CONTROL_PLANE_URL, ONE_WAY_OK and what break-glass
reads of the platform. Exit codes: 0, live and well, or rolling out in stages; 1, not released, or
not well, and why is said.
"""

import sys
from contextlib import suppress
from pathlib import Path

from lib.breakglass import verifying
from lib.breakglass.models import Deployment
from lib.breakglass.platform import Platform
from scripts import gate, runner, shipping
from scripts.runner import ControlPlane
from scripts.shipping import Failed, Slots

SLOTS = "blue-wedsync.vercel.app green-wedsync.vercel.app"


def main() -> int:
    runner.take_no_arguments("release_app", __doc__)
    return shipping.told_as_job(release)


def release() -> int:
    root, sha = Path(runner.told("APP_ROOT", ".")), runner.told("GITHUB_SHA")
    there = control_plane()
    runner.summary(f"### Release of {sha[:7]}\n")
    migrations = gate.read_migrations(root)
    platform = shipping.platform()
    shipping.require_nothing_rolls(platform)
    left, slots = platform.live(), shipping.slots(platform, slot_hosts())
    meta = shipping.meta_of(migrations.collection, migrations.findings, sha)
    deployment = shipping.deploy(platform, root, meta)
    runner.output("deployment", deployment.id)
    runner.summary(f"- deployed: {deployment.id}, without a domain")
    gate.record(there, deployment, sha, migrations)
    if command := runner.told("MIGRATE_COMMAND"):
        shipping.run(command, root)
        runner.summary("- the app's database has its migrations")
    gate.require_fit(gate.record(there, deployment, sha, migrations))
    shipping.assign(platform, deployment, slots.idle)
    shipping.look(platform, slots.idle, deployment)
    runner.summary(f"- looked at on {slots.idle}: it is healthy")
    require_still(platform, left)
    how = go_live(platform, deployment)
    keep_warm(platform, left, slots)
    runner.summary(f"- {how}; {left.called} stays on {slots.live}, to go back to")
    return 0


def control_plane() -> ControlPlane:
    """Raises Failed."""
    try:
        away_seconds = float(runner.told("AWAY_SECONDS", gate.AWAY_SECONDS))
        return ControlPlane(runner.an_address(runner.told("CONTROL_PLANE_URL")), away_seconds)
    except ValueError as error:
        raise Failed(f"CONTROL_PLANE_URL or AWAY_SECONDS: {error}") from None


def slot_hosts() -> tuple[str, str]:
    """Raises Failed."""
    hosts = runner.told("SLOTS", SLOTS).replace(",", " ").split()
    match hosts:
        case [blue, green] if blue != green:
            return blue, green
    raise Failed("SLOTS names two hosts, such as blue-app.example green-app.example")


def require_still(platform: Platform, left: Deployment) -> None:
    """A rollback that somebody made meanwhile is not undone by a release. Raises Failed."""
    live = platform.live()
    if live.id != left.id:
        raise Failed(f"Production moved to {live.called} meanwhile, so this one stays on its slot.")


def go_live(platform: Platform, deployment: Deployment) -> str:
    """How it is live, in words. Raises Failed."""
    given = platform.given
    if given.method == "alias":
        shipping.assign(platform, deployment, given.alias)
        look_at(platform, deployment, (given.alias,))
    elif shipping.promote(platform, deployment):
        # At visitors' hosts either version may answer.
        look_at(platform, deployment, (deployment.url,))
        rolling = platform.last_rolling()
        if rolling is None or rolling.canary != deployment.id:
            raise Failed("Its rolling release is over, and another one began. See the platform.")
        if rolling.state == "ABORTED":
            raise Failed(shipping.aborted(rolling))
        if rolling.is_active:
            return shipping.told_of(rolling)
        look_at(platform, deployment, platform.project().hosts)
    else:
        look_at(platform, deployment, platform.project().hosts)
    return "live and healthy"


def look_at(platform: Platform, deployment: Deployment, hosts: tuple[str, ...]) -> None:
    """Raises Failed."""
    for host in hosts:
        for _ in range(verifying.LOOKS):
            try:
                shipping.look(platform, host, deployment)
            except Failed as failed:
                raise Failed(f"It is live, and not well: {failed} Roll back.") from None


def keep_warm(platform: Platform, left: Deployment, slots: Slots) -> None:
    """What was live keeps its slot; a failure here is a warning."""
    with suppress(Failed):
        shipping.assign(platform, left, slots.live)
        verifying.look(platform.given, slots.live)
        return
    runner.summary(f"- warning: {slots.live} does not lead to {left.called}")


if __name__ == "__main__":
    sys.exit(main())
