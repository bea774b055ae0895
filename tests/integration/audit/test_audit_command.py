"""python -m scripts.audit: what it says, and its exit codes."""

import asyncio
import json
from importlib import import_module

import psycopg
import pytest

from lib.audit.witness import KEY
from lib.redis import RedisClient
from tests.conftest import REDIS_TOKEN
from tests.integration.audit.conftest import SECRET

command = import_module("scripts.audit")
settings = import_module("lib.settings").settings


@pytest.fixture
def run(database_url, monkeypatch, capsys):
    """Exit code, and what it printed."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("AUDIT_KEYS", f"now:{SECRET}")

    def run(*arguments: object) -> tuple[int, str]:
        settings.cache_clear()
        try:
            code = command.main([str(argument) for argument in arguments])
        except SystemExit as misused:
            code = misused.code
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    yield run
    settings.cache_clear()


@pytest.fixture
def logged(database_url, run):
    """Five sealed rows."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO audit (actor, action, result, facts)"
            """ SELECT 'Ada', 'test', 'ok', '{"a": [1.50, null, "ü"]}' FROM generate_series(1, 5)"""
        )
    run("seal")


@pytest.fixture
def exported(logged, run, tmp_path):
    file = tmp_path / "audit.jsonl"
    assert run("export", "--file", file)[0] == 0
    return file


def test_a_log_that_is_as_it_was_written_is_0_and_says_its_head(logged, run):
    code, printed = run("verify")

    assert (code, printed.splitlines()[0]) == (
        0,
        "5 positions, 1 checkpoints: everything is as it was written.",
    )
    assert "Keep this elsewhere: --head 5:" in printed


def test_a_finding_is_1(logged, run, tamper):
    tamper("UPDATE audit SET actor = 'Eve' WHERE id = 2")

    assert run("verify") == (
        1,
        "Row 2 (position 2) was changed.\n5 positions, 1 checkpoints: 1 findings, above.\n",
    )


def test_a_head_that_was_noted_finds_a_log_that_was_cut_off(logged, run, database_url, tamper):
    head = run("verify")[1].split("--head ")[1].strip()
    assert run("verify", "--head", head)[0] == 0
    tamper("DELETE FROM audit", "DELETE FROM audit_chain", "DELETE FROM audit_checkpoints")
    code, printed = run("verify", "--head", head)

    assert (code, "Position 5 is not there, and once was" in printed) == (1, True)


async def forget_heads(redis_url):
    """Those of other tests' logs."""
    redis = RedisClient(redis_url, REDIS_TOKEN)
    await redis.run("DEL", KEY)
    await redis.close()


def test_what_redis_noted_finds_a_log_that_was_cut_off_and_grew_again(
    run, redis_url, database_url, tamper, monkeypatch
):
    """The same number of rows, all of them sealed and signed as they should be."""
    asyncio.run(forget_heads(redis_url))
    monkeypatch.setenv("UPSTASH_REDIS_REST_URL", redis_url)
    monkeypatch.setenv("UPSTASH_REDIS_REST_TOKEN", REDIS_TOKEN)
    for actor in ("Ada", "Eve"):
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO audit (actor, action, result) VALUES (%s, 'test', 'ok')", [actor]
            )
        run("seal")
        before = run("verify")
        if actor == "Ada":
            assert before[0] == 0
            tamper("DELETE FROM audit", "DELETE FROM audit_chain", "DELETE FROM audit_checkpoints")
            assert "Position 1 is not there, and once was" in run("verify")[1]

    assert "Position 1 ended otherwise when its head was noted" in before[1]
    monkeypatch.setenv("UPSTASH_REDIS_REST_URL", "http://127.0.0.1:9")
    assert "Redis did not answer" in run("verify")[1]


def test_an_export_is_verified_without_the_database(exported, run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")

    assert run("verify", "--file", exported)[0] == 0


def change(file, number, old, new):
    lines = file.read_text().splitlines()
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new)
    file.write_text("\n".join(lines) + "\n")


def test_a_changed_line_is_named(exported, run):
    change(exported, 1, "Ada", "Eve")

    assert "Row 2 (position 2) was changed." in run("verify", "--file", exported)[1]


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        (lambda lines: [*lines[:1], *lines[2:]], "Position 2 was removed from the chain."),
        (
            lambda lines: [lines[1], lines[0], *lines[2:]],
            "Row 1 (position 1) was inserted after position 2.",
        ),
        (lambda lines: [lines[0], *lines], "Row 1 (position 1) was inserted after position 1."),
        (lambda lines: lines[:4] + lines[5:], "Position 5 was removed from the end"),
        (lambda lines: lines[:5] + lines[6:], "Positions 1 to 5 are signed by no checkpoint"),
        (lambda lines: lines[:-1], "The end is missing: the export was cut off."),
        (lambda lines: [*lines, lines[0]], "Line 8 was changed: it cannot be read."),
        (lambda lines: ["[" * 100_000, *lines], "Line 1 was changed: it cannot be read."),
        (lambda lines: ['{"kind":"row","position":1e9}', *lines], "Line 1 was changed"),
    ],
)
def test_lines_that_were_edited_are_found(exported, run, edit, finding):
    exported.write_text("\n".join(edit(exported.read_text().splitlines())) + "\n")
    code, printed = run("verify", "--file", exported)

    assert (code, finding in printed) == (1, True), printed


def test_an_export_holds_whole_rows(exported):
    first = json.loads(exported.read_text().splitlines()[0])

    assert first["row"]["facts"] == '{"a": [1.50, null, "ü"]}'
    assert (first["row"]["actor"], "reason" in first["row"]) == ("Ada", False)


def test_an_export_is_never_overwritten(exported, run):
    code, printed = run("export", "--file", exported)

    assert (code, "is there already" in printed) == (2, True)


def test_a_log_larger_than_what_is_read_at_once_is_whole(database_url, run, tmp_path):
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO audit (actor, action, result)"
            " SELECT 'Ada', 'test', 'ok' FROM generate_series(1, 2500)"
        )
    run("seal")
    file = tmp_path / "audit.jsonl"
    run("export", "--file", file)

    assert run("verify")[1].startswith("2500 positions, 5 checkpoints: everything")
    assert run("verify", "--file", file)[1].startswith("2500 positions, 5 checkpoints: everything")


def test_without_a_key_it_says_so(logged, run, monkeypatch):
    monkeypatch.setenv("AUDIT_KEYS", "")

    code, printed = run("verify")
    assert (code, "Set AUDIT_KEYS" in printed) == (2, True)


def test_a_key_that_is_too_short_is_refused_and_not_shown(run, monkeypatch):
    monkeypatch.setenv("AUDIT_KEYS", "now:hunter2")

    code, printed = run("verify")
    assert (code, "AUDIT_KEYS" in printed, "hunter2" in printed) == (2, True, False)


def test_a_database_that_is_away_is_4(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")

    assert run("verify")[0] == 4


def test_a_file_that_is_not_there_is_2(run, tmp_path):
    code, printed = run("verify", "--file", tmp_path / "none")

    assert (code, "No such file" in printed) == (2, True)


@pytest.mark.parametrize("head", ["5", "5:ab", "x:" + "0" * 64])
def test_a_head_that_is_none_is_2(run, head):
    assert run("verify", "--head", head)[0] == 2
