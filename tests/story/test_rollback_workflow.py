"""The rollback workflow's script against the running stack, also where half of that is gone."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.serving import serve
from lib.audit.chain import Keys
from lib.breakglass import journal
from tests.integration.access.test_oidc import CONTROL
from tests.story.holding import ALWAYS
from tests.story.workflow import KEY, Runner, said_file, variables_of
from tests.waiting import PATIENCE_SECONDS, wait_until

REASON = "Page does not open"
#: Nobody listens there, and nobody comes to.
NOWHERE = "http://127.0.0.1:9"
AUDIT = "SELECT * FROM audit WHERE action LIKE %s ORDER BY id"


@pytest.fixture
def runner(world, tmp_path) -> Runner:
    return Runner(tmp_path, variables_of(world.stack), said_file(world.data))


@pytest.fixture
def roll_back(world, runner):
    def roll_back(**variables):
        token = {"CONTROL_PLANE_TOKEN": world.stack["tokens"]["operator"]}
        return runner.run("roll_back", **({"REASON": REASON} | token | variables))

    return roll_back


@pytest.fixture
def reconcile(world, runner):
    def reconcile():
        [file] = runner.journals.glob(journal.PATTERN)
        return runner.run(
            "reconcile",
            str(file),
            DATABASE_URL=world.database_url,
            APP_DATABASE_URL=world.stack["app_database_url"],
        )

    return reconcile


def test_production_goes_back_and_the_summary_shows_each_step(roll_back, world, v1):
    job = roll_back()

    assert job.code == 0, job.said
    assert world.live() == v1
    assert "completed" in job.summary
    for step in ("record", "switch", "database", "caches", "verify"):
        assert f"| {step} |" in job.summary


def test_github_says_who_it_is(roll_back, world, v1):
    """The token is asked for with the control plane's address, and never shown."""
    asked = []

    async def issue(request: Request) -> JSONResponse:
        asked.append((request.headers["authorization"], dict(request.query_params)))
        return JSONResponse({"value": world.stack["tokens"]["operator"]})

    with serve(Starlette(routes=[Route("/token", issue)])) as served:
        job = roll_back(
            CONTROL_PLANE_TOKEN="",
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{served.url}/token?api-version=2.0",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="of-the-runner",
        )

    assert job.code == 0, job.said
    assert world.live() == v1
    audience = {"api-version": "2.0", "audience": world.stack["control_plane"]}
    assert asked[0] == ("Bearer of-the-runner", audience)
    assert f"::add-mask::{world.stack['tokens']['operator']}" in job.said
    assert world.stack["tokens"]["operator"] not in job.summary


@pytest.fixture
def as_github(issuer, roll_back):
    """The rollback, in a job whose `id-token: write` gets what the issuer signs."""

    def as_github(**claims):
        async def issue(request: Request) -> JSONResponse:
            audience = request.query_params["audience"]
            return JSONResponse({"value": issuer.sign({**CONTROL, "aud": audience, **claims})})

        with serve(Starlette(routes=[Route("/token", issue)])) as served:
            return roll_back(
                CONTROL_PLANE_TOKEN="",
                ACTIONS_ID_TOKEN_REQUEST_URL=f"{served.url}/token?api-version=2.0",
                ACTIONS_ID_TOKEN_REQUEST_TOKEN="of-the-runner",
            )

    return as_github


def test_its_signed_word_rolls_back_and_is_in_the_audit_log(as_github, world, v1):
    job = as_github(actor="maria")

    assert job.code == 0, job.said
    assert world.live() == v1
    [row] = world.rows(
        "SELECT actor, role, authenticated_by FROM audit WHERE action = 'rollback.start'"
    )
    assert (row["role"], row["authenticated_by"]) == ("operator", "oidc")
    assert row["actor"] == "maria by GitHub Actions (wedsync/rollback)"
    wait_until(lambda: world.overview()["live"]["by"] == row["actor"], what="the page")


@pytest.mark.parametrize(
    "forged",
    [
        {"repository_id": "203"},
        {"aud": "https://another.example"},
        {"exp": 1},
        {"job_workflow_ref": "wedsync/rollback/.github/workflows/ci.yml@refs/heads/main"},
        {"ref": "refs/heads/mine"},
        {"event_name": "pull_request"},
    ],
)
def test_another_workflows_word_does_not(as_github, world, forged):
    live = world.live()

    job = as_github(**forged)

    assert job.code == 1, job.said
    assert "answered 40" in job.summary
    assert world.live() == live


def test_a_refusal_is_the_reason_that_it_fails(roll_back, world):
    live = world.live()

    job = roll_back(TARGET=live)
    assert job.code == 1
    assert "live already" in job.summary
    assert "::error::" in job.said
    assert world.live() == live


def test_whoever_may_not_is_refused(roll_back, world):
    job = roll_back(CONTROL_PLANE_TOKEN=world.stack["tokens"]["viewer"])

    assert job.code == 1
    assert "403" in job.summary


def test_a_dry_run_says_what_would_be_done(roll_back, world, v1):
    live = world.live()

    job = roll_back(DRY_RUN="true")
    assert job.code == 0, job.said
    assert v1 in job.summary
    assert "Database stays as it is" in job.summary
    assert world.live() == live


def test_a_dry_run_of_a_version_that_is_not_in_the_history_says_so(roll_back):
    job = roll_back(DRY_RUN="true", TARGET="dpl_none")

    assert job.code == 1
    assert "dpl_none is not among the versions" in job.summary


def test_one_that_takes_too_long_goes_on_without_the_job(roll_back, world, v1):
    world.fault("hang", call="alias", times=ALWAYS, seconds=PATIENCE_SECONDS)

    job = roll_back(FOLLOW_SECONDS="1")

    assert job.code == 3
    assert "goes on" in job.summary
    world.clear_faults()
    [row] = world.rows("SELECT id FROM rollbacks")
    assert world.follow(str(row["id"]))["status"] == "completed"
    assert world.live() == v1


def test_one_that_fails_says_what_came_of_it_and_what_to_do(roll_back, world, v1):
    live = world.live()
    world.ask_api("DELETE", f"/v13/deployments/{v1}")

    job = roll_back(TARGET=v1)

    assert job.code == 1, job.said
    assert "The rollback failed" in job.summary
    assert "Nothing was changed.**" in job.summary
    assert "- Choose a version from the deployment history." in job.summary
    assert world.live() == live


def test_one_that_we_may_not_follow_any_more_is_not_called_refused(roll_back):
    """The token has ended after the rollback was accepted."""

    async def trigger(request: Request) -> JSONResponse:
        return JSONResponse({"rollback_id": "01234567-0123-4123-8123-0123456789ab"}, 202)

    async def status(request: Request) -> JSONResponse:
        return JSONResponse({"detail": "Sign in again."}, 401)

    routes = [
        Route("/api/rollback/trigger", trigger, methods=["POST"]),
        Route("/api/rollback/status/{id}", status),
    ]
    with serve(Starlette(routes=routes)) as served:
        job = roll_back(CONTROL_PLANE_URL=served.url)

    assert job.code == 3, job.said
    assert "was accepted, and goes on" in job.summary
    assert "Sign in again" in job.summary
    assert "01234567-0123-4123-8123-0123456789ab" in job.summary


def test_without_a_reason_nothing_is_asked_for(roll_back):
    assert roll_back(REASON="").code == 2


@pytest.mark.parametrize("wrong", [{"DRY_RUN": "yes"}, {"DATABASE_UNKNOWN_OK": "1"}])
def test_a_dry_run_that_is_misspelt_is_none_of_either(roll_back, world, wrong):
    live = world.live()

    job = roll_back(**wrong)

    assert (job.code, "`true` or `false`" in job.said) == (2, True)
    assert world.live() == live


def test_a_target_that_break_glass_cannot_read_is_said(roll_back, world):
    job = roll_back(CONTROL_PLANE_URL=NOWHERE, AWAY_SECONDS="1", TARGET="--help; rm -rf $HOME")

    assert (job.code, "give the platform's id" in job.summary) == (2, True)


def test_what_is_typed_is_neither_an_option_nor_markup(roll_back, world, v1, runner):
    """Break-glass has a command line of its own."""
    reason = "--to dpl_x $(id) `id` | ![x](https://evil.example) <b>"
    dry = roll_back(REASON=reason, DRY_RUN="true")
    assert dry.code == 0, dry.said
    job = roll_back(
        REASON=reason, CONTROL_PLANE_URL=NOWHERE, AWAY_SECONDS="1", DATABASE_UNKNOWN_OK="true"
    )

    assert job.code == 0, job.said
    assert world.live() == v1
    [file] = runner.journals.glob(journal.PATTERN)
    [begun, *_] = journal.read(file.read_bytes(), Keys.read(KEY))
    assert begun["reason"] == reason
    assert "    goes to" in job.summary


def test_a_reason_is_no_markup_in_the_summary(roll_back):
    job = roll_back(REASON="![x](https://evil.example) <b> | `id`", NOTE="- a")

    assert job.code == 0, job.said
    assert "!\\[x\\](https://evil.example) &lt;b> \\| 'id'" in job.summary


def test_while_the_control_plane_is_away_break_glass_takes_over(roll_back, world, v1, runner):
    job = roll_back(CONTROL_PLANE_URL=NOWHERE, AWAY_SECONDS="1", DATABASE_UNKNOWN_OK="true")

    assert job.code == 0, job.said
    assert "does not answer" in job.summary
    assert "break-glass" in job.summary
    assert world.live() == v1


def test_what_the_database_does_is_not_guessed(roll_back, world, runner):
    live = world.live()
    job = roll_back(CONTROL_PLANE_URL=NOWHERE, AWAY_SECONDS="1")

    assert job.code == 1
    assert "Nobody could tell whether the database follows" in job.summary
    assert world.live() == live


def test_without_a_token_of_the_platform_there_is_no_break_glass(roll_back):
    job = roll_back(CONTROL_PLANE_URL=NOWHERE, AWAY_SECONDS="1", VERCEL_TOKEN="")
    assert job.code == 4
    assert "VERCEL_TOKEN" in job.summary


def test_staging_has_no_break_glass_and_what_was_accepted_is_not_called_undone(roll_back, world):
    """The control plane goes away after it has accepted the rollback."""
    accepted = {"rollback_id": "01234567-0123-4123-8123-0123456789ab"}

    async def trigger(request: Request) -> JSONResponse:
        return JSONResponse(accepted, 202)

    async def status(request: Request) -> JSONResponse:
        return JSONResponse({}, 503)

    routes = [
        Route("/api/rollback/trigger", trigger, methods=["POST"]),
        Route("/api/rollback/status/{id}", status),
    ]
    with serve(Starlette(routes=routes)) as served:
        job = roll_back(CONTROL_PLANE_URL=served.url, AWAY_SECONDS="1", ENVIRONMENT="staging")

    assert job.code == 4
    assert "Break-glass is for production alone" in job.summary
    assert "Nothing was changed" not in job.summary
    assert "may still be done" in job.summary


def test_each_version_says_what_the_database_does(world, v1):
    """In a word, for break-glass: it asks where the control plane still answers."""
    new = world.release("good-2")["id"]
    wait_until(lambda: world.live_in_overview() == new, what="the news of the release")

    rows = world.api.get("/api/deployments", params={"environment": "production"}).json()

    plans = {row["deployment_id"]: row["database_plan"] for row in rows["deployments"]}
    assert plans[v1] == "stays"


def test_with_postgres_and_redis_stopped_all_of_it_is_in_the_record_later(
    roll_back, reconcile, runner, world, v1, tell
):
    left = world.live()
    world.hold("postgres")
    world.hold("valkey")
    try:
        job = roll_back(AWAY_SECONDS="5", DATABASE_UNKNOWN_OK="true")
    finally:
        world.let_go("valkey")
        world.let_go("postgres")

    assert job.code == 0, job.said
    assert world.live() == v1
    [file] = runner.journals.glob(journal.PATTERN)
    entries = journal.read(file.read_bytes(), Keys.read(KEY))
    first, last = (entry["at"] for entry in (entries[0], entries[-1]))
    tell(f"break-glass, everything else stopped: from {first} to {last}")

    brought = reconcile()
    assert brought.code == 0, brought.said
    assert "before" in reconcile().said

    wait_until(lambda: world.live_in_overview() == v1, what="the page")
    page = world.overview()
    assert page["live"]["by"] == "maria by GitHub Actions (break-glass)"
    assert page["undo"]["deployment_id"] == left
    logged = world.rows(AUDIT, "break_glass.%")
    assert [row["action"] for row in logged] == [
        *(f"break_glass.{entry['event']}" for entry in entries),
        "break_glass.reconcile",
    ]
    assert [json.dumps(row["facts"]["at"]) for row in logged[:-1]] == [
        json.dumps(entry["at"]) for entry in entries
    ]
    keys = {"DATABASE_URL": world.database_url, "AUDIT_KEYS": f"story:{'a' * 64}"}
    assert runner.run("audit", "seal", **keys).code == 0
