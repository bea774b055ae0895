"""Calls about the project: the switch, its job, variables, domains and caches."""

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.cloud import now_ms
from dev.platform.shapes import project as show
from dev.platform.state import Deployment, Purge

PAGE = 20


def get_project(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    return Answer(show(ask.cloud, rollback_info=ask.query.get("rollbackInfo") == "true"))


def list_projects(ask: Ask) -> Answer:
    ask.check_project(ask.cloud.config.project_id)
    projects = [show(ask.cloud, rollback_info=False)]
    return Answer({"projects": projects, "pagination": {"count": 1, "next": None, "prev": None}})


def update_project(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    wanted = ask.body.get("autoAssignCustomDomains")
    if not isinstance(wanted, bool):
        raise Refused(400, "bad_request", "`autoAssignCustomDomains` should be a boolean.")
    ask.cloud.state.auto_assign = wanted
    return Answer(show(ask.cloud, rollback_info=False))


def roll_back(ask: Ask) -> Answer:
    """`_by` is the simulator's own: who asks, where it is not us."""
    target = _switch_target(ask)
    if not target.promoted:
        message = "The deployment was never live in production: it cannot be rolled back to."
        raise Refused(422, "unprocessable_entity", message)
    ask.jobs.accept_rollback(target, by=ask.query.get("_by", "ci"))
    return Answer(status=201)


def promote(ask: Ask) -> Answer:
    target = _switch_target(ask)
    if ask.cloud.is_blocked(target):
        message = "A check that blocks promotions has not passed on this deployment."
        raise Refused(409, "checks_not_passed", message)
    if ask.cloud.state.rolling_config is not None:
        return Answer(status=201 if ask.cloud.roll(target) else 202)
    ask.jobs.accept_promotion(target, by=ask.query.get("_by", "ci"))
    return Answer(status=201)


def _switch_target(ask: Ask) -> Deployment:
    """Raises Refused if production cannot be switched to it now."""
    ask.check_project(ask.params["project"])
    target = ask.deployment(ask.params["id"])
    state = ask.cloud.state
    if target.ready_state != "READY":
        raise Refused(400, "deployment_not_ready", "The deployment is not READY.")
    if target.target != "production":
        raise Refused(400, "bad_request", "The deployment is not a production deployment.")
    if state.last_job and state.last_job.running:
        message = "A rollback or promotion is already in progress."
        raise Refused(409, "conflict", message)
    hosts = ask.cloud.config.production_hosts
    is_whole = ask.cloud.rolling is None
    if is_whole and all(state.aliases.get(host) == target.id for host in hosts):
        message = "The deployment is already the current production deployment."
        raise Refused(409, "conflict", message)
    return target


def switch_domains(ask: Ask) -> Answer:
    """How each domain fared in the last switch; with `failedOnly`, those that did not move."""
    ask.check_project(ask.params["project"])
    last = ask.cloud.state.last_job
    only_failed = ask.query.get("failedOnly") == "true"
    aliases = [
        {"alias": host, "id": f"als_{host}", "status": status}
        for host, status in (last.domains if last else {}).items()
        if status == "failed" or not only_failed
    ]
    page = aliases[: ask.number("limit", PAGE)]
    return Answer({"aliases": page, "pagination": {"count": len(page), "next": None, "prev": None}})


def domains(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    config = ask.cloud.config
    hosts = [*config.production_hosts, config.aliases.staging]
    shown = [{"name": host, "projectId": config.project_id, "verified": True} for host in hosts]
    pagination = {"count": len(shown), "next": None, "prev": None}
    return Answer({"domains": shown, "pagination": pagination})


def environments(ask: Ask) -> Answer:
    """Besides production and preview: the command line asks."""
    ask.check_project(ask.params["project"])
    return Answer({"environments": []})


def purge_edge(ask: Ask) -> Answer:
    ask.check_project(ask.query.get("projectIdOrName", ""))
    ask.cloud.state.purges.append(Purge(cache="edge", tags=_tags(ask), at_ms=now_ms()))
    return Answer({})


def purge_data(ask: Ask) -> Answer:
    ask.check_project(ask.query.get("projectIdOrName", ""))
    ask.cloud.state.purges.append(Purge(cache="data", at_ms=now_ms()))
    return Answer({})


def _tags(ask: Ask) -> list[str]:
    tags = ask.body.get("tags", [])
    return tags.split(",") if isinstance(tags, str) else [str(tag) for tag in tags]


PROJECT = "/projects/{project}"

CALLS = (
    Call("projects", "GET", "/projects", list_projects),
    Call("project", "GET", PROJECT, get_project),
    Call("update-project", "PATCH", PROJECT, update_project),
    Call("rollback", "POST", f"{PROJECT}/rollback/{{id}}", roll_back),
    Call("rollback-aliases", "GET", f"{PROJECT}/rollback/aliases", switch_domains),
    Call("promote", "POST", f"{PROJECT}/promote/{{id}}", promote),
    Call("rollback-aliases", "GET", f"{PROJECT}/promote/aliases", switch_domains),
    Call("domains", "GET", f"{PROJECT}/domains", domains),
    Call("environments", "GET", f"{PROJECT}/custom-environments", environments),
    Call("purge-edge", "POST", "/edge-cache/purge-all", purge_edge),
    Call("purge-edge", "POST", "/edge-cache/invalidate-by-tags", purge_edge),
    Call("purge-edge", "POST", "/edge-cache/dangerously-delete-by-tags", purge_edge),
    Call("purge-data", "DELETE", "/data-cache/purge-all", purge_data),
)
