"""Deploying from outside: files come by their digest, then a deployment is made of them.

What is deployed is one of the sample app's versions: the file `version.txt` says which.
"""

import hashlib
from typing import Any

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.shapes import in_full
from dev.platform.state import Environment
from dev.sample_app.versions import VERSIONS

VERSION_FILE = "version.txt"
#: Of what the caller says of it; the simulator makes the rest.
TOLD = ("githubCommitSha", "commit")


def upload(ask: Ask) -> Answer:
    ask.cloud.uploads[hashlib.sha1(ask.raw, usedforsecurity=False).hexdigest()] = ask.raw
    return Answer({})


def create(ask: Ask) -> Answer:
    """It is built at once. With `autoAssignCustomDomains` false it stays staged."""
    files: list[dict[str, Any]] = ask.body.get("files") or []
    missing = [one["sha"] for one in files if one.get("sha") not in ask.cloud.uploads]
    if missing:
        raise Refused(400, "missing_files", "Some files are missing.", missing=missing)
    named = next((one["sha"] for one in files if one.get("file") == VERSION_FILE), None)
    version = ask.cloud.uploads[named].decode().strip() if named else ""
    if version not in VERSIONS:
        raise Refused(400, "bad_request", f"{VERSION_FILE} names no version of the sample app.")
    meta = {str(name): str(value) for name, value in (ask.body.get("meta") or {}).items()}
    is_production = ask.body.get("target") == "production"
    target: Environment = "production" if is_production else "staging"
    sha = next((meta[name] for name in TOLD if name in meta), None)
    deployment = ask.cloud.create(version, target, builds=True, sha=sha)
    deployment.meta, deployment.uploaded = meta, True
    if ask.body.get("autoAssignCustomDomains") is not False:
        ask.cloud.go_live(deployment)
    return Answer(in_full(ask.cloud, deployment), 200)


def events(ask: Ask) -> Answer:
    """The build's log is empty."""
    ask.deployment(ask.params["id"])
    return Answer()


CALLS = (
    Call("files", "POST", "/files", upload),
    Call("events", "GET", "/deployments/{id}/events", events),
    Call("create-deployment", "POST", "/deployments", create),
)
