"""The command that takes the app's database back by hand, and brings it forward again."""

import asyncio
import json
from importlib import import_module

import psycopg
import pytest

from dev.sample_app.versions import SHOT_MINUTES, TIMELINE, VENUE_DROPPED
from scripts.rollback_migration import AWAY, BUSY, CHOICE, DONE, REFUSED, WRONG, main

SENTENCE = f"Goes back one step ({SHOT_MINUTES} to {TIMELINE}). Nothing is deleted."
caches = (
    import_module("lib.settings").settings,
    import_module("lib.wiring").services,
)


@pytest.fixture
def run(variables, monkeypatch, capsys):
    """Its exit code, and what it says."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    async def run(*arguments, **more):
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        for cache in caches:
            cache.cache_clear()
        capsys.readouterr()
        code = await asyncio.to_thread(main, list(arguments))
        return code, "".join(capsys.readouterr())

    yield run
    for cache in caches:
        cache.cache_clear()


def is_required(app) -> bool:
    query = "SELECT attnotnull FROM pg_attribute WHERE attname = 'minutes'"
    return app.execute(query).fetchone()["attnotnull"]


async def test_back_and_forward_again(run, release, releases, app, control):
    await release("adds-required")

    assert await run("status") == (DONE, "Nothing is rolled back.\n")
    assert (await run("plan", "--to", releases.v2))[1].startswith(SENTENCE)

    code, said = await run("run", "--to", releases.v2, "--yes", "--reason", "trying")
    assert (code, SENTENCE in said) == (DONE, True)
    assert not is_required(app)
    assert f"back: {SHOT_MINUTES}" in (await run("status"))[1]

    code, said = await run("forward", "--yes")
    assert (code, f"forward again, at {SHOT_MINUTES}" in said) == (DONE, True)
    assert is_required(app)
    cursor = await control.execute(
        "SELECT action, result, subject FROM audit WHERE action LIKE 'database.%' ORDER BY id"
    )
    assert [tuple(row.values()) for row in await cursor.fetchall()] == [
        ("database.back", "accepted", releases.v2),
        ("database.back", "done", releases.v2),
        ("database.forward", "accepted", None),
        ("database.forward", "done", None),
    ]


async def test_what_the_other_version_could_not_see_is_listed(run, release, releases, app):
    await release("retimes")
    assert await run("conflicts") == (
        DONE,
        "Nothing was written that the other version could not see.\n",
    )
    await run("run", "--to", releases.v2, "--yes")
    app.execute("UPDATE events SET begins_at = '16:30:15' WHERE id = 'ceremony'")
    app.execute("UPDATE events SET starts_at = '17:00' WHERE id = 'ceremony'")
    app.execute("UPDATE events SET starts_at = 'soon' WHERE id = 'dinner'")

    code, said = await run("conflicts")
    second, first = said.splitlines()
    assert code == DONE
    assert first.endswith(
        " events id=ceremony: begins_at: the older code wrote '17:00' and replaced '16:30:15',"
        " which it could not see."
    )
    assert second.endswith(
        " events id=dinner: begins_at: the older code wrote 'soon', which is no value of it;"
        " '18:30:00' stayed."
    )
    _, exported = await run("conflicts", "--json")
    one = json.loads(exported.splitlines()[1])
    assert (one["key"], one["kept"], one["written"]) == ({"id": "ceremony"}, "16:30:15", "17:00")

    app.execute("UPDATE events SET starts_at = '18:45' WHERE id = 'dinner'")
    code, said = await run("forward", "--yes")
    assert "3 that the other version could not see are listed" in said


async def test_values_are_let_go_when_somebody_says_so(run, release, releases, app, control):
    await release("retimes")
    await run("run", "--to", releases.v2, "--yes")
    assert (await run("let-go", "--yes"))[1].endswith("a release that is forward again.\n")
    await run("forward", "--yes")

    assert (await run("let-go"))[0] == WRONG
    code, said = await run("let-go", "--yes", "--reason", "nobody is on the old pages")
    assert (code, said.splitlines()[-1]) == (
        DONE,
        "Values of 20261123090000 are not kept in step any more.",
    )
    app.execute("UPDATE events SET starts_at = '19:00' WHERE id = 'dinner'")
    kept = app.execute("SELECT begins_at::text AS at FROM events WHERE id = 'dinner'").fetchone()
    assert kept["at"] == "18:30:00"
    cursor = await control.execute("SELECT reason FROM audit WHERE action = 'database.let_go'")
    assert len(await cursor.fetchall()) == 2


async def test_a_version_of_the_ledger_is_named_by_itself(run, release, app):
    await release("adds-required")

    assert (await run("plan", "--to", TIMELINE))[1].startswith(SENTENCE)
    code, said = await run("plan", "--to", "20990101000000")
    assert (code, "does not stand on 20990101000000" in said) == (REFUSED, True)


async def test_where_nothing_moved_there_is_nothing_to_do(run, release, releases):
    assert await run("run", "--to", releases.v1, "--yes") == (DONE, "Database stays as it is.\n")


async def test_each_statement_is_printed_and_nothing_is_changed(run, release, releases, app):
    await release("adds-required")

    code, said = await run("run", "--to", releases.v2, "--dry-run")

    lines = said.splitlines()
    assert (code, lines[0], lines[-1]) == (DONE, "BEGIN;", "COMMIT;")
    assert 'LOCK TABLE ONLY "public"."shots" IN ACCESS EXCLUSIVE MODE;' in lines
    assert any("DROP NOT NULL" in line for line in lines)
    assert is_required(app)
    assert app.execute("SELECT to_regclass('_rollback.runs') AS it").fetchone()["it"] is None


async def test_the_way_forward_is_printed_too(run, release, releases, app):
    await release("adds-required")
    await run("run", "--to", releases.v2, "--yes")

    code, said = await run("forward", "--dry-run")

    assert code == DONE
    assert "SET NOT NULL" in said
    assert not is_required(app)


async def test_whoever_cannot_be_asked_has_to_say_yes(run, release, releases, app):
    await release("adds-required")

    code, said = await run("run", "--to", releases.v2)

    assert (code, "--yes" in said) == (WRONG, True)
    assert is_required(app)


async def test_the_same_run_again_finds_that_it_was_done(run, release, releases, app):
    await release("adds-required")
    _, said = await run("run", "--to", releases.v2, "--yes")
    run_id = next(line for line in said.splitlines() if line.startswith("run ")).split()[1]

    code, said = await run("run", "--to", releases.v2, "--yes", "--run", run_id)

    assert (code, said) == (DONE, f"{run_id}: back: {SHOT_MINUTES}\n")


async def test_what_cannot_come_back_is_refused(run, release, releases):
    await release("drops-column")

    code, said = await run("run", "--to", releases.v2, "--yes")

    assert (code, VENUE_DROPPED in said) == (REFUSED, True)


async def test_what_stops_the_newer_code_has_to_be_chosen(run, release, releases, app):
    await release("renames-table")

    assert (await run("plan", "--to", releases.v2))[0] == CHOICE
    assert (await run("run", "--to", releases.v2, "--yes"))[0] == CHOICE
    app.execute("SELECT FROM photos")
    assert (await run("run", "--to", releases.v2, "--yes", "--allow-exclusive"))[0] == DONE
    app.execute("SELECT FROM shots")


async def test_a_lock_that_others_hold_is_no_refusal(run, release, releases, app):
    await release("adds-required")
    with psycopg.connect(app.info.dsn) as reader:
        reader.execute("SELECT FROM shots LIMIT 1")
        code, said = await run("run", "--to", releases.v2, "--yes")

    assert (code, "Nothing was changed" in said) == (BUSY, True)
    assert is_required(app)


async def test_a_database_that_is_away_says_nothing_about_what_can_be_done(run, release, releases):
    await release("adds-required")

    away = {"APP_DATABASE_URL": "postgresql://127.0.0.1:1/app"}
    assert (await run("plan", "--to", releases.v2, **away))[0] == AWAY
    assert (await run("status", **away))[0] == AWAY
    assert (await run("status", APP_DATABASE_URL=""))[0] == WRONG


async def test_a_session_that_sleeps_on_it_is_ended_where_that_is_set(run, release, releases, app):
    await release("adds-required")
    with psycopg.connect(app.info.dsn) as sleeper:
        sleeper.execute("SELECT FROM shots LIMIT 1")
        code, _ = await run("run", "--to", releases.v2, "--yes", END_APP_SESSIONS="true")

        with pytest.raises(psycopg.OperationalError):
            sleeper.execute("SELECT 1")
    assert (code, is_required(app)) == (DONE, False)


async def test_another_database_is_refused_until_somebody_accepts_it(
    run, release, releases, app, control
):
    await release("adds-required")
    await run("run", "--to", releases.v2, "--yes")
    app.execute("UPDATE _rollback.identity SET id = gen_random_uuid()")
    await release("adds-unique")

    for command in (
        ("plan", "--to", releases.v2),
        ("plan", "--to", TIMELINE),
        ("forward", "--yes"),
    ):
        code, said = await run(*command)
        assert (code, "this is another database than" in said) == (REFUSED, True)
    code, said = await run("accept", "--reason", "moved")
    assert (code, "--yes" in said, "this is another database than" in said) == (WRONG, True, True)

    code, said = await run("accept", "--reason", "moved", "--yes")
    assert (code, "goes on with this database" in said) == (DONE, True)
    code, said = await run("accept", "--reason", "moved", "--yes")
    assert (code, "knows it already" in said) == (DONE, True)
    assert (await run("run", "--to", releases.v2, "--yes"))[0] == DONE
    assert (await run("forward", "--yes"))[0] == DONE
    cursor = await control.execute(
        "SELECT reason FROM audit WHERE action = 'operation.accept_database'"
    )
    assert await cursor.fetchall() == [{"reason": "moved"}]


async def test_a_run_for_the_other_environment_is_no_strangers(run, release, releases, app):
    """The app has one database, whichever environment it was taken back for."""
    await release("adds-required")
    await run("run", "--to", TIMELINE, "--yes")
    await release("adds-unique")
    await run("run", "--to", TIMELINE, "--yes", "--environment", "staging")
    await release("retimes")

    for environment in ("production", "staging"):
        _, said = await run("plan", "--to", TIMELINE, "--environment", environment)
        assert "accept_database" not in said


async def test_a_reason_that_cannot_be_kept_is_refused(run, releases, app):
    code, said = await run("accept", "--reason", " ", "--yes")

    assert (code, "--reason" in said) == (WRONG, True)
