"""What break-glass did becomes a rollback like any other, once, whoever noticed it before."""

import asyncio
import time
from importlib import import_module

import pytest

from lib.access.models import Caller, Role
from lib.breakglass.journal import Journal
from lib.operations.models import RollForward
from lib.rollback.models import Environment, Status
from lib.vercel.webhook import Event
from tests.integration.breakglass.conftest import DECIDED, KEY, KEYS

PRODUCTION = Environment.PRODUCTION
command = import_module("scripts.reconcile")
settings_of = import_module("lib.settings").settings


@pytest.fixture
def reconcile(variables, method, glass, monkeypatch, capsys):
    """Exit code, and what it said, for the newest journal."""
    told = variables | {"BREAK_GLASS_KEYS": KEY, "SWITCH_METHOD_PRODUCTION": method}

    async def reconcile(*arguments, **more) -> tuple[int, str]:
        capsys.readouterr()
        settings_of.cache_clear()
        with monkeypatch.context() as environment:
            for name, value in (told | more).items():
                environment.setenv(name, value)
            file = arguments[0] if arguments else glass.paths()[-1]
            code = await asyncio.to_thread(command.main, [str(file), *arguments[1:]])
        settings_of.cache_clear()
        said = capsys.readouterr()
        return code, said.out + said.err

    return reconcile


@pytest.fixture
def variables(variables, method):
    return variables | {"SWITCH_METHOD_PRODUCTION": method, "BREAK_GLASS_KEYS": KEY}


@pytest.fixture
async def back(services, platform, glass, releases):
    """Production was taken back with the platform alone, and nobody here has noticed."""
    done = await asyncio.to_thread(glass, *DECIDED)
    assert done.code == 0, done.err
    return glass.paths()[-1]


@pytest.fixture
def rows(control):
    async def rows(query):
        return await (await control.execute(query)).fetchall()

    return rows


PERIODS = """
SELECT h.vercel_deployment_id AS id, how, rollback_id, moved_by, live_until IS NULL AS is_open
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment ORDER BY p.id
"""


async def test_the_history_says_who_went_back_and_why(services, back, reconcile, releases):
    code, said = await reconcile()

    assert code == 0
    assert "completed" in said
    live, left, *_ = await services.deployments.history(PRODUCTION)
    assert (live.deployment_id, live.is_live, live.how) == (releases.v1, True, "rollback")
    assert (live.by, live.reason) == ("Ada (break-glass)", "All is down")
    assert (left.deployment_id, left.quarantined) == (releases.v2, True)


async def test_the_dashboard_sees_it_and_offers_to_undo_it(services, back, reconcile, releases):
    await reconcile()

    page = await services.overview.build(PRODUCTION, Caller(name="Grace", role=Role.OPERATOR))
    assert page.active.status is Status.COMPLETED
    assert page.active.steps_completed == ["record", "switch", "database", "caches", "verify"]
    assert page.undo.deployment_id == releases.v2
    assert page.pin is not None


async def test_it_can_be_rolled_forward(services, back, reconcile, releases, work, live):
    await reconcile()
    operation = RollForward(action="roll_forward", environment=PRODUCTION, reason="Mended")

    result = await services.operations.carry_out(operation, Caller(name="Grace", role=Role.ADMIN))
    ended = await work(result.rollback)

    assert ended.status is Status.COMPLETED
    assert live() == releases.v2


async def test_the_audit_log_has_every_line_with_who_and_when(back, glass, reconcile, rows):
    await reconcile()

    logged = await rows("SELECT * FROM audit WHERE action LIKE 'break_glass.%' ORDER BY id")
    lines = [one for one in logged if one["action"] != "break_glass.reconcile"]
    assert [one["action"].partition(".")[2] for one in lines] == glass.events()
    assert {one["actor"] for one in lines} == {"Ada (break-glass)"}
    assert [one["facts"]["at"] for one in lines] == [entry["at"] for entry in glass.entries()]
    assert logged[-1]["action"] == "break_glass.reconcile"
    assert "command line" in logged[-1]["actor"]
    actions = {one["action"] for one in await rows("SELECT action FROM audit")}
    assert {"rollback.start", "rollback.end"} <= actions


@pytest.mark.parametrize("has_moved", [False, True])
async def test_the_ledger_of_then_is_known_if_nothing_has_changed_it(
    services, platform, glass, reconcile, rows, app, has_moved
):
    """As our own watch has read it last, before all was down."""
    assert not await services.sweep.ledger.look()
    done = await asyncio.to_thread(glass, *DECIDED)
    assert done.code == 0, done.err
    if has_moved:
        app.execute("INSERT INTO schema_migrations VALUES ('20990101000000')")

    assert (await reconcile())[0] == 0

    [known] = await rows("SELECT ledger FROM live_periods WHERE live_until IS NULL")
    then = app.execute("SELECT version FROM schema_migrations ORDER BY 1").fetchall()
    assert known["ledger"] == (None if has_moved else [one["version"] for one in then])


@pytest.mark.parametrize("noticed_by", ["sweep", "webhook"])
async def test_what_was_noticed_meanwhile_is_joined(
    services, back, reconcile, rows, releases, noticed_by
):
    if noticed_by == "webhook":
        payload = {"fromDeploymentId": releases.v2, "toDeploymentId": releases.v1}
        event = Event(
            id="evt_bg",
            type="deployment.rollback",
            created_at=int(time.time() * 1000),
            payload=payload | {"user": {"id": "usr_ci"}},
        )
        assert await services.events.is_news(event)
    await services.tracker.reconcile(PRODUCTION)
    before = await rows(PERIODS)

    assert (await reconcile())[0] == 0

    after = await rows(PERIODS)
    assert len(after) == len(before)
    [*_, last] = after
    assert (last["id"], last["how"], last["moved_by"]) == (releases.v1, "rollback", None)
    assert last["rollback_id"] is not None
    open_alerts = await rows("SELECT kind FROM alerts WHERE resolved_at IS NULL")
    assert "rolled_back_elsewhere" not in {one["kind"] for one in open_alerts}


async def test_a_clock_that_was_ahead_joins_all_the_same(services, back, reconcile, rows, control):
    await services.tracker.reconcile(PRODUCTION)
    await control.execute(
        "UPDATE live_periods SET live_from = live_from - interval '1 hour' WHERE live_until IS NULL"
    )
    before = await rows(PERIODS)

    assert (await reconcile())[0] == 0

    after = await rows(PERIODS)
    assert len(after) == len(before)
    assert after[-1]["rollback_id"] is not None


async def test_a_database_from_before_learns_who_it_was(
    services, back, reconcile, rows, control, releases
):
    """It was restored to before what was left went live; with `instant`, to before anything did."""
    await control.execute(
        "DELETE FROM live_periods WHERE deployment = (SELECT id FROM deployment_history"
        f" WHERE vercel_deployment_id = '{releases.v2}')"
    )
    await control.execute(
        "UPDATE live_periods SET live_until = NULL WHERE id = (SELECT max(id) FROM live_periods)"
    )

    assert (await reconcile())[0] == 0

    live, *_ = await services.deployments.history(PRODUCTION)
    assert (live.deployment_id, live.how, live.by) == (
        releases.v1,
        "rollback",
        "Ada (break-glass)",
    )
    [*before, last] = [one["is_open"] for one in await rows(PERIODS)]
    assert (any(before), last) == (False, True)


async def test_one_that_nobody_will_end_is_in_the_record_as_far_as_it_goes(
    services, glass, back, reconcile, rows, releases
):
    lines = back.read_bytes().splitlines(keepends=True)
    cut_off = next(n for n, entry in enumerate(glass.entries(), 1) if entry["event"] == "moved")
    back.write_bytes(b"".join(lines[:cut_off]))
    assert (await reconcile())[0] == 1

    code, said = await reconcile(back, "--no-end")

    assert (code, "has no end" in said) == (0, True)
    [row] = await rows("SELECT status, error FROM rollbacks")
    assert (row["status"], "no end" in row["error"]) == ("failed", True)
    live, *_ = await services.deployments.history(PRODUCTION)
    assert (live.deployment_id, live.by) == (releases.v1, "Ada (break-glass)")


async def test_parts_that_are_missing_are_told(back, reconcile, tmp_path):
    made = Journal.create(tmp_path, KEYS)
    made.write("begun", project="prj_wedsync")
    made.close()

    code, said = await reconcile(made.path)
    assert (code, "no journal of break-glass" in said) == (1, True)


async def test_what_comes_after_it_changes_nothing(services, back, reconcile, rows):
    await reconcile()
    before = await rows(PERIODS)

    await services.tracker.reconcile(PRODUCTION)
    await services.tracker.reconcile(PRODUCTION, "rolled_back_elsewhere")

    assert await rows(PERIODS) == before


async def test_twice_is_once(back, reconcile, rows):
    await reconcile()
    before = await rows("SELECT count(*) AS n FROM audit")

    code, said = await reconcile()

    assert (code, "before" in said) == (0, True)
    assert await rows("SELECT count(*) AS n FROM audit") == before
    assert len(await rows("SELECT id FROM rollbacks")) == 1


async def test_two_at_once_are_one(services, back, glass, rows, settings):
    account = command.Account.read(glass.entries())
    reconciler = command.Reconciler(services.deployments, services.tracker, settings)

    said = await asyncio.gather(*(reconciler.bring(account, by=by, file="f") for by in "ab"))

    assert sorted("before" in one for one in said) == [False, True]
    assert len(await rows("SELECT id FROM rollbacks")) == 1
    assert len(await rows("SELECT id FROM audit WHERE action = 'break_glass.reconcile'")) == 1


async def test_what_was_released_since_stays_live(services, back, reconcile, platform, live):
    mend = platform.release("good")["id"]
    platform.move_alias(platform.config.aliases.production, mend)
    await reconcile()

    if live() == mend and services.settings.switch_method(PRODUCTION) == "alias":
        newest, back_to, *_ = await services.deployments.history(PRODUCTION)
        assert (newest.deployment_id, newest.is_live) == (mend, True)
        assert back_to.how == "rollback"


async def test_a_tampered_one_is_refused(back, reconcile, rows):
    content = back.read_bytes()
    back.write_bytes(content.replace(b'"Ada"', b'"Eve"', 1))

    code, said = await reconcile()

    assert (code, "Line 1 is not as it was written" in said) == (1, True)
    assert await rows("SELECT id FROM rollbacks") == []


async def test_one_that_was_cut_off_is_refused_until_it_is_gone_on_with(
    back, glass, reconcile, rows
):
    lines = back.read_bytes().splitlines(keepends=True)
    back.write_bytes(b"".join(lines[:4]))

    code, said = await reconcile()
    assert (code, "lib.breakglass" in said) == (1, True)
    assert await rows("SELECT id FROM rollbacks") == []

    assert (await asyncio.to_thread(glass, *DECIDED)).code == 0
    assert (await reconcile())[0] == 0


async def test_without_a_signature_somebody_has_to_say_so(services, glass, reconcile, rows):
    await asyncio.to_thread(lambda: glass(*DECIDED, BREAK_GLASS_KEYS=""))

    assert (await reconcile())[0] == 1
    assert (await reconcile(glass.paths()[-1], "--unsigned"))[0] == 0
    [row] = await rows("SELECT facts FROM audit WHERE action = 'break_glass.reconcile'")
    assert row["facts"]["is_signed"] is False


async def test_a_key_that_is_not_here_is_named(back, reconcile):
    code, said = await reconcile(BREAK_GLASS_KEYS="other:" + "o" * 32)

    assert (code, "the key 'test' is missing" in said) == (1, True)


async def test_another_project_is_refused(back, reconcile):
    assert (await reconcile(APP_PROJECT_ID="prj_other"))[0] == 1


async def test_what_is_no_journal_is_refused(back, reconcile, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()

    assert (await reconcile(empty))[0] == 1
    assert (await reconcile(tmp_path / "nowhere"))[0] == 2


async def test_a_database_that_is_away_is_4(back, reconcile):
    assert (await reconcile(DATABASE_URL="postgresql://u@127.0.0.1:1/none"))[0] == 4


async def test_one_that_was_refused_is_in_the_audit_log_alone(services, glass, reconcile, rows):
    made = Journal.create(glass.folder, KEYS)
    assert (await asyncio.to_thread(lambda: glass(*DECIDED))).code == 0
    begun = {
        name: value
        for name, value in glass.entries()[0].items()
        if name not in ("n", "at", "event", "key", "before", "hmac")
    }
    made.write("begun", **begun)
    made.write("asking", call="alias")
    made.write("answered", call="alias", status=403, is_done=False, is_refused=True, message="no")
    made.write("end", outcome="refused", traffic="unchanged", sentence="no", warnings=[])
    made.close()

    code, said = await reconcile(made.path)
    assert (code, "moved nothing" in said) == (0, True)
    assert await rows("SELECT id FROM rollbacks") == []
    assert await rows("SELECT id FROM audit WHERE action = 'break_glass.end'") != []


@pytest.mark.parametrize("method", ["instant"], indirect=True)
async def test_one_that_failed_locks_as_any_other(
    services, glass, platform, reconcile, rows, is_locked
):
    platform.fault("domain-failed")
    assert (await asyncio.to_thread(lambda: glass(*DECIDED))).code == 3

    assert (await reconcile())[0] == 0

    [row] = await rows("SELECT * FROM rollbacks")
    assert (row["status"], "did not move" in row["error"]) == ("failed", True)
    assert row["visitors_get"]
    assert await is_locked()


async def test_two_people_at_once_are_one_rollback(services, glass, reconcile, rows):
    processes = [glass.start(*DECIDED) for _ in range(2)]
    for process in processes:
        await asyncio.to_thread(process.communicate)

    for path in glass.paths():
        assert (await reconcile(path))[0] == 0
    assert len(await rows("SELECT id FROM rollbacks")) == 1
    assert len(await rows("SELECT id FROM audit WHERE action = 'rollback.start'")) == 1
