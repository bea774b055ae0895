"""The JSON in which the platform shows deployments, projects and jobs."""

from typing import Any

from dev.platform.cloud import Cloud
from dev.platform.events import meta
from dev.platform.state import Deployment, Job

Shape = dict[str, Any]

CREATOR = {"uid": "usr_ci", "username": "ci", "email": "ci@wedsync.example"}


def in_list(cloud: Cloud, deployment: Deployment) -> Shape:
    return {
        "uid": deployment.id,
        "name": cloud.config.project_name,
        "url": deployment.url,
        "projectId": cloud.config.project_id,
        **_common(cloud, deployment),
    }


def in_full(cloud: Cloud, deployment: Deployment) -> Shape:
    return {
        "id": deployment.id,
        "name": cloud.config.project_name,
        "url": deployment.url,
        "projectId": cloud.config.project_id,
        "project": {"id": cloud.config.project_id, "name": cloud.config.project_name},
        "ownerId": cloud.config.team_id,
        "team": {"id": cloud.config.team_id, "slug": cloud.config.team_id.removeprefix("team_")},
        "alias": cloud.aliases_of(deployment),
        "aliasError": None,
        "autoAssignCustomDomains": cloud.state.auto_assign,
        "gitSource": {"type": "github", "ref": "main", "sha": deployment.sha},
        "public": False,
        "regions": ["dev1"],
        "version": 2,
        "status": deployment.ready_state,
        "buildingAt": deployment.created_ms,
        **_common(cloud, deployment),
    }


def _common(cloud: Cloud, deployment: Deployment) -> Shape:
    return {
        "readyState": deployment.ready_state,
        "readySubstate": substate(cloud, deployment),
        "state": deployment.ready_state,
        "type": "LAMBDAS",
        "source": "git",
        "target": deployment.target,
        "isRollbackCandidate": is_rollback_candidate(cloud, deployment),
        "aliasAssigned": deployment.created_ms if cloud.aliases_of(deployment) else False,
        "created": deployment.created_ms,
        "createdAt": deployment.created_ms,
        "ready": deployment.created_ms,
        "creator": CREATOR,
        "meta": meta(deployment),
    }


def substate(cloud: Cloud, deployment: Deployment) -> str:
    if cloud.rolling and cloud.rolling.canary_id == deployment.id:
        return "ROLLING"
    return "PROMOTED" if deployment.promoted else "STAGED"


def is_rollback_candidate(cloud: Cloud, deployment: Deployment) -> bool:
    return deployment.promoted and deployment.id != cloud.state.production_id


def project(cloud: Cloud, *, rollback_info: bool) -> Shape:
    config, state = cloud.config, cloud.state
    live = state.deployments.get(state.production_id or "")
    shape: Shape = {
        "id": config.project_id,
        "name": config.project_name,
        "accountId": config.team_id,
        "framework": None,
        "autoAssignCustomDomains": state.auto_assign,
        "alias": [{"domain": host, "target": "PRODUCTION"} for host in config.production_hosts],
        "targets": {"production": in_full(cloud, live)} if live else {},
        "latestDeployments": [in_full(cloud, live)] if live else [],
        "lastRollbackTarget": state.rolled_back_from,
        "rollingRelease": state.rolling_config and state.rolling_config.model_dump(by_alias=True),
        "createdAt": 0,
        "updatedAt": 0,
    }
    if live:
        shape["targets"]["production"]["alias"] = config.production_hosts
    if rollback_info:
        shape["lastAliasRequest"] = job(state.last_job)
    return shape


def job(last: Job | None) -> Shape | None:
    if last is None:
        return None
    return {
        "fromDeploymentId": last.from_id or None,
        "toDeploymentId": last.to_id,
        "jobStatus": last.status,
        "requestedAt": last.requested_ms,
        "type": last.type,
    }
