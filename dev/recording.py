"""Tells a running control plane what a release of the sample app contains, as its CI would."""

from dataclasses import replace
from typing import Any

import httpx

from dev.sample_app.migrate import FOLDER
from dev.sample_app.versions import find_version
from lib.deployments.models import Release
from lib.migrations.collect import Collection, collect, newest_texts
from scripts.record_release import send

FLAGS = FOLDER.parent / "flags.json"


class NotRecorded(Exception):
    """The control plane did not take it; the message is its own."""


def record(control_plane: str, token: str, deployment: dict[str, Any]) -> list[str]:
    """The versions of its migrations. `deployment`: as the platform's control describes it.

    Raises NotRecorded.
    """
    collection = contained(deployment["version"])
    release = Release(
        environment=deployment["target"],
        git_sha=deployment["sha"],
        vercel_deployment_id=deployment["id"],
        db_migration_version=collection.versions[-1],
        title=deployment["title"],
        author=deployment["author"],
        versions=collection.versions,
        migrations=newest_texts(collection.migrations),
    )
    address = f"{control_plane}/api/deployments"
    try:
        answer = send(address, release.model_dump_json().encode(), token)
        switches = send(f"{control_plane}/api/flags", FLAGS.read_bytes(), token, method="PUT")
    except httpx.HTTPError as error:
        raise NotRecorded(f"The control plane does not answer: {error}") from error
    for one in (answer, switches):
        if not one.is_success:
            raise NotRecorded(f"The control plane did not record it: {one.text}")
    return collection.versions


def contained(version: str) -> Collection:
    """Of the versions, which are alternatives, each contains only its own migrations."""
    everything = collect(FOLDER.parent, tool="dbmate", folder=FOLDER)
    own = find_version(version).migrations
    return replace(
        everything, migrations=tuple(one for one in everything.migrations if one.version in own)
    )
