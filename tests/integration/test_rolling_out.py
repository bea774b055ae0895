"""What a workflow promotes where the project rolls releases out in stages."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from dev.platform import Config, Platform
from lib.breakglass import platform as client
from lib.breakglass.models import Away, Deployment, Given
from scripts import release_app, shipping
from scripts.shipping import SWITCH_SECONDS, Failed

PROJECT = "prj_wedsync"
ROLLING = f"/v1/projects/{PROJECT}/rolling-release"
APPROVED = [{"targetPercentage": 20}, {"targetPercentage": 50}, {"targetPercentage": 100}]
TIMED = [{"targetPercentage": 20, "duration": 5}, {"targetPercentage": 100}]


@pytest.fixture(scope="module")
def simulated() -> Iterator[Platform]:
    with Platform(Config(project_id=PROJECT)) as platform:
        platform.release("good")
        platform.snapshot("start")
        yield platform


@pytest.fixture
def api(simulated) -> Iterator[httpx.Client]:
    """Somebody else at the platform."""
    simulated.restore("start")
    simulated.clear_calls()
    with simulated.client() as api:
        yield api


@pytest.fixture
def configure(api) -> Callable[..., None]:
    def configure(stages=APPROVED) -> None:
        answer = api.patch(f"{ROLLING}/config", json={"enabled": True, "stages": stages})
        assert answer.is_success, answer.text

    return configure


@pytest.fixture
def staged(simulated, api) -> Deployment:
    """What a workflow has deployed without a domain."""
    made = simulated.release("good-2", live=False)
    return Deployment.read(api.get(f"/v13/deployments/{made['id']}").json())


@pytest.fixture
def base(simulated, api) -> str:
    """What visitors get before."""
    return simulated.state()["production_id"]


@pytest.fixture
def platform(simulated, api) -> Iterator[client.Platform]:
    given = Given(
        token=simulated.config.token,
        project=PROJECT,
        team=simulated.config.team_id,
        api_url=simulated.api_url,
        edge_url=simulated.edge_url,
        method="instant",
        alias="",
        bypass="",
        control_plane=None,
        control_plane_token="",
    )
    with client.make_http(given, answer_within_seconds=8) as http:
        yield client.Platform(http, given, client.Patience(SWITCH_SECONDS))


@pytest.fixture
def then(platform) -> Callable[[Callable[[httpx.Request], bool], Callable[[], None]], None]:
    """Somebody does something at the moment at which the workflow has just had an answer."""

    def then(is_it: Callable[[httpx.Request], bool], do: Callable[[], None]) -> None:
        done = []

        def hear(response: httpx.Response) -> None:
            if not done and is_it(response.request):
                done.append(response)
                do()

        platform.http.event_hooks["response"].append(hear)

    return then


@pytest.fixture
def promotions(simulated) -> Callable[[], int]:
    def promotions() -> int:
        calls = simulated.calls()
        return sum(one["method"] == "POST" and "/promote/" in one["path"] for one in calls)

    return promotions


@pytest.fixture
def abort(api, base) -> Callable[[], None]:
    def abort() -> None:
        answer = api.post(f"/v1/projects/{PROJECT}/rollback/{base}")
        assert answer.is_success, answer.text
        while api.get(ROLLING).json()["rollingRelease"]["state"] != "ABORTED":
            pass

    return abort


def is_promotion(request: httpx.Request) -> bool:
    return request.method == "POST" and "/promote/" in request.url.path


def seen_active(api, request: httpx.Request) -> bool:
    """The workflow has read that its release rolls out."""
    if not request.url.path.endswith("/rolling-release"):
        return False
    rolling = api.get(ROLLING).json()["rollingRelease"]
    return bool(rolling) and rolling["state"] == "ACTIVE"


def test_it_ends_once_the_release_rolls_out_and_says_who_goes_on(
    configure, platform, staged, simulated, base, promotions
):
    configure()

    how = release_app.go_live(platform, staged)

    assert "rolling out: stage 1 of 3, 20 % of visitors. Somebody has to approve" in how
    assert simulated.state()["production_id"] == base
    assert promotions() == 1


def test_stages_that_need_nobody_are_left_to_the_platform(configure, platform, staged):
    configure(TIMED)

    how = release_app.go_live(platform, staged)

    assert "stage 1 of 2, 20 % of visitors. The platform brings it to everybody by itself" in how


def test_a_later_stage_is_named(configure, platform, staged, api, then):
    configure()
    order = {"canaryDeploymentId": staged.id, "nextStageIndex": 1}
    then(is_promotion, lambda: api.post(f"{ROLLING}/approve-stage", json=order))

    assert "stage 2 of 3, 50 % of visitors" in release_app.go_live(platform, staged)


def test_run_twice_it_is_promoted_once(configure, platform, staged, promotions):
    configure()
    first = release_app.go_live(platform, staged)

    assert release_app.go_live(platform, staged) == first
    assert promotions() == 1


@pytest.mark.parametrize("stages", [APPROVED, TIMED])
def test_one_that_is_aborted_at_once_is_a_failure_and_not_asked_for_again(
    configure, platform, staged, base, abort, then, promotions, stages
):
    configure(stages)
    then(is_promotion, abort)

    with pytest.raises(Failed, match=f"aborted: visitors get {base} again"):
        release_app.go_live(platform, staged)

    assert promotions() == 1


def test_one_that_is_aborted_while_it_is_looked_at_is_a_failure(
    configure, platform, staged, abort, then, api, promotions
):
    configure()
    then(lambda request: seen_active(api, request), abort)

    with pytest.raises(Failed, match="aborted"):
        release_app.go_live(platform, staged)

    assert promotions() == 1


def test_a_read_that_fails_after_a_long_look_is_repeated(
    configure, platform, staged, simulated, api, then
):
    configure()

    def look_for_long() -> None:
        platform.patience.until = 0.0
        simulated.fault("500", call="rolling-release")

    then(lambda request: seen_active(api, request), look_for_long)

    assert "stage 1 of 3" in release_app.go_live(platform, staged)


def test_a_slot_that_nobody_can_tell_of_is_not_taken_for_idle(
    platform, simulated, staged, base, api, then
):
    for host, deployment in (("blue.vercel.app", staged.id), ("green.vercel.app", base)):
        body = {"alias": host}
        assert api.post(f"/v2/deployments/{deployment}/aliases", json=body).is_success
    slots = "blue.vercel.app", "green.vercel.app"
    assert shipping.slots(platform, slots).idle == "blue.vercel.app"

    def fall_silent() -> None:
        platform.patience.until = 0.0
        simulated.fault("500", call="deployment")

    then(lambda request: request.url.path.endswith(base), fall_silent)
    with pytest.raises(Away):
        shipping.slots(platform, slots)


def test_one_that_everybody_gets_meanwhile_is_live(
    configure, platform, staged, simulated, api, then
):
    configure()
    order = {"canaryDeploymentId": staged.id}
    then(
        lambda request: seen_active(api, request),
        lambda: api.post(f"{ROLLING}/complete", json=order),
    )

    assert release_app.go_live(platform, staged) == "live and healthy"
    assert simulated.state()["production_id"] == staged.id


def test_behind_another_one_it_is_not_asked_for(
    configure, platform, staged, simulated, api, promotions
):
    configure()
    other = simulated.release("good", live=False)["id"]
    assert api.post(f"{ROLLING}/start", json={"canaryDeploymentId": other}).is_success

    with pytest.raises(Failed, match=f"{other} is being rolled out") as failed:
        release_app.go_live(platform, staged)

    assert promotions() == 0
    assert "queued" not in str(failed.value)


def test_where_another_one_was_faster_it_says_that_this_one_may_wait_there(
    configure, platform, staged, simulated, api, then
):
    configure()
    other = simulated.release("good", live=False)["id"]
    projects = []

    def is_about_to_ask(request: httpx.Request) -> bool:
        """It has read the project twice: when it began, and that this one is not live yet."""
        if request.url.path.endswith(PROJECT):
            projects.append(request)
        return len(projects) == 2

    then(
        is_about_to_ask,
        lambda: api.post(f"{ROLLING}/start", json={"canaryDeploymentId": other}),
    )

    with pytest.raises(Failed, match=f"{other} is being rolled out.* queued this one behind it"):
        release_app.go_live(platform, staged)

    assert api.get(ROLLING).json()["rollingRelease"]["queuedDeploymentId"] == staged.id


def test_one_that_was_aborted_earlier_can_be_released_again(configure, platform, staged, abort):
    configure()
    release_app.go_live(platform, staged)
    abort()

    assert "stage 1 of 3" in release_app.go_live(platform, staged)


def test_a_lost_answer_begins_no_second_one(configure, platform, staged, promotions, simulated):
    configure()
    simulated.fault("500-after-applying", call="promote")

    assert "stage 1 of 3" in release_app.go_live(platform, staged)
    assert promotions() == 1
