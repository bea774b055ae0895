"""What roles allow, and which requests may write with a cookie."""

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.cookie import COOKIE, read_session, session_cookie, spent_cookie
from lib.access.gate import check_origin, check_shared_secret
from lib.access.models import Role
from lib.settings import load

HOST = "control.example"


def request(**headers: str) -> Request:
    sent = {"host": HOST, **headers}
    raw = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in sent.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw})


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.OPERATOR, {Role.VIEWER, Role.OPERATOR}),
        (Role.ADMIN, {Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.RECORDER}),
        (Role.RECORDER, {Role.RECORDER}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_role_may_what_its_row_says(role, may):
    assert {needed for needed in Role if role.may(needed)} == may


def test_a_page_of_this_site_may_write():
    check_origin(request(origin=f"https://{HOST}"))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://evil.example/control.example",
        f"https://{HOST}.evil.example",
        f"https://evil{HOST}",
        f"https://{HOST}@evil.example",
        f"https://evil.example@{HOST}",
        f"https://{HOST}:444",
        HOST,
        "null",
        "",
        "https://[",
        "https://\xe9",
    ],
)
def test_a_page_of_another_site_may_not_write(origin):
    with pytest.raises(errors.Forbidden):
        check_origin(request(origin=origin))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "?"])
def test_what_the_browser_says_counts_beside_the_origin(site):
    with pytest.raises(errors.Forbidden):
        check_origin(request(origin=f"https://{HOST}", sec_fetch_site=site))


def test_our_page_says_that_it_is_ours():
    check_origin(request(origin=f"https://{HOST}", sec_fetch_site="same-origin"))


def test_a_request_that_does_not_say_where_it_comes_from_may_not_write():
    with pytest.raises(errors.Forbidden):
        check_origin(request())


def test_the_scheduler_is_known_by_its_secret():
    check_shared_secret(request(authorization="Bearer s3cret"), SecretStr("s3cret"))


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer s3cre", "Bearer s3cret ", "Bearer é"])
def test_another_secret_opens_nothing(given):
    with pytest.raises(errors.Unauthenticated):
        check_shared_secret(request(authorization=given), SecretStr("s3cret"))


@pytest.mark.parametrize("secret", [None, SecretStr("")], ids=["unset", "empty"])
@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer None", "Bearer x"])
def test_an_unset_secret_opens_nothing(secret, given):
    with pytest.raises(errors.Unauthenticated):
        check_shared_secret(request(authorization=given), secret)


def test_the_session_cookie_is_out_of_reach():
    """Of scripts, of other sites, of plain connections, and of other hosts."""
    cookie = session_cookie("s3cret", load({"DATABASE_URL": "postgresql://x/y"}).session_lifetime)

    assert cookie == (f"{COOKIE}=s3cret; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict")
    assert COOKIE.startswith("__Host-")


def test_signing_out_spends_the_cookie():
    assert spent_cookie().startswith(f"{COOKIE}=; Max-Age=0; ")


def test_the_session_is_read_from_its_cookie_alone():
    assert read_session(request(cookie=f"other=x; {COOKIE}=s3cret")) == "s3cret"
    assert read_session(request(cookie="wedsync-session=s3cret")) == ""
