"""Calls about deployments and the aliases that point at them."""

import re

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.shapes import in_full, in_list, is_rollback_candidate
from dev.platform.state import Deployment

PAGE = 20
PAGE_LIMIT = 100
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")


def get_deployment(ask: Ask) -> Answer:
    return Answer(in_full(ask.cloud, ask.deployment(ask.params["id"])))


def delete_deployment(ask: Ask) -> Answer:
    """By hand or by retention: it is gone, and so is what pointed at it."""
    deployment = ask.deployment(ask.params["id"])
    ask.cloud.forget(deployment)
    return Answer({"uid": deployment.id, "state": "DELETED"})


def list_deployments(ask: Ask) -> Answer:
    """Newest first; `pagination.next` is the `until` of the next page."""
    ask.check_project(ask.query.get("projectId", ask.cloud.config.project_id))
    limit = min(ask.number("limit", PAGE), PAGE_LIMIT)
    found = [d for d in reversed(ask.cloud.state.deployments.values()) if _wanted(ask, d)]
    page = found[:limit]
    more = len(found) > limit
    return Answer(
        {
            "deployments": [in_list(ask.cloud, d) for d in page],
            "pagination": {
                "count": len(page),
                "next": page[-1].created_ms if more else None,
                "prev": page[0].created_ms if page else None,
            },
        }
    )


def _wanted(ask: Ask, deployment: Deployment) -> bool:
    query = ask.query
    candidate = is_rollback_candidate(ask.cloud, deployment)
    return all(
        (
            query.get("target", deployment.target) == deployment.target,
            query.get("sha", deployment.sha) == deployment.sha,
            deployment.ready_state in query.get("state", deployment.ready_state).split(","),
            "rollbackCandidate" not in query or (query["rollbackCandidate"] == "true") == candidate,
            deployment.created_ms > ask.number("since", -1),
            "until" not in query or deployment.created_ms < ask.number("until", 0),
        )
    )


def builds(ask: Ask) -> Answer:
    """The command line shows them; none are kept."""
    ask.deployment(ask.params["id"])
    return Answer({"builds": []})


def set_alias(ask: Ask) -> Answer:
    deployment = ask.deployment(ask.params["id"])
    alias = ask.body.get("alias")
    if not isinstance(alias, str) or not HOST.fullmatch(alias):
        raise Refused(400, "bad_request", "`alias` should be a host name.")
    if deployment.ready_state != "READY":
        raise Refused(400, "deployment_not_ready", "The deployment is not READY.")
    if ask.cloud.state.aliases.get(alias) == deployment.id:
        message = "The alias is already assigned to the given deployment."
        raise Refused(409, "alias_already_assigned", message)
    old = ask.cloud.point(alias, deployment)
    body = {"uid": _uid(alias), "alias": alias, "created": deployment.created_ms}
    return Answer({**body, "oldDeploymentId": old} if old else body)


def aliases_of(ask: Ask) -> Answer:
    deployment = ask.deployment(ask.params["id"])
    hosts = ask.cloud.aliases_of(deployment)
    return Answer(
        {"aliases": [{"uid": _uid(h), "alias": h, "created": deployment.created_ms} for h in hosts]}
    )


def list_aliases(ask: Ask) -> Answer:
    """With `rollbackDeploymentId`: what a rollback to that deployment would move."""
    ask.check_project(ask.query.get("projectId", ask.cloud.config.project_id))
    hosts = list(ask.cloud.state.aliases)
    if "rollbackDeploymentId" in ask.query:
        ask.deployment(ask.query["rollbackDeploymentId"])
        hosts = ask.cloud.config.production_hosts
    aliases = [_alias(ask, host) for host in hosts if host in ask.cloud.state.aliases]
    pagination = {"count": len(aliases), "next": None, "prev": None}
    return Answer({"aliases": aliases, "pagination": pagination})


def get_alias(ask: Ask) -> Answer:
    host = ask.params["alias"]
    ask.check_project(ask.cloud.config.project_id)
    if host not in ask.cloud.state.aliases:
        raise Refused(404, "not_found", "The alias was not found.")
    return Answer(_alias(ask, host))


def _alias(ask: Ask, host: str) -> dict[str, object]:
    deployment = ask.cloud.state.deployments[ask.cloud.state.aliases[host]]
    moves = [move for move in ask.cloud.state.alias_moves if move.alias == host]
    by, moved_ms = (moves[-1].by, moves[-1].at_ms) if moves else ("ci", deployment.created_ms)
    return {
        "uid": _uid(host),
        "alias": host,
        "deploymentId": deployment.id,
        "deployment": {"id": deployment.id, "url": deployment.url},
        "projectId": ask.cloud.config.project_id,
        "created": moved_ms,
        "createdAt": moved_ms,
        "creator": {"uid": f"usr_{by}", "username": by, "email": f"{by}@wedsync.example"},
    }


def _uid(host: str) -> str:
    return f"als_{host}"


CALLS = (
    Call("deployments", "GET", "/deployments", list_deployments),
    Call("deployment", "GET", "/deployments/{id}", get_deployment),
    Call("delete-deployment", "DELETE", "/deployments/{id}", delete_deployment),
    Call("builds", "GET", "/deployments/{id}/builds", builds),
    Call("alias", "POST", "/deployments/{id}/aliases", set_alias),
    Call("aliases", "GET", "/deployments/{id}/aliases", aliases_of),
    Call("aliases", "GET", "/aliases", list_aliases),
    Call("aliases", "GET", "/aliases/{alias}", get_alias),
)
