"""The platform's failures on request."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import ValidationError

from tests.waiting import PATIENCE_SECONDS

PRODUCTION = "production-wedsync.vercel.app"
PROJECT = "/v9/projects/prj_wedsync"
#: For the answer, after the call has got there.
IMPATIENT = httpx.Timeout(PATIENCE_SECONDS, read=0.3)


def test_it_throttles_so_many_times_and_says_how_long_to_wait(platform, api):
    platform.fault("429", times=2, retry_after=7)

    answers = [api.get(PROJECT) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert answers[0].json()["error"]["code"] == "rate_limited"


def test_it_fails_only_the_call_that_is_named(platform, api, v1):
    platform.fault("500", call="env")

    assert api.get(PROJECT).status_code == 200
    assert api.get("/v10/projects/prj_wedsync/env").status_code == 500
    assert api.get("/v10/projects/prj_wedsync/env").status_code == 200


def test_a_call_takes_effect_and_its_answer_never_comes(platform, api, v1, eventually):
    v2 = platform.release("good-2")
    platform.fault("timeout-after-applying")

    with pytest.raises(httpx.ReadTimeout):
        api.post(
            f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION}, timeout=IMPATIENT
        )

    eventually(lambda: platform.state()["aliases"][PRODUCTION] == v1["id"])
    assert platform.alias_moves()[-1]["from"] == v2["id"]
    assert platform.calls()[-1]["status"] is None


def test_a_time_out_after_applying_leaves_reads_alone(platform, api):
    platform.fault("timeout-after-applying")

    assert api.get(PROJECT).status_code == 200


def test_a_call_that_hangs_has_no_effect(platform, api, v1, eventually):
    v2 = platform.release("good-2")
    platform.fault("hang", call="alias")

    with pytest.raises(httpx.ReadTimeout):
        api.post(
            f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION}, timeout=IMPATIENT
        )

    eventually(platform.calls)
    assert platform.state()["aliases"][PRODUCTION] == v2["id"]


def test_who_waits_long_enough_gets_a_gateways_answer(platform, api):
    platform.fault("hang", seconds=0.05)

    assert api.get(PROJECT).status_code == 504


def test_a_slow_call_is_answered_in_the_end(platform, api):
    platform.fault("slow", seconds=0.2)

    answer = api.get(PROJECT)

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_slow_call_is_answered_as_soon_as_the_faults_are_cleared(platform, api, eventually):
    platform.fault("slow", seconds=600)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(api.get, PROJECT)
        eventually(platform.calls)
        platform.clear_faults()

    assert slow.result().status_code == 200


def test_old_content_stays_after_the_switch_until_it_is_cleared(platform, api, visitor, v1):
    v2 = platform.release("good-2")
    platform.fault("old-content", seconds=600)

    api.post(f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION})
    served = visitor.get("/api/health").json()["deployment_id"]
    said = api.get(f"/v13/deployments/{PRODUCTION}").json()["id"]
    platform.clear_faults()

    assert (served, said) == (v2["id"], v1["id"])
    assert visitor.get("/api/health").json()["deployment_id"] == v1["id"]


def test_faults_are_cleared(platform, api):
    platform.fault("500", times=1000)
    platform.clear_faults()

    assert api.get(PROJECT).status_code == 200


@pytest.mark.parametrize("details", [{"name": "gremlins"}, {"name": "500", "times": 0}])
def test_an_unknown_fault_is_refused(platform, details):
    with pytest.raises(ValidationError):
        platform.fault(**details)


def test_a_call_that_there_is_not_is_refused_with_those_there_are(platform):
    with pytest.raises(ValueError, match="rollback-aliases"):
        platform.fault("500", call="rolback")
