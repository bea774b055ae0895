"""Calls about deployment checks: what must be well before a deployment is promoted.

As the platform's own client library describes them (@vercel/sdk 1.28.35, read 2026-11-26). How the
real one refuses a promotion is unverified; here it is a 409.
"""

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.state import Check, CheckRun

STATUSES = ("queued", "running", "completed")
CONCLUSIONS = ("canceled", "skipped", "timeout", "failed", "neutral", "succeeded")
BLOCKS = ("build-start", "deployment-start", "deployment-alias", "deployment-promotion", "none")


def create(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    name, blocks = ask.body.get("name"), ask.body.get("blocks", "deployment-alias")
    if not isinstance(name, str) or not name or blocks not in BLOCKS:
        raise Refused(400, "bad_request", "`name` and `blocks` should be known words.")
    check = Check(
        id=ask.cloud.new_id("chk", name),
        name=name,
        blocks=blocks,
        requires=str(ask.body.get("requires", "deployment-url")),
        targets=[str(target) for target in ask.body.get("targets", [])],
        timeout=int(ask.body.get("timeout", 300)),
        webhook_id=ask.body.get("source", {}).get("webhookId"),
    )
    ask.cloud.state.checks[check.id] = check
    return Answer(_check(ask, check))


def list_checks(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    return Answer({"checks": [_check(ask, check) for check in ask.cloud.state.checks.values()]})


def delete(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    if ask.cloud.state.checks.pop(ask.params["check"], None) is None:
        raise Refused(404, "not_found", "The check was not found.")
    runs = ask.cloud.state.check_runs
    ask.cloud.state.check_runs = [run for run in runs if run.check_id != ask.params["check"]]
    return Answer({"success": True})


def runs_of_check(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    runs = [run for run in ask.cloud.state.check_runs if run.check_id == ask.params["check"]]
    return Answer({"runs": [_run(ask, run) for run in runs]})


def runs_of_deployment(ask: Ask) -> Answer:
    deployment = ask.deployment(ask.params["id"])
    return Answer({"runs": [_run(ask, run) for run in ask.cloud.runs_on(deployment)]})


def update_run(ask: Ask) -> Answer:
    deployment = ask.deployment(ask.params["id"])
    run = next((r for r in ask.cloud.runs_on(deployment) if r.id == ask.params["run"]), None)
    if run is None:
        raise Refused(404, "not_found", "The check run was not found.")
    status = ask.body.get("status", run.status)
    conclusion = ask.body.get("conclusion", run.conclusion)
    if status not in STATUSES or (conclusion is not None and conclusion not in CONCLUSIONS):
        raise Refused(400, "bad_request", "`status` or `conclusion` is unknown.")
    run.status, run.conclusion = status, conclusion
    run.text = ask.body.get("conclusionText", run.text)
    run.url = ask.body.get("externalUrl", run.url)
    ask.cloud.let_go_live_what_waited(deployment)
    return Answer(_run(ask, run))


def _check(ask: Ask, check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "name": check.name,
        "blocks": check.blocks,
        "requires": check.requires,
        "targets": check.targets,
        "timeout": check.timeout,
        "isRerequestable": True,
        "ownerId": ask.cloud.config.team_id,
        "projectId": ask.cloud.config.project_id,
        "source": {"kind": "webhook"}
        | ({"webhookId": check.webhook_id} if check.webhook_id else {}),
        "sourceKind": "webhook",
        "createdAt": 0,
        "updatedAt": 0,
    }


def _run(ask: Ask, run: CheckRun) -> dict[str, object]:
    check = ask.cloud.state.checks[run.check_id]
    shape: dict[str, object] = {
        "id": run.id,
        "name": check.name,
        "checkId": check.id,
        "deploymentId": run.deployment_id,
        "projectId": ask.cloud.config.project_id,
        "ownerId": ask.cloud.config.team_id,
        "blocks": check.blocks,
        "status": run.status,
        "timeout": check.timeout,
        "source": {"kind": "webhook"},
        "createdAt": run.created_ms,
        "updatedAt": run.created_ms,
    }
    told = {"conclusion": run.conclusion, "conclusionText": run.text, "externalUrl": run.url}
    return shape | {name: value for name, value in told.items() if value is not None}


CALLS = (
    Call("checks", "POST", "/projects/{project}/checks", create),
    Call("checks", "GET", "/projects/{project}/checks", list_checks),
    Call("delete-check", "DELETE", "/projects/{project}/checks/{check}", delete),
    Call("check-runs", "GET", "/projects/{project}/checks/{check}/runs", runs_of_check),
    Call("check-runs", "GET", "/deployments/{id}/check-runs", runs_of_deployment),
    Call("update-check-run", "PATCH", "/deployments/{id}/check-runs/{run}", update_run),
)
