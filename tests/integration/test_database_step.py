"""The app's database: traffic goes back where it fits, and stays where it does not."""

import asyncio
import time
from datetime import timedelta

import psycopg
import pytest

from dev.ports import LOOPBACK, free_port
from dev.sample_app.migrate import FOLDER
from dev.sample_app.versions import EVENT_NOTE
from lib.migrations.ledger import read_whole_ledger
from lib.rollback.engine import LEASE
from lib.rollback.models import DATABASE_FIRST, SWITCH_FIRST, Environment, Status, StepState
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION


def undo_event_note(url: str) -> None:
    [file] = FOLDER.glob(f"{EVENT_NOTE}_*.sql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(file.read_text().split("-- migrate:down", 1)[1].encode())
        connection.execute("DELETE FROM schema_migrations WHERE version = %s", [EVENT_NOTE])


@pytest.fixture
async def with_note(services, platform):
    """A release that brought a migration is live."""
    deployment = platform.release("adds-note")
    await services.tracker.reconcile(PRODUCTION)
    yield deployment["id"]
    undo_event_note(platform.config.app_database_url)


@pytest.fixture
async def without_app_database(variables, services):
    """The same control plane, which cannot reach the app's database any more."""
    address = f"postgresql://{LOOPBACK}:{free_port()}/app"
    away = build(load(variables | {"APP_DATABASE_URL": address}))
    yield away
    await away.close()


async def work_elsewhere(services, order, pass_time=None):
    """With `pass_time` the clock goes on with each attempt, so that its time is soon up."""
    rollback = await services.engine.start(order)
    while pass_time and not rollback.is_final:
        await pass_time(timedelta(seconds=8))
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        rollback = await services.engine.advance(claim)
    await services.engine.run(rollback.id, stop_at=time.monotonic() + 30)
    return await services.engine.store.get(rollback.id)


async def test_a_database_that_has_moved_on_stops_it_before_traffic_moves(
    services, order, with_note, releases, work, live_moves, is_locked, platform
):
    before = live_moves()

    ended = await work(
        await services.engine.start(
            order.model_copy(update={"from_deployment": with_note, "target": releases.v2})
        )
    )

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert [step.step for step in ended.steps] == list(DATABASE_FIRST)
    assert ended.find("switch").state is StepState.WAIT
    assert EVENT_NOTE in ended.error
    assert "Nothing was changed" in ended.visitors_get
    assert any("present database" in action for action in ended.next_actions)
    assert live_moves() == before
    assert platform.state()["auto_assign"] is True
    assert not await is_locked()


async def test_going_back_to_a_version_with_the_same_database_is_no_matter(
    services, order, releases, work, with_note, platform
):
    """Both were live after the migration."""
    later = platform.release("good-2")["id"]
    await services.tracker.reconcile(PRODUCTION)

    ended = await work(
        await services.engine.start(
            order.model_copy(update={"from_deployment": later, "target": with_note})
        )
    )

    assert ended.status is Status.COMPLETED, ended.error
    assert [step.step for step in ended.steps] == list(SWITCH_FIRST)
    assert ended.find("database").state is StepState.SKIPPED


async def test_a_version_that_was_never_live_has_a_database_that_nobody_knows(
    services, order, releases, work, live_moves
):
    ended = await work(
        await services.engine.start(order.model_copy(update={"target": releases.v3}))
    )

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "nobody recorded which migrations this version contains" in ended.error
    assert live_moves() == []


async def test_traffic_goes_back_although_the_apps_database_cannot_be_reached(
    without_app_database, order, live_moves, releases
):
    """A connection storm of the bad release must not block its own rollback."""
    ended = await work_elsewhere(without_app_database, order)

    assert ended.status is Status.COMPLETED, ended.error
    assert ended.find("database").state is StepState.SKIPPED
    assert live_moves() == [releases.v1]


async def test_a_target_is_known_by_the_last_time_that_its_database_could_be_read(
    without_app_database, order, control, live_moves, releases
):
    """It was live twice, and the second time nobody could read the ledger."""
    await control.execute(
        "WITH unread AS (UPDATE deployment_history SET db_migration_version = 'unknown'"
        " WHERE vercel_deployment_id = %s RETURNING id)"
        " INSERT INTO live_periods (environment, deployment, live_from, live_until, how)"
        " SELECT 'production', id, app_now(), app_now(), 'observed' FROM unread",
        [releases.v1],
    )

    ended = await work_elsewhere(without_app_database, order)

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_what_was_found_before_traffic_moved_holds_while_it_does_not_answer(
    without_app_database, order, control, live_moves, releases
):
    """An app without migrations has no version by which it could be known either."""
    await control.execute("UPDATE deployment_history SET db_migration_version = 'unknown'")

    ended = await work_elsewhere(without_app_database, order)

    assert ended.status is Status.COMPLETED, ended.error
    assert ended.find("database").state is StepState.SKIPPED
    assert "does not answer now" in ended.find("database").message
    assert live_moves() == [releases.v1]


async def test_only_what_is_asked_about_is_read(services, releases):
    """However many have been live."""
    known = await services.deployments.known_databases(PRODUCTION, [releases.v1, releases.v3])

    live = await services.deployments.known_databases(PRODUCTION, [releases.v2])
    assert [*known.of] == [releases.v1]
    assert known.live == live.of[releases.v2]


async def test_what_had_moved_before_the_database_went_away_is_remembered(
    services, with_note, without_app_database, order, releases, live_moves, pass_time
):
    """It may answer again at any moment, so the step tries until its time is up."""
    before = live_moves()

    ended = await work_elsewhere(
        without_app_database, order.model_copy(update={"target": releases.v2}), pass_time
    )

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert ended.find("database").attempt > 1
    assert "does not answer" in ended.error
    assert live_moves() == before


async def test_an_app_without_a_database_has_nothing_to_care_for(
    variables, services, order, releases, live_moves
):
    del variables["APP_DATABASE_URL"]
    alone = build(load(variables))
    ended = await work_elsewhere(alone, order.model_copy(update={"target": releases.v1}))
    await alone.close()

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_the_history_says_why_a_version_does_not_fit(services, with_note, releases):
    shown = {view.deployment_id: view for view in await services.listing.all(PRODUCTION)}

    assert not shown[releases.v2].eligible
    assert EVENT_NOTE in shown[releases.v2].why_not


class TestTheLedger:
    @pytest.fixture
    def database(self, postgres, request):
        postgres.create_database("ledgers")
        yield postgres.url("ledgers")
        postgres.drop_database("ledgers")

    @pytest.mark.parametrize(
        ("statements", "versions"),
        [
            pytest.param("SELECT 1", [], id="none"),
            pytest.param(
                "CREATE TABLE schema_migrations (version text);"
                "INSERT INTO schema_migrations VALUES ('2'), ('1')",
                ["1", "2"],
                id="dbmate",
            ),
            pytest.param(
                "CREATE SCHEMA supabase_migrations;"
                "CREATE TABLE supabase_migrations.schema_migrations (version text);"
                "INSERT INTO supabase_migrations.schema_migrations VALUES ('1')",
                ["1"],
                id="supabase",
            ),
            pytest.param(
                "CREATE SCHEMA drizzle;"
                "CREATE TABLE drizzle.__drizzle_migrations (created_at bigint);"
                "INSERT INTO drizzle.__drizzle_migrations VALUES (20), (3)",
                ["3", "20"],
                id="drizzle",
            ),
            pytest.param(
                "CREATE TABLE _prisma_migrations"
                " (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);"
                "INSERT INTO _prisma_migrations VALUES ('1_a', now(), NULL),"
                " ('2_failed', NULL, NULL), ('3_undone', now(), now())",
                ["1_a"],
                id="prisma",
            ),
        ],
    )
    async def test_is_read_where_the_apps_own_tool_keeps_it(self, database, statements, versions):
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(statements.encode())

        read = await read_whole_ledger(database)
        assert read is not None
        assert list(read.applied) == versions

    @pytest.mark.parametrize(
        "address",
        [f"postgresql://{LOOPBACK}:{free_port()}/x", "postgresql://nowhere.invalid/x"],
        ids=["nobody-listens", "no-such-host"],
    )
    async def test_is_unknown_where_nobody_answers(self, address):
        assert await read_whole_ledger(address) is None

    async def test_is_unknown_where_it_may_not_be_read(self, database):
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE schema_migrations (version text); DROP ROLE IF EXISTS stranger;"
                "CREATE ROLE stranger LOGIN"
            )

        assert await read_whole_ledger(database.replace("postgres@", "stranger@")) is None

    async def test_is_not_waited_for_when_the_database_never_answers(self):
        async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(stay_silent, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(60):
            assert await read_whole_ledger(f"postgresql://{LOOPBACK}:{port}/x") is None
        server.close()
        await server.wait_closed()
