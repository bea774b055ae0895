"""python -m scripts.tokens: who has a token, and who has none any more."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from lib import errors
from lib.access.models import Role

ROOT = Path(__file__).parents[3]
LOG = (
    "SELECT action, subject, facts->>'sessions_ended' FROM audit"
    " WHERE actor LIKE '%(command line)' ORDER BY id"
)
Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(database_url) -> Command:
    def command(*arguments: str, **variables: str):
        return run(
            [sys.executable, "-m", "scripts.tokens", *arguments],
            cwd=ROOT,
            env={"DATABASE_URL": database_url} | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


@pytest.fixture
def count(rows):
    async def count() -> int:
        return (await rows("SELECT count(*)::int FROM valid_tokens"))[0][0]

    return count


async def test_a_token_is_shown_once_on_the_last_line(command, rows, access):
    ended = command("mint", "--name", "Ada Lovelace", "--role", "operator")

    token = ended.stdout.splitlines()[-1]
    assert (await access.by_token(token)).name == "Ada Lovelace"
    assert await rows("SELECT role, expires_at FROM tokens") == [("operator", None)]
    assert await rows(LOG) == [("token.mint", "Ada Lovelace (operator)", None)]


async def test_a_token_may_end(command, rows):
    command("mint", "--name", "ci", "--role", "recorder", "--days", "7")

    days = "SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM tokens"
    assert await rows(days) == [(7,)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--name", "Ada"],
        ["--role", "operator"],
        ["--name", "Ada", "--role", "king"],
        ["--name", "", "--role", "operator"],
        ["--name", " ", "--role", "operator"],
        ["--name", "automatic", "--role", "operator"],
        ["--name", "platform:ada", "--role", "operator"],
        ["--name", "Ada", "--role", "operator", "--days", "0"],
        ["--name", "Ada", "--role", "operator", "--days", "-1"],
        ["--name", "Ada", "--role", "operator", "--days", "99999999999"],
    ],
    ids=" ".join,
)
async def test_a_token_that_makes_no_sense_is_not_minted(command, count, arguments):
    ended = command("mint", *arguments)

    assert ended.returncode == 2
    assert "usage:" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert await count() == 0


def test_without_a_database_nothing_is_done(command):
    ended = command("list", DATABASE_URL="")

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr


@pytest.mark.parametrize("arguments", [["mint", "--name", "Ada", "--role", "viewer"], ["list"]])
def test_before_migrating_it_says_what_to_do(command, postgres, arguments):
    postgres.create_database("not_migrated")
    ended = command(*arguments, DATABASE_URL=postgres.url("not_migrated"))
    postgres.drop_database("not_migrated")

    assert ended.returncode == 1
    assert "scripts.migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_the_list_says_what_each_is_and_no_secret(command, mint, sign_in, control):
    ada = await mint()
    await sign_in(ada)
    await mint(Role.VIEWER, name="Grace")
    command("mint", "--name", "ci", "--role", "recorder", "--days", "7")
    command("revoke", "Grace")
    hashes = await (await control.execute("SELECT secret_sha256 FROM tokens")).fetchall()

    shown = command("list").stdout
    headings, first, second, third = shown.splitlines()
    assert " ".join(headings.split()) == "id name role made by ends last used sessions"
    assert first.split()[1:3] == ["Ada", "operator"]
    assert (first.split()[-1], "test" in first, "never" in first) == ("1", True, True)
    assert (second.split()[1:3], "revoked 20" in second) == (["Grace", "viewer"], True)
    assert (third.split()[1:3], "(command line)" in third) == (["ci", "recorder"], True)
    for row in hashes:
        assert row["secret_sha256"].hex() not in shown
    assert ada not in shown


async def test_revoking_ends_its_sessions_at_once(command, mint, sign_in, sessions, access, rows):
    token = await mint()
    secrets = [await sign_in(token) for _ in range(2)]
    ended = command("revoke", "Ada")

    assert "2 sessions ended" in ended.stdout
    assert [await sessions.find(secret) for secret in secrets] == [None, None]
    assert await access.by_token(token) is None
    assert await rows("SELECT count(*)::int FROM sessions WHERE ended_at IS NULL") == [(0,)]
    assert await rows(LOG) == [("token.revoke", "Ada (operator)", "2")]


async def test_who_signs_in_while_it_is_revoked_is_out(sessions, access, mint):
    token = await mint()
    signed_in, _ = await asyncio.gather(
        sessions.sign_in(token), access.revoke("Ada", by="test"), return_exceptions=True
    )

    if not isinstance(signed_in, errors.Unauthenticated):
        assert await sessions.find(signed_in[1].secret) is None


async def test_revoking_twice_at_once_is_one_row(access, mint, rows):
    await mint()
    (found,) = await rows("SELECT id::text FROM tokens")
    done = await asyncio.gather(*(access.revoke(found[0], by="x (command line)") for _ in range(5)))

    assert [ended for _, ended in done].count(None) == 4
    assert len(await rows(LOG)) == 1


async def test_revoking_again_by_its_id_says_so(command, mint, rows):
    await mint()
    (found,) = await rows("SELECT id::text FROM tokens")
    command("revoke", found[0])
    again = command("revoke", found[0].upper())

    assert (again.returncode, "had ended already" in again.stdout) == (0, True)


@pytest.mark.parametrize("what", ["revoke", "sign-out", "expire"])
async def test_nobody_of_that_name_or_id_is_an_error_that_says_so(command, mint, count, what):
    await mint()
    days = ["--days", "7"] if what == "expire" else []
    ended = command(what, *days, "Adda")

    assert (ended.returncode, "Adda" in ended.stderr) == (1, True)
    assert "Traceback" not in ended.stderr
    assert await count() == 1


@pytest.mark.parametrize("who", ["00000000-0000-4000-8000-000000000000", "%", "'", "ada"])
async def test_only_the_very_name_or_id_is_meant(access, mint, count, who):
    await mint()

    with pytest.raises(errors.NotFound):
        await access.revoke(who, by="test")
    assert await count() == 1


async def test_a_name_that_two_have_is_asked_about(command, mint, rows, count):
    await mint()
    await mint(Role.VIEWER)
    ended = command("revoke", "Ada")

    assert ended.returncode == 1
    for (found,) in await rows("SELECT id::text FROM tokens"):
        assert found in ended.stderr
    assert await count() == 2


async def test_a_name_that_was_given_on_is_its_new_holders(command, mint, count):
    await mint()
    command("revoke", "Ada")
    await mint()

    assert command("revoke", "Ada").returncode == 0
    assert await count() == 0


async def test_an_end_can_be_set_and_moved(command, mint, access, pass_time, rows):
    token = await mint()
    assert command("expire", "--days", "7", "Ada").returncode == 0
    assert command("expire", "--days", "2", "Ada").returncode == 0
    await pass_time((await rows("SELECT expires_at - app_now() FROM tokens"))[0][0])

    assert await access.by_token(token) is None
    assert [row[0] for row in await rows(LOG)] == ["token.expire", "token.expire"]


async def test_what_has_ended_does_not_live_again(command, mint, control, rows, count):
    await mint()
    await control.execute("UPDATE tokens SET expires_at = app_now()")
    (found,) = await rows("SELECT id::text FROM tokens")
    ended = command("expire", "--days", "7", found[0])

    assert (ended.returncode, "mint a new one" in ended.stderr) == (1, True)
    assert await count() == 0


async def test_an_admin_signs_somebody_out_everywhere(command, mint, sign_in, sessions, access):
    token = await mint()
    secret = await sign_in(token)
    ended = command("sign-out", "Ada")

    assert "1 session ended" in ended.stdout
    assert await sessions.find(secret) is None
    assert await access.by_token(token)
