"""A session's secret changes as it goes on; what was copied ends it; rest ends it; so do people."""

import asyncio
import re
import time
from datetime import timedelta

import pytest
from psycopg import AsyncConnection
from starlette.requests import Request

from dev.places import ROOT
from lib import errors
from lib.access.cookie import COOKIE
from lib.access.sessions import KEPT, OVERLAP, Policy, Sessions
from lib.access.store import digest
from lib.postgres import Database
from tests.integration.access.conftest import POLICY

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: Of a page of ours for an answer.
WAITS = re.compile(r"(?:timeoutMs: |TIMEOUT_MS = )([0-9_]+)")
LIVE = "SELECT count(*)::int FROM sessions WHERE ended_at IS NULL"


async def exchange(sessions, pass_time, secret: str) -> str:
    """The new secret, shown once, so that the one before is retired."""
    await pass_time(HOUR)
    offered = (await sessions.find(secret)).offer.secret
    assert await sessions.find(offered)
    return offered


class TestSessionFixation:
    async def test_a_planted_secret_is_never_made_a_session(self, sessions, mint):
        await sessions.sign_in(await mint(), instead_of="planted")

        assert await sessions.find("planted") is None

    async def test_signing_in_ends_the_session_that_was_planted(self, sessions, sign_in, mint):
        planted = await sign_in()
        _, offer = await sessions.sign_in(await mint(), instead_of=planted)

        assert offer.secret != planted
        assert await sessions.find(planted) is None
        assert await sessions.find(offer.secret)

    async def test_the_function_gives_a_new_cookie_whatever_it_was_shown(self, ask, mint):
        shown = {"cookie": f"{COOKIE}=planted"}
        answers = [
            await ask("session", "POST", json={"token": await mint()}, headers=shown)
            for _ in range(2)
        ]

        secrets = {answer.cookies[COOKIE] for answer in answers}
        assert len(secrets - {"planted"}) == 2

    @pytest.mark.parametrize(
        "name", [b"\xa0%s", b"\x85%s", b"%s\xa0", b"\x1f%s", b"\t%s"], ids=repr
    )
    async def test_a_name_that_a_host_beside_ours_may_set_is_not_ours(self, gate, sign_in, name):
        """No browser asks of it what the prefix asks for."""
        request = read_with(await sign_in(), name % COOKIE.encode())

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request)

    async def test_of_two_cookies_of_the_name_neither_is_believed(self, gate, sign_in):
        request = read_with(await sign_in())
        request.scope["headers"] += read_with(await sign_in()).scope["headers"]

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request)

    async def test_others_beside_it_are_in_nobodys_way(self, gate, sign_in):
        others = b"; ".join([b"theme=dark", b"=x", b"y", b"z=a=b", COOKIE.encode()])

        assert await gate.identify(read_with(await sign_in(), others))

    async def test_the_cookie_stays_out_of_reach_of_script_and_siblings(self, ask, mint):
        answer = await ask("session", "POST", json={"token": await mint()})

        name, *attributes = answer.headers["set-cookie"].split("; ")
        assert name.startswith("__Host-")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= {*attributes}
        assert not any(one.startswith("Domain") for one in attributes)


class TestRotation:
    @pytest.fixture
    async def secret(self, sign_in):
        return await sign_in()

    async def test_nothing_is_offered_before_its_time(self, sessions, secret, pass_time):
        await pass_time(HOUR - MINUTE)

        assert (await sessions.find(secret)).offer is None

    async def test_two_side_by_side_both_work_and_one_is_offered_a_new_one(
        self, sessions, secret, pass_time
    ):
        await pass_time(HOUR)
        found = await asyncio.gather(*(sessions.find(secret) for _ in range(8)))

        assert all(found)
        assert len([one for one in found if one.offer]) == 1

    async def test_the_old_one_works_while_requests_are_under_way(
        self, sessions, secret, pass_time
    ):
        new = await exchange(sessions, pass_time, secret)
        await pass_time(OVERLAP / 2)
        old = await sessions.find(secret)

        assert (old.caller.name, old.offer, old.is_retired) == ("Ada", None, True)
        assert await sessions.find(new)

    async def test_the_old_one_after_that_is_theft_and_ends_the_session(
        self, sessions, secret, pass_time, rows, caplog
    ):
        new = await exchange(sessions, pass_time, secret)
        await pass_time(OVERLAP)

        assert await sessions.find(secret) is None
        assert await sessions.find(new) is None
        assert await rows(
            "SELECT actor, subject, result FROM audit WHERE action LIKE '%stolen'"
        ) == [("nobody known", "Ada (operator)", "denied")]
        assert "session_stolen" in caplog.messages

    async def test_theft_is_told_once_however_often_it_is_tried(
        self, sessions, secret, pass_time, rows
    ):
        await exchange(sessions, pass_time, secret)
        await pass_time(OVERLAP)
        await asyncio.gather(*(sessions.find(secret) for _ in range(5)))

        assert await rows("SELECT count(*)::int FROM audit WHERE action LIKE '%stolen'") == [(1,)]

    async def test_a_thief_who_exchanges_it_first_is_found_when_the_owner_comes(
        self, sessions, secret, pass_time
    ):
        thiefs = await exchange(sessions, pass_time, secret)
        await pass_time(OVERLAP)
        assert await sessions.find(secret) is None

        assert await sessions.find(thiefs) is None

    async def test_an_answer_that_was_lost_signs_nobody_out(self, sessions, secret, pass_time):
        await pass_time(HOUR)
        assert (await sessions.find(secret)).offer
        await pass_time(HOUR)
        again = await sessions.find(secret)

        assert again.offer
        assert await sessions.find(again.offer.secret)

    async def test_an_answer_as_late_as_a_page_waits_for_it_signs_nobody_out(
        self, sessions, secret, pass_time
    ):
        """That of an operation, while the page goes on asking beside it."""
        await pass_time(HOUR)
        late = (await sessions.find(secret)).offer.secret
        await pass_time(longest_wait())
        beside = await sessions.find(secret)
        if beside.offer:
            await sessions.find(beside.offer.secret)
        assert await sessions.find(late)
        await pass_time(OVERLAP)

        assert await sessions.find(late)

    async def test_of_two_offers_the_one_that_is_shown_counts(self, sessions, secret, pass_time):
        await pass_time(HOUR)
        late = (await sessions.find(secret)).offer.secret
        await pass_time(OVERLAP)
        shown = (await sessions.find(secret)).offer.secret
        await asyncio.gather(*(sessions.find(one) for one in (shown, shown, secret)))
        await pass_time(OVERLAP)

        assert await sessions.find(shown)
        assert await sessions.find(late) is None

    async def test_two_offers_shown_at_once_stand_in_nobodys_way(self, sessions, secret, pass_time):
        await pass_time(HOUR)
        first = (await sessions.find(secret)).offer.secret
        await pass_time(OVERLAP)
        second = (await sessions.find(secret)).offer.secret

        assert all(await asyncio.gather(*(sessions.find(one) for one in (first, second) * 4)))

    async def test_it_does_not_make_the_session_longer(self, sessions, secret, pass_time):
        for _ in range(11):
            secret = await exchange(sessions, pass_time, secret)
        await pass_time(HOUR)

        assert await sessions.find(secret) is None

    async def test_the_old_one_signs_out_too(self, sessions, secret, pass_time):
        new = await exchange(sessions, pass_time, secret)
        await sessions.sign_out(secret)

        assert await sessions.find(new) is None

    async def test_the_answer_brings_the_new_cookie_also_where_it_refuses(
        self, ask, mint, pass_time
    ):
        signed_in = await ask("session", "POST", json={"token": await mint()})
        cookie = {"cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
        await pass_time(HOUR)
        refused = await ask("operations", "POST", content=b"{", headers=cookie)

        assert refused.status_code == 422
        new = refused.cookies[COOKIE]
        assert f"{COOKIE}={new}" != cookie["cookie"]
        read = await ask("audit", "GET", headers={"cookie": f"{COOKIE}={new}"})
        assert read.status_code == 200

    async def test_a_retired_one_is_not_remembered(self, gate, sessions, secret, pass_time):
        await exchange(sessions, pass_time, secret)
        asked = read_with(secret)
        await gate.identify(asked)
        await pass_time(OVERLAP)

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(asked)


class TestRest:
    async def test_ends_it(self, sessions, sign_in, pass_time):
        secret = await sign_in()
        await pass_time(sessions.policy.idle)

        assert await sessions.find(secret) is None

    async def test_being_seen_puts_it_off(self, sessions, sign_in, pass_time):
        secret = await sign_in()
        for _ in range(3):
            await pass_time(sessions.policy.idle - MINUTE)
            found = await sessions.find(secret)
            secret = found.offer.secret if found.offer else secret

        assert await sessions.find(secret)

    async def test_being_seen_is_written_once_a_minute(self, sessions, sign_in, pass_time, rows):
        secret = await sign_in()
        seen = []
        for ahead in (0, 30, 31):
            await pass_time(timedelta(seconds=ahead))
            await sessions.find(secret)
            seen += await rows("SELECT seen_at FROM sessions")

        assert seen[0] == seen[1] < seen[2]

    async def test_what_has_ended_by_rest_is_not_seen(self, sessions, sign_in, pass_time):
        secret = await sign_in()
        await pass_time(sessions.policy.idle)
        await asyncio.gather(*(sessions.find(secret) for _ in range(2)))

        assert await sessions.find(secret) is None


class TestSigningOutEverywhere:
    async def test_ends_each_session_of_the_token_and_no_other(self, ask, mint, rows):
        token, others = await mint(), await mint(name="Grace")
        cookies = [
            (await ask("session", "POST", json={"token": one})).cookies[COOKIE]
            for one in (token, token, others)
        ]
        answer = await ask(
            "session",
            "DELETE",
            "/api/session?everywhere=true",
            headers={"cookie": f"{COOKIE}={cookies[0]}"},
        )

        assert answer.status_code == 204
        assert f"{COOKIE}=;" in answer.headers["set-cookie"]
        read = [
            (await ask("audit", "GET", headers={"cookie": f"{COOKIE}={cookie}"})).status_code
            for cookie in cookies
        ]
        assert read == [401, 401, 200]
        assert await rows(
            "SELECT actor, facts->>'sessions_ended' FROM audit WHERE action = 'session.end_all'"
        ) == [("Ada", "2")]

    async def test_needs_a_session_that_is_alive(self, sessions, sign_in):
        secret = await sign_in()
        await sessions.sign_out(secret)

        with pytest.raises(errors.Unauthenticated, match="sign out everywhere"):
            await sessions.sign_out_everywhere(secret)

    async def test_is_not_what_a_typing_error_means(self, ask, sign_in, rows):
        cookie = {"cookie": f"{COOKIE}={await sign_in()}"}
        answer = await ask("session", "DELETE", "/api/session?everywere=true", headers=cookie)

        assert answer.status_code == 422
        assert await rows(LIVE) == [(1,)]


def longest_wait() -> timedelta:
    texts = [path.read_text() for path in (ROOT / "web/admin").glob("*.js")]
    return timedelta(milliseconds=max(int(one) for text in texts for one in WAITS.findall(text)))


def read_with(secret: str, name: bytes = COOKIE.encode()):
    cookie = (b"cookie", name + b"=" + secret.encode())
    return Request({"type": "http", "method": "GET", "path": "/", "headers": [cookie]})


async def test_the_session_that_the_code_from_before_starts_goes_on(sessions, mint, control):
    """It knows of no table of secrets."""
    await mint()
    await control.execute(
        "INSERT INTO sessions (token_id, secret_sha256, expires_at)"
        " SELECT id, %s, app_now() + interval '1 hour' FROM tokens",
        [digest("theirs")],
    )

    assert await sessions.find("theirs")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "?"])
async def test_another_site_does_not_even_read_with_the_cookie(gate, sign_in, method, site):
    request = read_with(await sign_in())
    request.scope["method"] = method
    request.scope["headers"].append((b"sec-fetch-site", site.encode()))

    with pytest.raises(errors.Forbidden):
        await gate.identify(request)


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_page_and_the_address_bar_read(gate, sign_in, site):
    request = read_with(await sign_in())
    request.scope["headers"].append((b"sec-fetch-site", site.encode()))

    assert await gate.identify(request)


async def test_login_csrf_is_refused(ask, mint, rows):
    """Nobody is signed in as somebody else by a page of theirs."""
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await ask("session", "POST", json={"token": await mint()}, headers=headers)

        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert await rows(LIVE) == [(0,)]


class TestForgetting:
    ALL = """
    SELECT (SELECT count(*) FROM sessions) AS sessions,
           (SELECT count(*) FROM session_secrets) AS secrets
    """

    async def test_a_session_is_forgotten_with_its_secrets_long_after_it_ended(
        self, sessions, sign_in, pass_time, rows
    ):
        secret = await exchange(sessions, pass_time, await sign_in())
        await sessions.sign_out(secret)
        await pass_time(KEPT - MINUTE)
        await sessions.forget()
        assert await rows(self.ALL) == [(1, 2)]

        await pass_time(2 * MINUTE)
        await sessions.forget()
        assert await rows(self.ALL) == [(0, 0)]
        assert await sessions.find(secret) is None

    async def test_one_that_nobody_ended_is_forgotten_long_after_its_time(
        self, sessions, sign_in, pass_time, rows
    ):
        await sign_in()
        await pass_time(POLICY.lifetime + KEPT - MINUTE)
        await sessions.forget()
        assert await rows(self.ALL) == [(1, 1)]

        await pass_time(2 * MINUTE)
        await sessions.forget()
        assert await rows(self.ALL) == [(0, 0)]

    async def test_one_that_goes_on_is_not_however_old_and_a_copy_still_ends_it(
        self, database, mint, pass_time, rows
    ):
        year = timedelta(days=365)
        sessions = Sessions(database, Policy(lifetime=year, idle=year, rotate=HOUR))
        before = (await sessions.sign_in(await mint()))[1].secret
        secret = await exchange(sessions, pass_time, before)
        await pass_time(2 * KEPT)
        await sessions.forget()

        assert await sessions.find(secret)
        assert await sessions.find(before) is None
        assert await rows(LIVE) == [(0,)]

    async def test_they_go_a_few_at_a_time_also_from_two_sweeps(
        self, sessions, sign_in, mint, pass_time, rows, monkeypatch
    ):
        monkeypatch.setattr("lib.access.sessions.MOST_FORGOTTEN", 2)
        for number in range(5):
            await sign_in(await mint(name=f"Ada {number}"))
        await pass_time(POLICY.lifetime + KEPT + MINUTE)

        await asyncio.gather(sessions.forget(), sessions.forget())
        [(left, secrets)] = await rows(self.ALL)
        assert 1 <= left == secrets <= 3
        for _ in range(2):
            await sessions.forget()
        assert await rows(self.ALL) == [(0, 0)]

    async def test_the_sweep_forgets_them(self, services, sign_in, pass_time, rows):
        await sign_in()
        await pass_time(POLICY.lifetime + KEPT + MINUTE)
        await services.sweep.run_scheduled(stop_at=time.monotonic())

        assert await rows(self.ALL) == [(0, 0)]

    async def test_the_functions_own_role_may(self, limited, sign_in, pass_time, rows):
        await sign_in()
        await pass_time(POLICY.lifetime + KEPT + MINUTE)
        database = Database(limited.url)
        await Sessions(database, POLICY).forget()
        await database.close()

        assert await rows(self.ALL) == [(0, 0)]

    async def test_a_sweep_that_cannot_is_a_good_one_all_the_same(self, services, control, caplog):
        await control.execute("ALTER TABLE session_secrets RENAME TO elsewhere")
        await services.sweep.forget_sessions()

        assert "forgetting_sessions_crashed" in caplog.text


class TestTimingShape:
    """Nobody learns from an answer whether a token ever was one."""

    @pytest.fixture
    def statements(self, database, monkeypatch):
        """What Postgres was asked since, in order."""
        asked = []
        real = AsyncConnection.execute

        async def execute(self, query, *more, **named):
            asked.append(query)
            return await real(self, query, *more, **named)

        monkeypatch.setattr(AsyncConnection, "execute", execute)
        return asked

    @pytest.fixture
    async def refused(self, mint, control):
        """By what is wrong with them."""
        unknown, expired, revoked = "wsr_unknown", await mint(name="old"), await mint(name="gone")
        await control.execute("UPDATE tokens SET expires_at = app_now() WHERE name = 'old'")
        await control.execute("UPDATE tokens SET revoked_at = app_now() WHERE name = 'gone'")
        return {"unknown": unknown, "expired": expired, "revoked": revoked}

    async def test_unknown_expired_and_revoked_take_the_same_way(
        self, access, sessions, refused, statements
    ):
        ways = {}
        for what, token in refused.items():
            statements.clear()
            assert await access.by_token(token) is None
            with pytest.raises(errors.Unauthenticated) as raised:
                await sessions.sign_in(token)
            ways[what] = ([*map(str, statements)], str(raised.value))

        assert ways["unknown"] == ways["expired"] == ways["revoked"]

    async def test_none_of_them_is_noted_as_used(self, access, refused, rows):
        for token in refused.values():
            await access.by_token(token)

        assert await rows("SELECT count(*)::int FROM tokens WHERE last_used_at IS NOT NULL") == [
            (0,)
        ]

    async def test_the_gate_answers_all_alike(self, refused, ask):
        answers = [
            await ask("audit", "GET", headers={"authorization": f"Bearer {token}"})
            for token in refused.values()
        ]

        assert len({(one.status_code, one.json()["detail"]) for one in answers}) == 1
