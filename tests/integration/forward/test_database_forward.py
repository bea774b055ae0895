"""The database forward alone, and what keeps a release from going live without it."""

import asyncio

import pytest
from psycopg import conninfo

from dev.ports import LOOPBACK, free_port
from dev.sample_app.versions import SHOT_MINUTES, TIMELINE
from lib import errors
from lib.access.models import Caller, Role
from lib.deployments.check import NAME, PASSES, REFUSED, WELCOME
from lib.deployments.needs_forward import NeedsForward
from lib.migrations.rolled_back import RolledBack, read
from lib.migrations.watch import READ_EVERY
from lib.operations.database_forward import ForwardRoom
from lib.operations.models import DatabaseForward
from lib.schema.app_database import AppDatabase
from lib.settings import load
from lib.wiring import build
from scripts.record_release import say_recorded
from tests.integration.forward.going_back import PRODUCTION, query, record, take_back

AT_ONCE = 6
NEEDS = "needs the database forward first"
OPERATOR = Caller(name="Grace", role=Role.OPERATOR)


@pytest.fixture
def audited(control):
    async def audited() -> list[str]:
        rows = await control.execute(
            "SELECT result FROM audit WHERE action = 'operation.database_forward' ORDER BY id"
        )
        return [row["result"] for row in await rows.fetchall()]

    return audited


@pytest.fixture
def outsider(url):
    """A role without a right to anything."""
    query(url, "CREATE ROLE outsider LOGIN")
    yield "outsider"
    query(url, "DROP ROLE outsider")


@pytest.fixture
async def release_c(services, platform):
    """Built on the bad one, with its migration; recorded, not live."""
    deployment = platform.release("adds-required", live=False)
    await record(services, deployment["id"], deployment["sha"], TIMELINE, SHOT_MINUTES)
    return deployment["id"]


class TestForwardAlone:
    async def test_the_database_comes_and_traffic_stays(
        self, undone, operate, state, is_required, live_moves, audited
    ):
        before = live_moves()

        result = await operate("database_forward")

        assert result.changed
        assert result.rollback is None
        assert result.message.startswith(f"The database is forward again, at {SHOT_MINUTES}.")
        assert "Traffic was not touched" in result.message
        assert (state(), is_required()) == (["forward"], True)
        assert live_moves() == before
        assert await audited() == ["accepted", "done"]

    @pytest.mark.parametrize("named", [True, False])
    async def test_twice_it_is_so_already(self, undone, operate, audited, named):
        subject = {"subject": str(undone.id)} if named else {}
        await operate("database_forward", **subject)

        again = await operate("database_forward", **subject)

        assert not again.changed
        assert await audited() == ["accepted", "done"]

    async def test_at_once_all_find_it_forward(self, undone, operate, state):
        results = await asyncio.gather(*(operate("database_forward") for _ in range(AT_ONCE)))

        assert any(result.changed for result in results)
        assert state() == ["forward"]

    async def test_of_several_the_newest_comes_first(
        self, platform, undone, operate, state, url, run_id
    ):
        """Two releases on, two rollbacks back."""
        platform.release("adds-unique", live=False)
        await take_back(url, run_id, (TIMELINE,))
        assert state() == ["back", "back"]

        result = await operate("database_forward", subject=str(undone.id))

        assert result.message.startswith("The database is forward again: 2 rollbacks")
        assert state() == ["forward", "forward"]

    async def test_a_named_one_leaves_those_before_it(
        self, platform, undone, operate, state, url, run_id
    ):
        platform.release("adds-unique", live=False)
        await take_back(url, run_id, (TIMELINE,))

        await operate("database_forward", subject=str(run_id))

        assert state() == ["back", "forward"]

    async def test_rows_that_contradict_are_named_and_nothing_changes(
        self, undone, operate, contradict, state, audited
    ):
        contradict()

        with pytest.raises(errors.Conflict, match=r"shots id=by-a.*Correct these rows"):
            await operate("database_forward")

        assert state() == ["back"]
        assert await audited() == ["accepted", "refused"]

    async def test_a_rollback_that_runs_has_the_database_to_itself(
        self, services, undone, operate, order, state
    ):
        await services.engine.start(order)

        with pytest.raises(errors.RollbackInProgress, match="may be at the database"):
            await operate("database_forward")

        assert state() == ["back"]

    async def test_where_nothing_was_taken_back_there_is_nothing_to_do(self, operate, audited):
        result = await operate("database_forward")

        assert (result.changed, await audited()) == (False, [])

    async def test_a_run_that_nobody_knows_is_none(self, undone, operate, run_id, state):
        result = await operate("database_forward", subject=str(run_id))

        assert not result.changed
        assert "no such run" in result.message
        assert state() == ["back"]

    @pytest.mark.parametrize(
        ("url", "error"),
        [
            (None, errors.Conflict),
            (f"postgresql://{LOOPBACK}:{free_port()}/app", errors.AppDatabaseUnavailable),
        ],
        ids=["not-set", "away"],
    )
    async def test_without_the_apps_database_it_says_so(self, services, url, error):
        app = AppDatabase(url) if url else None
        room = ForwardRoom(services.database, app, NeedsForward(services.database, RolledBack(url)))
        operation = DatabaseForward(
            action="database_forward", environment=PRODUCTION, reason="Release C"
        )

        with pytest.raises(error):
            await room.bring(operation, OPERATOR)

    @pytest.mark.usefixtures("undone")
    async def test_a_role_that_may_not_read_the_journal_is_told_so(self, services, url, outsider):
        app = AppDatabase(conninfo.make_conninfo(url, user=outsider))
        room = ForwardRoom(services.database, app, services.needs_forward)
        operation = DatabaseForward(
            action="database_forward", environment=PRODUCTION, reason="Release C"
        )

        with pytest.raises(errors.Conflict, match="The journal cannot be read: permission denied"):
            await room.bring(operation, OPERATOR)


class TestBeforeReleaseCGoesLive:
    async def test_whoever_records_it_is_told(self, services, undone, release_c, operate):
        note = await services.needs_forward.note(PRODUCTION, release_c)
        await operate("database_forward")

        assert NEEDS in note
        assert SHOT_MINUTES in note
        assert await services.needs_forward.note(PRODUCTION, release_c) is None

    async def test_the_command_of_its_ci_warns(self, services, undone, release_c, capsys):
        note = await services.needs_forward.note(PRODUCTION, release_c)

        say_recorded({"new_texts": [], "without_text": [], "forward_note": note})

        assert f"warning: It {NEEDS}: {SHOT_MINUTES} is rolled back" in capsys.readouterr().out

    async def test_the_page_says_whether_it_is_safe(self, services, undone, release_c, operate):
        async def promotion():
            return (await services.overview.build(PRODUCTION, OPERATOR)).promotion

        before = await promotion()
        await operate("database_forward")
        after = await promotion()

        assert (before.deployment_id, before.is_safe) == (release_c, False)
        assert f"{NEEDS}: {SHOT_MINUTES} is rolled back." in before.sentence
        assert after.is_safe
        assert "is safe to promote" in after.sentence

    async def test_nothing_is_said_of_what_was_live(self, services, undone):
        assert (await services.overview.build(PRODUCTION, OPERATOR)).promotion is None

    async def test_nor_of_a_release_whose_list_nobody_told(self, services, undone, platform):
        platform.release("adds-required", live=False)

        assert (await services.overview.build(PRODUCTION, OPERATOR)).promotion is None

    async def test_the_deployment_check_refuses_it_until_the_database_is_forward(
        self, variables, settings, services, undone, platform, operate
    ):
        made = services.tracker.vercel.create_check(NAME, webhook_id=None, timeout_seconds=300)
        check_id = (await made).id
        guarded = build(load(variables | {"DEPLOYMENT_CHECK_ID": check_id}))
        deployment = platform.release("adds-required", live=False)
        await record(services, deployment["id"], deployment["sha"], TIMELINE, SHOT_MINUTES)

        def run() -> tuple[str, str]:
            [one] = [
                run
                for run in platform.state()["check_runs"]
                if run["deployment_id"] == deployment["id"]
            ]
            return one["conclusion"], one["text"]

        await guarded.check.judge(deployment["id"])
        before = run()
        await operate("database_forward")
        await guarded.check.review()
        after = run()
        await guarded.close()

        assert before[0] == REFUSED
        assert NEEDS in before[1]
        assert after == (PASSES, WELCOME)


class TestLiveWithoutIt:
    @pytest.fixture
    def alerts(self, control):
        async def alerts() -> list[tuple[str, bool]]:
            rows = await control.execute(
                "SELECT sentence, resolved_at IS NOT NULL AS over FROM alerts"
                " WHERE kind = 'needs_database_forward' ORDER BY id"
            )
            return [(row["sentence"], row["over"]) for row in await rows.fetchall()]

        return alerts

    @pytest.fixture
    def look(self, services, pass_time):
        """As the sweep does every half minute."""

        async def look() -> None:
            await services.sweep.ledger.look()
            await pass_time(READ_EVERY)

        return look

    async def test_people_are_told_once_and_it_is_over_when_the_database_is_forward(
        self, undone, release_c, go_live, look, alerts, operate
    ):
        await go_live(release_c)
        await look()
        await look()
        told = await alerts()
        await operate("database_forward")

        assert len(told) == 1
        assert f"{SHOT_MINUTES} is rolled back. Bring the database forward" in told[0][0]
        assert [over for _, over in await alerts()] == [True]

    async def test_another_version_ends_it_too(
        self, undone, release_c, releases, go_live, look, alerts
    ):
        await go_live(release_c)
        await look()
        await go_live(releases.v2)

        assert [over for _, over in await alerts()] == [True]

    async def test_a_release_that_needs_none_of_it_is_no_matter(self, undone, look, alerts):
        await look()

        assert await alerts() == []

    async def test_nor_is_a_release_that_is_left_at_this_moment(
        self, services, away, url, look, alerts
    ):
        """Its database is back already, and traffic moves next."""
        rollback = await services.engine.start(away)
        await take_back(url, rollback.id, (TIMELINE,))

        await look()

        assert await alerts() == []


class TestReading:
    async def test_without_a_journal_nothing_is_rolled_back(self, url, services):
        assert await read(url) == ((), ())

    async def test_it_is_what_the_open_runs_hold(self, url, undone):
        assert await read(url) == ((SHOT_MINUTES,), ())

    async def test_nothing_is_known_where_nobody_answers(self):
        assert await read(f"postgresql://{LOOPBACK}:{free_port()}/x") == (None, ())

    async def test_one_that_never_answers_is_not_waited_for_and_nothing_is_said(self, services):
        async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(stay_silent, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        silent = RolledBack(f"postgresql://{LOOPBACK}:{port}/x")
        async with asyncio.timeout(60):
            assert await silent.versions() is None
        server.close()
        assert await silent.versions() is None

    async def test_to_show_it_is_asked_once_in_ten_seconds_and_to_decide_each_time(
        self, url, undone, operate, services
    ):
        reader = RolledBack(url)
        first = await reader.versions()
        query(url, "UPDATE _rollback.runs SET state = 'forward', went_forward_at = now()")

        assert await reader.versions() == first == (SHOT_MINUTES,)
        assert await reader.now() == ()
        assert await reader.versions() == ()
