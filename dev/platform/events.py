"""What the platform tells its subscribers about deployments."""

import json
import secrets
import time
from typing import Any

from dev.platform.config import Config
from dev.platform.state import Deployment


def deployment_event(
    config: Config,
    kind: str,
    deployment: Deployment,
    *,
    by: str = "ci",
    more: dict[str, Any] | None = None,
) -> str:
    """`by`: the name of whoever did it. `more` comes beside the rest of the payload."""
    return event(
        kind,
        {
            "team": {"id": config.team_id},
            "user": {"id": f"usr_{by}"},
            "deployment": {
                "id": deployment.id,
                "name": config.project_name,
                "url": deployment.url,
                "meta": meta(deployment),
            },
            "links": {
                "deployment": f"https://vercel.com/{config.project_name}/{deployment.id}",
                "project": f"https://vercel.com/{config.project_name}",
            },
            "target": deployment.target,
            "project": {"id": config.project_id},
            **(more or {}),
        },
    )


def rollback_event(config: Config, from_id: str, to_id: str, *, by: str) -> str:
    return event(
        "deployment.rollback",
        {
            "team": {"id": config.team_id},
            "user": {"id": f"usr_{by}"},
            "project": {"id": config.project_id},
            "fromDeploymentId": from_id,
            "toDeploymentId": to_id,
        },
    )


def event(kind: str, payload: dict[str, Any]) -> str:
    return json.dumps(
        {
            "id": f"evt_{secrets.token_hex(12)}",
            "type": kind,
            "createdAt": int(time.time() * 1000),
            "region": "sfo1",
            "payload": payload,
        }
    )


def meta(deployment: Deployment) -> dict[str, str]:
    return {
        "githubCommitSha": deployment.sha,
        "githubCommitMessage": deployment.title,
        "githubCommitAuthorLogin": deployment.author,
        "githubCommitAuthorName": deployment.author.title(),
        "githubCommitRef": "main",
        "githubOrg": "wedsync",
        "githubRepo": "app",
        "githubDeployment": "1",
        **deployment.meta,
    }
