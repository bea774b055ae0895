"""Each change of the app's ledger is one event, whoever looks, and no look waits for it."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from itertools import count

import psycopg
import pytest

from dev.ports import LOOPBACK, free_port
from lib.deployments.models import Release
from lib.health.sweep import YOUNG
from lib.migrations.watch import READ_EVERY
from lib.rollback.models import Environment
from lib.schema.app_database import AppDatabase
from lib.settings import load
from lib.wiring import build

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SHA = "a1b2c3d4e5" * 4
#: Far more than anything here takes.
SOON = 60.0
number = count()


@pytest.fixture
def app_url(postgres):
    """An app's database with two migrations."""
    name = f"watched_{next(number)}"
    postgres.create_database(name)
    url = postgres.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE schema_migrations (version text PRIMARY KEY)")
        connection.execute("INSERT INTO schema_migrations VALUES ('0001'), ('0002')")
    yield url
    postgres.drop_database(name)


@pytest.fixture
def app(app_url):
    def app(statement):
        with psycopg.connect(app_url, autocommit=True) as connection:
            connection.execute(statement)

    return app


@pytest.fixture
def variables(variables, app_url):
    return variables | {"APP_DATABASE_URL": app_url}


@pytest.fixture
def watch(services):
    return services.sweep.ledger


@pytest.fixture
def look(watch, pass_time):
    async def look():
        await pass_time(READ_EVERY)
        return await watch.look()

    return look


@pytest.fixture
def events(control):
    async def events(environment=PRODUCTION):
        cursor = await control.execute(
            "SELECT ledger_from, ledger_to, h.vercel_deployment_id AS live,"
            " e.changed_after < e.at AS in_order"
            " FROM ledger_events e LEFT JOIN deployment_history h ON h.id = e.live_deployment"
            " WHERE e.environment = %s ORDER BY e.id",
            [environment],
        )
        return [tuple(row.values()) for row in await cursor.fetchall()]

    return events


@pytest.fixture
def moved(services):
    """What the rule asks: since the live release went live."""

    async def moved(environment=PRODUCTION):
        rows = await services.deployments.history(environment)
        live = next(row for row in rows if row.is_live)
        return await services.ledger_events.ledger_moved_since(environment, live.live_from)

    return moved


@pytest.fixture
def tell(services):
    """CI tells what a deployment contains."""

    async def tell(deployment, versions):
        release = Release(
            environment=PRODUCTION,
            git_sha=SHA,
            vercel_deployment_id=deployment,
            versions=versions,
        )

        async def write(connection, row):
            await services.records.record(connection, row, versions, [], recorded_by="CI")

        await services.deployments.record(release, recorded_by="CI", also=write)

    return tell


async def test_the_first_look_is_no_change(look, events):
    assert (await look(), await look(), await events()) == (False, False, [])


async def test_a_change_is_one_event_with_what_was_live_then(look, events, app, releases):
    await look()
    app("INSERT INTO schema_migrations VALUES ('0003')")

    assert (await look(), await look()) == (True, False)
    before, after = ["0001", "0002"], ["0001", "0002", "0003"]
    assert await events() == [(before, after, releases.v2, True)]
    assert await events(STAGING) == [(before, after, None, True)]


async def test_what_is_undone_is_a_change_too(look, events, app):
    await look()
    app("DELETE FROM schema_migrations")
    await look()
    app("DROP TABLE schema_migrations")

    assert await look() is False
    assert [(before, after) for before, after, *_ in await events()] == [(["0001", "0002"], [])]


async def test_it_is_read_at_most_twice_a_minute(watch, look, events, app):
    await look()
    app("INSERT INTO schema_migrations VALUES ('0003')")

    assert await watch.look() is False
    assert await look() is True


async def test_two_sweeps_at_once_see_one_event(services, variables, look, pass_time, app, events):
    other = build(load(variables))
    await look()
    app("INSERT INTO schema_migrations VALUES ('0003')")
    await pass_time(READ_EVERY)

    looks = [one.sweep.ledger.look() for one in (services, other) for _ in range(4)]
    seen = await asyncio.gather(*looks)

    await other.close()
    assert seen.count(True) == 1
    assert len(await events()) == 1


async def test_a_reading_that_was_held_up_does_not_undo_a_later_one(
    services, look, events, app, pass_time
):
    await look()
    store = services.ledger_events
    await pass_time(READ_EVERY)
    held_up = await store.claim(every=READ_EVERY)
    app("INSERT INTO schema_migrations VALUES ('0003')")
    await look()

    assert await store.note(held_up, ["0001", "0002"]) is False
    assert len(await events()) == 1


async def test_one_that_died_reading_is_followed_by_another(services, look, app, pass_time):
    await look()
    await pass_time(READ_EVERY)
    await services.ledger_events.claim(every=READ_EVERY)
    app("INSERT INTO schema_migrations VALUES ('0003')")

    assert await look() is True


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE schema_migrations RENAME COLUMN version TO number",
        "CREATE TABLE _prisma_migrations (id int)",
    ],
)
async def test_a_ledger_that_cannot_be_read_is_no_event(look, events, app, statement):
    await look()
    app(statement)

    assert (await look(), await events()) == (False, [])


async def test_a_database_that_is_away_is_no_event(services, pass_time, events, look):
    await look()
    away = replace(
        services.sweep.ledger, app=AppDatabase(f"postgresql://{LOOPBACK}:{free_port()}/app")
    )
    await pass_time(READ_EVERY)

    assert (await away.look(), await events()) == (False, [])
    assert await look() is False


async def test_an_app_without_a_database_is_not_watched(services, events):
    assert await replace(services.sweep.ledger, app=None).look() is False
    assert await services.ledger_events.claim(every=READ_EVERY) is not None


async def test_a_sweep_reads_it_beside_its_looks(services, app, events, pass_time):
    """All is calm: there is one look, and the reading is waited for."""
    await pass_time(2 * YOUNG)
    await services.sweep.run(stop_at=time.monotonic() + 60)
    app("INSERT INTO schema_migrations VALUES ('0003')")
    await pass_time(READ_EVERY)
    await services.sweep.run(stop_at=time.monotonic() + 60)

    assert len(await events()) == 1


class TestHanging:
    """The app's database takes connections and never answers; a reading lasts as long as it may."""

    @pytest.fixture
    async def asked(self):
        return asyncio.Event()

    @pytest.fixture
    async def hanging(self, services, asked, pass_time):
        async def hangs(reader, writer):
            asked.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hangs, LOOPBACK, 0)
        url = f"postgresql://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/app"
        await pass_time(READ_EVERY)
        yield replace(services.sweep.ledger, app=AppDatabase(url))
        server.close()

    async def test_delays_no_look(self, hanging, asked, services, control, monkeypatch, caplog):
        monkeypatch.setattr("lib.migrations.ledger.TIMEOUT_SECONDS", SOON)
        async with asyncio.timeout(SOON), hanging.watching(stop_at=time.monotonic()):
            await asked.wait()
            await services.sweep.take_looks()
            looks = await (await control.execute("SELECT count(*) AS n FROM probes")).fetchone()

        assert looks["n"] == 1
        assert "ledger_unread" not in caplog.messages

    async def test_is_given_up_on(self, hanging, asked, monkeypatch, caplog):
        monkeypatch.setattr("lib.migrations.watch.LAST_READING_SECONDS", 2 * SOON)
        async with asyncio.timeout(SOON), hanging.watching(stop_at=time.monotonic() + 2 * SOON):
            await asked.wait()

        assert "ledger_unread" in caplog.messages

    async def test_is_not_waited_for_by_a_sweep_that_must_end(
        self, hanging, asked, monkeypatch, caplog
    ):
        monkeypatch.setattr("lib.migrations.ledger.TIMEOUT_SECONDS", 2 * SOON)
        monkeypatch.setattr("lib.migrations.watch.LAST_READING_SECONDS", 2 * SOON)
        async with asyncio.timeout(SOON), hanging.watching(stop_at=time.monotonic()):
            await asked.wait()

        assert "ledger_unread" not in caplog.messages


async def test_our_own_database_being_away_stops_nothing(services, variables, postgres):
    nowhere = load(variables | {"DATABASE_URL": f"postgresql://{LOOPBACK}:{free_port()}/x"})
    away = build(nowhere)
    away.database.timeout_seconds = 0.2

    async with away.sweep.ledger.watching(stop_at=time.monotonic() + 60):
        pass
    await away.close()


class TestNotTheCodesFault:
    async def test_the_next_releases_migration_under_unchanged_code(
        self, look, moved, app, tell, releases
    ):
        await tell(releases.v2, ["0001", "0002"])
        await look()
        app("INSERT INTO schema_migrations VALUES ('0003')")
        await look()

        assert (await moved()).applied == ("0003",)

    async def test_the_releases_own_late_migration(self, look, moved, app, tell, releases):
        await tell(releases.v2, ["0001", "0002", "0003"])
        await look()
        app("INSERT INTO schema_migrations VALUES ('0003')")

        assert await look() is True
        assert await moved() is None

    async def test_a_release_of_which_nobody_told(self, look, moved, app):
        await look()
        app("INSERT INTO schema_migrations VALUES ('0003')")
        await look()

        assert (await moved()).applied == ("0003",)

    async def test_the_migration_of_a_release_that_has_since_gone_live(
        self, look, moved, app, services, platform, releases
    ):
        await look()
        app("INSERT INTO schema_migrations VALUES ('0003')")
        platform.move_alias(platform.config.aliases.production, releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        assert await look() is True
        assert await moved() is None

    async def test_one_from_before_it_went_live(
        self, look, moved, app, services, platform, releases, pass_time
    ):
        await look()
        app("INSERT INTO schema_migrations VALUES ('0003')")
        await look()
        await pass_time(timedelta(minutes=1))
        platform.move_alias(platform.config.aliases.production, releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        assert await moved() is None

    async def test_nothing_is_live(self, services, look, control):
        await look()
        now = (await (await control.execute("SELECT app_now() AS now")).fetchone())["now"]

        assert await services.ledger_events.ledger_moved_since(STAGING, now) is None
