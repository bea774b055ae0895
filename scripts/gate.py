"""May this deployment go live? What its migrations say, and what the control plane says of it.

Shared by the workflows that let one go live: nothing is released that nobody could go back from, or
while the one who would go back is away.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.breakglass.models import Deployment
from lib.migrations.collect import Collection, collect
from lib.migrations.sources import CannotCollect
from lib.migrations.texts import Finding
from scripts import record_release, runner
from scripts.check_migrations import judged, verdict
from scripts.ci import tell_broken, tell_findings
from scripts.runner import ControlPlane, cell
from scripts.shipping import Failed

AWAY_SECONDS = "60"
ONE_WAY = "If that is meant, say so: ONE_WAY_OK=true."


class OneWay(Failed):
    """Nobody could go back from it."""

    def __init__(self, message: str, migrations: "Migrations") -> None:
        super().__init__(message)
        self.migrations = migrations


@dataclass(frozen=True, slots=True)
class Migrations:
    collection: Collection
    findings: list[Finding]

    @property
    def is_one_way(self) -> bool:
        return any(one.is_wall for one in self.findings)


def read_migrations(root: Path) -> Migrations:
    """Judged after MIGRATIONS_AFTER: what was decided long ago is not held against each release.

    Raises Failed.
    """
    folder = runner.told("MIGRATIONS_FOLDER")
    try:
        collection = collect(root, tool=None, folder=Path(folder) if folder else None)
        newer = collection.after(runner.told("MIGRATIONS_AFTER") or None)
    except CannotCollect as error:
        tell_broken(error)
        raise Failed("Its migrations cannot be read, so nobody could go back from it.") from None
    findings = judged(collection, newer)
    tell_findings(findings, newer)
    sentence = verdict(findings, newer)
    runner.summary(f"- migrations: {cell(sentence)}")
    found = Migrations(collection, findings)
    if any(one.is_refused for one in findings):
        raise Failed(sentence)
    if found.is_one_way and not runner.is_told("ONE_WAY_OK"):
        raise OneWay(f"{sentence} {ONE_WAY}", found)
    return found


def record(
    control_plane: ControlPlane, deployment: Deployment, sha: str, migrations: Migrations
) -> dict[str, Any]:
    """Recorded twice is recorded once. Raises Away, Refused."""
    release = record_release.make_release(
        migrations.collection,
        record_release.choose_texts(migrations.collection, None),
        environment=runner.told("ENVIRONMENT", "production"),
        git_sha=sha,
        vercel_deployment_id=deployment.id,
        title=deployment.title,
        author=deployment.author,
    )
    return control_plane.ask(
        "POST",
        "/api/deployments",
        content=release.model_dump_json().encode(),
        headers={"content-type": "application/json"},
    )


def require_fit(recorded: dict[str, Any]) -> None:
    """What the control plane knows of the database as it is now. Raises Failed."""
    if note := recorded.get("forward_note"):
        raise Failed(f"It does not go live: {note}")
    if (found := recorded.get("verdict")) and not runner.is_told("ONE_WAY_OK"):
        raise Failed(f"{found} {ONE_WAY}")
