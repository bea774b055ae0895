"""Tokens and sessions: valid while they should be, and no longer; kept as hashes only."""

import asyncio
from datetime import timedelta

import pytest
from starlette.requests import Request

from lib import errors
from lib.access.cookie import COOKIE
from lib.access.gate import CACHE_SECONDS, Gate
from lib.access.models import Role
from lib.access.sessions import Policy, Sessions
from lib.access.store import AccessStore
from lib.postgres import Database

HOST = "control.example"
HOUR = timedelta(hours=1)


@pytest.fixture
async def access(database_url):
    database = Database(database_url)
    yield AccessStore(database)
    await database.close()


@pytest.fixture
def sessions(access):
    return Sessions(access.database, Policy(HOUR, idle=HOUR, rotate=HOUR))


@pytest.fixture
def gate(access, sessions):
    return Gate(access, sessions)


@pytest.fixture
def fresh(access, sessions):
    """An instance that remembers nobody."""
    return Gate(access, sessions)


@pytest.fixture
def sign_in(sessions):
    async def sign_in(token: str) -> str:
        return (await sessions.sign_in(token))[1].secret

    return sign_in


@pytest.fixture
def mint(access):
    async def mint(role: Role = Role.OPERATOR, lifetime: timedelta | None = None) -> str:
        return await access.mint(name="Ada", role=role, by="test", lifetime=lifetime)

    return mint


@pytest.fixture
def revoke(control):
    async def revoke() -> None:
        await control.execute("UPDATE tokens SET revoked_at = app_now()")

    return revoke


def request(method: str = "GET", *, token: str = "", session: str = "", **headers: str) -> Request:
    given = {"host": HOST, **headers}
    if token:
        given["authorization"] = f"Bearer {token}"
    if session:
        given["cookie"] = f"{COOKIE}={session}"
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return Request({"type": "http", "method": method, "path": "/", "headers": raw})


async def test_a_token_is_its_holder(gate, mint):
    caller = await gate.admit(request(token=await mint()), Role.OPERATOR)

    assert (caller.name, caller.role) == ("Ada", Role.OPERATOR)


async def test_a_role_that_is_too_small_is_refused_by_name(gate, mint):
    token = await mint(Role.VIEWER)

    with pytest.raises(errors.Forbidden, match="Ada has the role viewer; this needs operator"):
        await gate.admit(request(token=token), Role.OPERATOR)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wsr_unknown", "Basic {token}", "{token}", "Bearer  {token}"],
)
async def test_nothing_else_opens(gate, mint, authorization):
    given = authorization.format(token=await mint())

    with pytest.raises(errors.Unauthenticated):
        await gate.identify(request(authorization=given))


async def test_only_hashes_are_kept(mint, control, sign_in):
    token = await mint()
    session = await sign_in(token)

    tables = ("tokens", "sessions", "audit")
    stored = [
        str(await (await control.execute(f"SELECT * FROM {table}".encode())).fetchall())
        for table in tables
    ]
    assert token not in str(stored)
    assert token.removeprefix("wsr_") not in str(stored)
    assert session not in str(stored)


async def test_no_two_tokens_are_alike(mint):
    tokens = await asyncio.gather(*(mint() for _ in range(20)))

    assert len(set(tokens)) == 20
    assert all(token.startswith("wsr_") and len(token) > 40 for token in tokens)


async def test_minting_and_signing_in_are_in_the_audit_log(mint, control, sessions, sign_in):
    token = await mint()
    session = await sign_in(token)
    await sessions.sign_out(session)

    rows = await (await control.execute("SELECT actor, action FROM audit ORDER BY id")).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("test", "token.mint"),
        ("Ada", "session.start"),
        ("Ada", "session.end"),
    ]


class TestTokens:
    async def test_end_at_their_time(self, mint, pass_time, access):
        token = await mint(lifetime=HOUR)
        await pass_time(HOUR)

        assert await access.by_token(token) is None

    async def test_are_valid_until_their_time(self, mint, pass_time, access):
        token = await mint(lifetime=HOUR)
        await pass_time(HOUR - timedelta(seconds=5))

        assert await access.by_token(token) is not None

    async def test_without_an_end_go_on(self, mint, pass_time, access):
        token = await mint()
        await pass_time(timedelta(days=1000))

        assert await access.by_token(token) is not None

    async def test_that_are_revoked_are_refused(self, mint, revoke, access):
        token = await mint()
        await revoke()

        assert await access.by_token(token) is None

    async def test_note_when_they_were_used_once_a_minute(self, access, mint, control, pass_time):
        token = await mint()
        uses = []
        for ahead in (0, 30, 31):
            await pass_time(timedelta(seconds=ahead))
            await access.by_token(token)
            cursor = await control.execute("SELECT last_used_at FROM tokens")
            uses.append((await cursor.fetchone())["last_used_at"])

        assert uses[0] == uses[1] < uses[2]

    async def test_are_no_sessions(self, mint, sessions):
        assert await sessions.find(await mint()) is None


class TestSessions:
    @pytest.fixture
    async def session(self, mint, sign_in):
        return await sign_in(await mint())

    async def test_read(self, gate, session):
        assert (await gate.identify(request(session=session))).name == "Ada"

    async def test_write_from_our_own_page(self, gate, session):
        own = request("POST", session=session, origin=f"https://{HOST}")

        assert (await gate.identify(own)).name == "Ada"

    @pytest.mark.parametrize("origin", [{}, {"origin": "https://evil.example"}], ids=str)
    async def test_do_not_write_from_elsewhere(self, gate, session, origin):
        await gate.identify(request(session=session))

        with pytest.raises(errors.Forbidden):
            await gate.identify(request("POST", session=session, **origin))

    async def test_end_at_their_time(self, session, pass_time, sessions):
        await pass_time(HOUR)

        assert await sessions.find(session) is None

    async def test_end_with_their_token(self, session, revoke, sessions):
        await revoke()

        assert await sessions.find(session) is None

    async def test_end_when_their_token_does(self, mint, pass_time, sign_in, sessions):
        session = await sign_in(await mint(lifetime=HOUR / 2))
        await pass_time(HOUR / 2)

        assert await sessions.find(session) is None

    async def test_end_when_signed_out(self, gate, session, sessions):
        await sessions.sign_out(session)

        assert await sessions.find(session) is None

    async def test_that_ended_are_signed_out_again_without_a_trace(
        self, session, control, sessions
    ):
        await asyncio.gather(*(sessions.sign_out(session) for _ in range(5)))

        cursor = await control.execute("SELECT id FROM audit WHERE action = 'session.end'")
        assert len(await cursor.fetchall()) == 1

    async def test_signing_out_nobody_is_nothing(self, control, sessions):
        await sessions.sign_out("")

        cursor = await control.execute("SELECT id FROM audit")
        assert await cursor.fetchall() == []

    async def test_of_one_token_are_many(self, mint, sessions, sign_in):
        token = await mint()
        first, second = [await sign_in(token) for _ in range(2)]
        await sessions.sign_out(first)

        assert await sessions.find(second) is not None

    @pytest.mark.parametrize("token", ["", "wsr_unknown", "é", "\x00"])
    async def test_need_a_token(self, token, sign_in):
        with pytest.raises(errors.Unauthenticated):
            await sign_in(token)

    async def test_are_no_tokens(self, access, session):
        assert await access.by_token(session) is None


class TestWhatAnInstanceRemembers:
    """It spares Postgres the polling of the dashboard."""

    async def test_reads_go_on_for_a_moment_after_a_token_is_revoked(self, gate, mint, revoke):
        token = await mint()
        await gate.identify(request(token=token))
        await revoke()

        assert (await gate.identify(request(token=token))).name == "Ada"
        assert CACHE_SECONDS <= 15

    async def test_writes_do_not(self, gate, mint, revoke):
        token = await mint()
        await gate.identify(request(token=token))
        await revoke()

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request("POST", token=token))

    async def test_the_moment_ends(self, access, mint, revoke, sessions):
        forgetful = Gate(access, sessions, remember_seconds=0)
        token = await mint()
        await forgetful.identify(request(token=token))
        await revoke()

        with pytest.raises(errors.Unauthenticated):
            await forgetful.identify(request(token=token))

    async def test_another_instance_does_not_remember(self, gate, fresh, mint, revoke):
        token = await mint()
        await gate.identify(request(token=token))
        await revoke()

        with pytest.raises(errors.Unauthenticated):
            await fresh.identify(request(token=token))

    async def test_who_signs_out_is_forgotten(self, gate, mint, sessions, sign_in):
        session = await sign_in(await mint())
        await gate.identify(request(session=session))
        await sessions.sign_out(session)
        gate.forget()

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request(session=session))

    async def test_who_was_refused_is_not_remembered(self, gate):
        for _ in range(2):
            with pytest.raises(errors.Unauthenticated):
                await gate.identify(request(token="wsr_unknown"))

    async def test_a_session_is_not_remembered_as_a_token(self, gate, mint, sign_in):
        session = await sign_in(await mint())
        await gate.identify(request(session=session))

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request(token=session))
