"""What it chooses, refuses, does and writes down."""

import json
import subprocess
import sys

import httpx
import pytest

from dev.ports import free_port
from lib.breakglass import journal
from lib.breakglass.journal import Journal, Tampered
from tests.integration.breakglass.conftest import DECIDED, KEYS, ROOT

FORBIDDEN = {"psycopg", "redis", "upstash_redis", "pydantic", "starlette", "msgspec"}


def test_it_needs_the_standard_library_and_httpx_alone():
    code = "import sys, lib.breakglass.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert "lib.settings" not in loaded
    assert {name.partition(".")[0] for name in loaded} & FORBIDDEN == set()


def test_production_goes_back_and_every_step_is_signed(glass, live, releases, platform):
    done = glass(*DECIDED)

    assert (done.code, done.err) == (0, "")
    assert live() == releases.v1
    assert platform.state()["auto_assign"] is False
    assert "every host" in done.out.lower()
    entries = glass.entries()
    assert journal.is_signed(entries)
    assert [entries[0][name] for name in ("who", "reason", "auto_assign")] == [
        "Ada",
        "All is down",
        True,
    ]
    assert (entries[0]["live"]["id"], entries[0]["target"]["id"]) == (releases.v2, releases.v1)
    assert glass.events()[-3:] == ["answered", "verified", "end"]
    assert (glass.end()["outcome"], glass.end()["traffic"]) == ("completed", "moved")
    assert {purge["cache"] for purge in platform.state()["purges"]} == {"edge", "data"}


def test_the_plan_says_what_and_why(glass, live, releases, platform):
    done = glass("--dry-run", *DECIDED)

    assert done.code == 0
    assert live() == releases.v2
    assert glass.paths() == []
    assert all(call["method"] == "GET" for call in platform.calls())
    assert f"goes to    {platform.state()['deployments'][0]['sha'][:7]}  {releases.v1}" in done.out
    assert "was production" in done.out


def test_again_it_does_not_go_further_back_by_itself(glass, live, releases):
    glass(*DECIDED)

    again = glass(*DECIDED)
    assert again.code == 1
    assert "taken back already" in again.err
    assert "--to" in again.err
    assert live() == releases.v1


def test_a_version_that_was_never_production_is_not_chosen(glass, releases):
    done = glass(*DECIDED, "--dry-run")

    assert releases.v3 not in done.out


def test_the_live_commit_is_not_gone_back_to(glass, platform, live, releases):
    sha = platform.state()["deployments"][1]["sha"]
    again = platform.release("good-2", sha=sha)["id"]
    assert live() == again

    assert glass(*DECIDED).code == 0
    assert live() == releases.v1


def test_another_is_chosen_by_name(glass, platform, live, releases):
    platform.release("good")

    done = glass(*DECIDED, "--to", releases.v1)
    assert done.code == 0
    assert live() == releases.v1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "dpl_nowhere"), "knows no dpl_nowhere"),
        (("--to", "v1"), "dpl_…"),
        (("--answer-within", "x"), "invalid"),
    ],
)
def test_a_bad_choice_is_refused(glass, live, releases, arguments, said):
    done = glass(*DECIDED, *arguments)

    assert done.code in (1, 2)
    assert said in done.err
    assert live() == releases.v2


def test_what_is_live_is_live_already(glass, releases):
    done = glass(*DECIDED, "--to", releases.v2)

    assert done.code == 0
    assert "live already, on every host, and healthy" in done.out
    assert glass.paths() == []


def test_what_cannot_serve_is_refused(glass, platform):
    broken = platform.release("good", builds=False)["id"]

    done = glass(*DECIDED, "--to", broken)
    assert done.code == 1
    assert "it is error" in done.err


def test_with_nothing_before_it_there_is_nothing_to_go_back_to(glass, platform, releases):
    platform.move_alias(platform.config.aliases.production, releases.v1)
    for release in (releases.v2, releases.v3):
        httpx.delete(
            f"{platform.api_url}/v13/deployments/{release}",
            params={"teamId": platform.config.team_id},
            headers={"authorization": f"Bearer {platform.config.token}"},
        )

    done = glass(*DECIDED)
    assert done.code == 1
    assert "Visitors get what they got before" in done.err or "names no production" in done.err


def test_nobody_is_asked_where_nobody_sits(glass, live, releases, monkeypatch):
    monkeypatch.setattr(sys, "stdin", sys.__stdin__)
    process = glass.start("--reason", "All is down", "--database-unknown-ok")
    said = process.communicate()

    assert process.returncode == 2
    assert "Go on?" in said[1]
    assert live() == releases.v2


def test_a_token_is_no_argument_and_its_refusal_says_what_to_do(glass):
    done = glass(*DECIDED, VERCEL_TOKEN="another")

    assert done.code == 1
    assert "Make a token" in done.err
    assert "another" not in done.err + done.out


def test_without_a_key_the_journal_says_so_and_proves_nothing(glass):
    done = glass(*DECIDED, BREAK_GLASS_KEYS="")

    assert done.code == 0
    assert "not signed" in done.out
    assert not journal.is_signed(journal.read(glass.paths()[-1].read_bytes(), KEYS))


class TestDatabase:
    def test_where_nobody_can_tell_it_asks(self, glass, live, releases):
        done = glass("--yes", "--reason", "All is down")

        assert done.code == 1
        assert "--database-unknown-ok" in done.err
        assert live() == releases.v2

    def test_a_control_plane_that_is_away_is_said(self, glass):
        done = glass(
            *("--yes", "--reason", "All is down", "--dry-run"),
            CONTROL_PLANE_URL=f"http://127.0.0.1:{free_port()}",
            CONTROL_PLANE_TOKEN="any",
        )

        assert "control plane does not answer" in done.out


class TestJournal:
    def test_no_line_can_be_changed_taken_out_or_put_in(self, glass):
        glass(*DECIDED)
        lines = glass.paths()[-1].read_bytes().splitlines(keepends=True)
        changed = json.loads(lines[2])
        changed["message"] = "ok"

        for tampered in (
            [*lines[:2], json.dumps(changed).encode() + b"\n", *lines[3:]],
            lines[1:],
            [*lines[:2], *lines[3:]],
            [*lines[:3], lines[2], *lines[3:]],
            [b"{}\n", *lines],
            [b"[]\n"],
        ):
            with pytest.raises(Tampered):
                journal.read(b"".join(tampered), KEYS)

    def test_a_line_without_an_end_was_not_written(self, tmp_path):
        made = Journal.create(tmp_path, KEYS)
        made.write("begun", project="prj")
        made.write("asking", call="alias")
        made.close()
        with made.path.open("ab") as file:
            file.write(b'{"n": 3, "eve')

        again = Journal.resume(made.path, KEYS)
        again.write("continued", who="Ada")
        again.close()

        events = [entry["event"] for entry in journal.read(made.path.read_bytes(), KEYS)]
        assert events == ["begun", "asking", "continued"]

    def test_only_one_goes_on_with_it(self, tmp_path):
        made = Journal.create(tmp_path, KEYS)
        made.write("begun", project="prj")

        assert Journal.resume(made.path, KEYS) is None
        made.close()
