"""What an answer of the platform means to us."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import errors
from lib.vercel.client import VercelClient, parse, refusal, retry_after
from lib.vercel.models import Deployment, Project, Variable


def answer(status: int, **parts: object) -> httpx.Response:
    return httpx.Response(status, **parts)


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (301, errors.VercelRejected, False),
        (400, errors.VercelRejected, False),
        (401, errors.VercelRejected, False),
        (402, errors.VercelRejected, False),
        (403, errors.VercelRejected, False),
        (404, errors.VercelMissing, False),
        (409, errors.VercelConflict, False),
        (410, errors.VercelMissing, False),
        (422, errors.VercelRejected, False),
        (429, errors.VercelUnavailable, True),
        (500, errors.VercelUnavailable, True),
        (502, errors.VercelUnavailable, True),
        (503, errors.VercelUnavailable, True),
        (504, errors.VercelUnavailable, True),
    ],
)
def test_the_status_alone_decides_whether_a_retry_may_help(status, error, retryable):
    refused = refusal(answer(status, json={"error": {"message": "Try again!"}}), "/v9/projects/p")

    assert type(refused) is error
    assert refused.retryable is retryable
    assert refused.facts == {"status_code": status, "path": "/v9/projects/p"}


def test_the_platforms_own_words_are_passed_on():
    refused = refusal(answer(403, json={"error": {"code": "x", "message": "Not authorized"}}), "/")

    assert str(refused) == "The platform answered 403: Not authorized"


def test_the_platforms_words_are_kept_short():
    assert len(str(refusal(answer(400, json={"error": {"message": "x" * 9999}}), "/"))) < 400


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"error": null}', b'{"error": "x"}', b"\xff"]
)
def test_an_answer_without_words_is_told_by_its_status(body):
    assert str(refusal(answer(502, content=body), "/")).endswith("502: Bad Gateway")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("²", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_whole_seconds_or_nothing(value, seconds):
    headers = [(b"retry-after", value.encode("latin-1"))]

    assert retry_after(answer(429, headers=headers)) == seconds


def test_without_retry_after_nothing_is_asked():
    assert retry_after(answer(429)) is None


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")))
def test_whatever_is_in_retry_after_is_survived(value):
    headers = [(b"retry-after", value.encode("latin-1"))]

    assert (retry_after(answer(429, headers=headers)) or 0) >= 0


def test_throttling_carries_what_the_platform_asked_for():
    refused = refusal(answer(429, headers={"retry-after": "7"}), "/")

    assert isinstance(refused, errors.VercelUnavailable)
    assert refused.retry_after == 7


def test_an_empty_answer_is_an_empty_object():
    assert parse(answer(201)) == {}


def test_an_answer_that_is_no_object_is_in_one():
    assert parse(answer(200, json=[1])) == {"items": [1]}


def test_an_answer_that_is_no_json_may_be_asked_for_again():
    with pytest.raises(errors.VercelUnavailable):
        parse(answer(200, content=b"<html>"))


def test_a_deployment_is_read_as_far_as_it_is_used():
    read = Deployment.model_validate(
        {
            "id": "dpl_1",
            "readyState": "READY",
            "projectId": "prj_1",
            "meta": {
                "githubCommitSha": "a" * 40,
                "githubCommitMessage": "Show vendors\n\nand why",
                "githubCommitAuthorLogin": "lena",
            },
            "unheard": "of",
        }
    )

    assert (read.git_sha, read.title, read.author) == ("a" * 40, "Show vendors", "lena")


def test_a_deployment_without_a_commit_has_no_sha():
    read = Deployment.model_validate({"id": "dpl_1", "creator": {"username": "tom"}})

    assert (read.git_sha, read.title, read.author) == ("", "", "tom")


@pytest.mark.parametrize(
    ("body", "live", "hosts"),
    [
        (
            {"targets": {"production": {"id": "dpl_1", "alias": ["a.example"]}}},
            "dpl_1",
            ["a.example"],
        ),
        ({"targets": {"production": None}}, None, []),
        ({"targets": {}}, None, []),
        ({"targets": None}, None, []),
        ({}, None, []),
    ],
    ids=["live", "no-production", "no-target", "null-targets", "nothing"],
)
def test_a_project_names_its_live_deployment_if_there_is_one(body, live, hosts):
    project = Project.model_validate({"id": "prj_1"} | body)

    assert (project.live, project.hosts) == (live, hosts)


def test_a_project_that_does_not_say_is_pinned():
    assert Project.model_validate({"id": "prj_1"}).auto_assign is False


def test_a_variable_is_kept_without_its_value():
    read = Variable.model_validate(
        {"key": "STRIPE_KEY", "value": "sk_live_1", "target": ["production"], "updatedAt": 5}
    )

    assert "sk_live_1" not in repr(read)
    assert (read.key, read.updated_at) == ("STRIPE_KEY", 5)


@pytest.mark.parametrize(
    ("target", "production", "staging"),
    [
        (["production"], True, False),
        (["preview"], False, True),
        (["production", "preview"], True, True),
        ("production", True, False),
        (["development"], False, False),
        (["staging"], False, True),
        ([], False, False),
    ],
    ids=str,
)
def test_a_variable_belongs_to_the_environments_it_is_set_for(target, production, staging):
    variable = Variable(key="A", target=target)

    assert (variable.is_for("production"), variable.is_for("staging")) == (production, staging)


def platform_that(answer_: httpx.Response | Exception) -> VercelClient:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer_, Exception):
            raise answer_
        return answer_

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="https://p.example")
    return VercelClient(http, "prj_1")


@pytest.mark.parametrize(
    "wrong",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.DecodingError("not gzip"),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"id": None}),
        httpx.Response(200, json=[]),
        httpx.Response(200),
    ],
    ids=lambda wrong: f"{type(wrong).__name__}-{getattr(wrong, 'text', '')}",
)
async def test_what_is_no_answer_may_be_asked_for_again(wrong):
    with pytest.raises(errors.VercelUnavailable):
        await platform_that(wrong).deployment("dpl_1")


async def test_an_answer_is_asked_for_twice_before_it_is_given_up():
    asked = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(500 if len(asked) == 1 else 200, json={"id": "prj_1"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="https://p.example")

    assert (await VercelClient(http, "prj_1").project()).id == "prj_1"
    assert len(asked) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_change_is_asked_for_once(status):
    asked = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(status)

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="https://p.example")
    with pytest.raises(errors.VercelUnavailable):
        await VercelClient(http, "prj_1").assign_alias("dpl_1", "a.example")

    assert len(asked) == 1


async def test_an_alias_that_is_there_already_is_success():
    refused = httpx.Response(409, json={"error": {"message": "already assigned"}})

    assert await platform_that(refused).assign_alias("dpl_1", "a.example") is None
