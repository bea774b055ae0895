"""What went live is known, whoever tells us, however often, in whatever order, or nobody."""

import asyncio
import json
import time
from datetime import timedelta

import psycopg
import pytest

from dev.ports import free_port
from lib import errors
from lib.deployments.models import UNKNOWN, DeploymentRecord
from lib.rollback.models import Environment
from lib.settings import load
from lib.vercel.webhook import Event
from lib.wiring import build

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SHA = "a1b2c3d4e5" * 4
MILLISECONDS = 1000


def event(id_: str = "evt_1", kind: str = "deployment.promoted", age: float = 0) -> Event:
    created = int((time.time() - age) * MILLISECONDS)
    return Event(id=id_, type=kind, created_at=created)


@pytest.fixture
def go_live(platform):
    def go_live(deployment_id: str) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)

    return go_live


@pytest.fixture
def follow(services):
    """A webhook comes in."""

    async def follow(incoming: Event) -> None:
        if await services.events.is_news(incoming):
            await services.arrivals.follow(incoming, stop_at=time.monotonic())

    return follow


@pytest.fixture
def history(services):
    async def history() -> list[tuple[str, str, bool]]:
        rows = await services.deployments.history(PRODUCTION)
        return [(row.deployment_id, row.how, row.is_live) for row in rows]

    return history


@pytest.fixture
def periods(control):
    async def periods() -> int:
        row = await (await control.execute("SELECT count(*) AS n FROM live_periods")).fetchone()
        return row["n"]

    return periods


def record(deployment_id: str, **facts: object) -> DeploymentRecord:
    return DeploymentRecord.model_validate(
        {"environment": "production", "git_sha": SHA, "vercel_deployment_id": deployment_id} | facts
    )


class TestWebhooks:
    async def test_a_release_that_went_live_is_live(self, follow, go_live, history, releases):
        go_live(releases.v3)

        await follow(event())

        assert (await history())[0] == (releases.v3, "promote", True)

    async def test_the_same_event_twice_is_one_release(self, follow, go_live, periods, releases):
        go_live(releases.v3)
        before = await periods()

        await asyncio.gather(*(follow(event()) for _ in range(10)))

        assert await periods() == before + 1

    async def test_many_events_about_one_release_are_one_release(
        self, follow, go_live, periods, releases
    ):
        go_live(releases.v3)
        before = await periods()

        await asyncio.gather(
            follow(event("evt_1", "deployment.succeeded")),
            follow(event("evt_2", "deployment.ready")),
            follow(event("evt_3", "deployment.promoted")),
        )

        assert await periods() == before + 1

    async def test_what_an_event_says_is_looked_up(self, follow, go_live, history, releases):
        """It comes late: its deployment has been live, and another one is by now."""
        go_live(releases.v3)
        go_live(releases.v1)

        await follow(event())

        assert (await history())[0] == (releases.v1, "promote", True)

    async def test_an_event_that_changes_nothing_changes_nothing(self, follow, periods):
        before = await periods()

        await follow(event())

        assert await periods() == before

    @pytest.mark.parametrize("kind", ["deployment.created", "project.removed"])
    async def test_other_events_are_not_followed(
        self, services, platform, go_live, periods, releases, kind
    ):
        go_live(releases.v3)
        platform.clear_calls()

        await services.arrivals.follow(event(kind=kind), stop_at=time.monotonic())

        assert platform.calls() == []

    async def test_an_event_is_news_once(self, services, pass_time):
        first = await services.events.is_news(event())
        await pass_time(timedelta(hours=23))

        assert (first, await services.events.is_news(event(age=-23 * 3600))) == (True, False)

    async def test_an_event_older_than_any_delivery_is_no_news(self, services):
        """Who has recorded one cannot play it back."""
        assert not await services.events.is_news(event(age=26 * 3600))

    @pytest.mark.parametrize(
        ("age", "why"),
        [(25 * 3600 + 60, "it is too old"), (-700, "it is from the future"), (-1e10, "future")],
    )
    async def test_a_replayed_or_postdated_event_is_logged_and_not_kept(
        self, services, control, caplog, age, why
    ):
        assert not await services.events.is_news(event(age=age))

        assert caplog.records[-1].getMessage() == "event_not_acted_on"
        assert why in vars(caplog.records[-1])["why"]
        cursor = await control.execute("SELECT count(*) AS n FROM webhook_events")
        assert (await cursor.fetchone())["n"] == 0

    @pytest.mark.parametrize("age", [24 * 3600, -500])
    async def test_a_late_delivery_and_a_clock_that_is_ahead_are_believed(self, services, age):
        assert await services.events.is_news(event(age=age))

    async def test_a_replay_after_its_id_is_forgotten_is_too_old(self, services, pass_time):
        """The latest event that is believed, at the first moment at which its id is gone."""
        assert await services.events.is_news(event(age=-590))
        await pass_time(timedelta(days=2, seconds=1))
        await services.events.is_news(event("evt_other", age=-2 * 86400))

        assert not await services.events.is_news(event(age=-590))

    async def test_a_platform_that_does_not_answer_now_is_asked_by_the_sweep(
        self, services, follow, go_live, platform, pass_time, releases
    ):
        go_live(releases.v3)
        platform.fault("500", times=1000)
        await follow(event())
        platform.clear_faults()
        await pass_time(timedelta(minutes=1))

        await services.sweep.tick()

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v3

    async def test_a_rollback_made_elsewhere_is_seen(self, follow, go_live, history, releases):
        go_live(releases.v1)

        await follow(event(kind="deployment.rollback"))

        assert (await history())[0] == (releases.v1, "rolled_back_elsewhere", True)


class TestRecorder:
    async def test_a_deployment_is_recorded_once_however_often_it_is_told(self, services):
        results = await asyncio.gather(
            *(services.deployments.record(record("dpl_ci"), recorded_by="ci") for _ in range(10))
        )

        assert sorted(results) == [False] * 9 + [True]

    async def test_ci_before_the_webhook(self, services, follow, go_live, releases):
        told = record(releases.v3, git_sha=SHA, db_migration_version="20261101", title="Mine")
        await services.deployments.record(told, recorded_by="ci")
        go_live(releases.v3)
        await follow(event())

        [row, *_] = await services.deployments.history(PRODUCTION)
        assert row.migration_version == "20261101"
        assert row.recorded_by == "ci"
        assert row.url
        assert row.variables
        assert row.is_live

    async def test_ci_after_the_webhook(self, services, follow, go_live, releases):
        go_live(releases.v3)
        await follow(event())
        told = record(releases.v3, db_migration_version="20261101", author="lena")
        is_new = await services.deployments.record(told, recorded_by="ci")

        [row, *_] = await services.deployments.history(PRODUCTION)
        assert not is_new
        assert row.migration_version == "20261101"
        assert row.author == "lena"
        assert row.title
        assert row.is_live

    async def test_both_at_once(self, services, follow, go_live, releases, history):
        go_live(releases.v3)

        await asyncio.gather(
            services.deployments.record(record(releases.v3), recorded_by="ci"), follow(event())
        )

        assert [row[0] for row in await history()].count(releases.v3) == 1

    async def test_what_is_known_is_not_replaced_by_what_is_not(self, services):
        full = record("dpl_ci", db_migration_version="7", title="Vendors", author="lena")
        await services.deployments.record(full, recorded_by="ci", variables={"A": 1})
        await services.deployments.record(
            record("dpl_ci", db_migration_version=UNKNOWN), recorded_by="ci"
        )

        [row, *_] = await services.deployments.history(PRODUCTION)
        assert (row.migration_version, row.title, row.author) == ("7", "Vendors", "lena")
        assert row.variables == {"A": 1}

    async def test_a_short_sha_does_not_replace_the_full_one(self, services):
        """Or its quarantine would no longer be found."""
        await services.deployments.record(record("dpl_ci"), recorded_by="platform")
        await services.deployments.record(record("dpl_ci", git_sha=SHA[:7]), recorded_by="ci")

        [row, *_] = await services.deployments.history(PRODUCTION)
        assert row.git_sha == SHA

    async def test_a_full_sha_replaces_the_short_one(self, services):
        await services.deployments.record(record("dpl_ci", git_sha=SHA[:7]), recorded_by="ci")
        await services.deployments.record(record("dpl_ci"), recorded_by="platform")

        [row, *_] = await services.deployments.history(PRODUCTION)
        assert row.git_sha == SHA

    async def test_an_environment_has_its_own_record(self, services):
        await services.deployments.record(record("dpl_ci"), recorded_by="ci")
        is_new = await services.deployments.record(
            record("dpl_ci", environment="staging"), recorded_by="ci"
        )

        assert is_new
        assert [row.deployment_id for row in await services.deployments.history(STAGING)] == [
            "dpl_ci"
        ]

    async def test_recorded_is_not_live(self, services, releases):
        await services.deployments.record(record("dpl_ci"), recorded_by="ci")

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v2


class TestAnswersOfThePlatform:
    async def test_a_stale_answer_does_not_replace_a_newer_one(self, services, periods, releases):
        """We asked, another invocation asked later and wrote first."""
        mark = await services.deployments.newest_period(PRODUCTION)
        await services.deployments.go_live(
            PRODUCTION, releases.v1, how="observed", mark=mark, ledger=None
        )

        was_news = await services.deployments.go_live(
            PRODUCTION, releases.v2, how="observed", mark=mark, ledger=None
        )

        assert not was_news
        assert await services.deployments.live_deployment(PRODUCTION) == releases.v1

    async def test_many_answers_at_once_are_one_period(self, services, go_live, periods, releases):
        go_live(releases.v3)
        before = await periods()

        await asyncio.gather(*(services.tracker.reconcile(PRODUCTION) for _ in range(10)))

        assert await periods() == before + 1

    async def test_one_period_ends_where_the_next_begins(
        self, services, go_live, releases, control
    ):
        go_live(releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        rows = await (
            await control.execute("SELECT live_from, live_until FROM live_periods ORDER BY id")
        ).fetchall()
        assert rows[-1]["live_until"] is None
        assert rows[-2]["live_until"] <= rows[-1]["live_from"]
        assert sum(row["live_until"] is None for row in rows) == 1

    async def test_nothing_is_live_where_nothing_ever_was(self, services):
        assert await services.tracker.reconcile(STAGING) is None
        assert await services.deployments.history(STAGING) == []

    async def test_a_platform_that_does_not_answer_leaves_history_alone(
        self, services, platform, periods
    ):
        before = await periods()
        platform.fault("500", times=1000)

        with pytest.raises(errors.VercelUnavailable):
            await services.tracker.reconcile(PRODUCTION)

        assert await periods() == before

    async def test_a_worker_that_dies_between_the_two_writes_is_caught_up_with(
        self, services, go_live, releases
    ):
        go_live(releases.v3)
        live = await services.tracker.routing.live(PRODUCTION)
        await services.tracker.record_platform(PRODUCTION, live)  # and dies

        await services.tracker.reconcile(PRODUCTION)

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v3


class TestVariables:
    async def test_names_and_times_are_kept_and_never_a_value(
        self, services, platform, go_live, releases, postgres, database_url
    ):
        platform.set_variable("STRIPE_SECRET_KEY", "sk_live_hunter2")
        go_live(releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        with psycopg.connect(database_url) as connection:
            stored = connection.execute("SELECT * FROM deployment_history").fetchall()
        [row, *_] = await services.deployments.history(PRODUCTION)
        assert "hunter2" not in str(stored)
        assert row.variables["STRIPE_SECRET_KEY"] > 0
        assert all(isinstance(at, int) for at in row.variables.values())

    async def test_a_rollback_says_which_have_changed_since(self, services, platform, order, work):
        platform.set_variable("STRIPE_SECRET_KEY", "rotated")

        ended = await work(await services.engine.start(order))

        assert "STRIPE_SECRET_KEY" in ended.find("record").message

    async def test_the_history_says_which_have_changed_since(
        self, services, platform, go_live, releases
    ):
        platform.set_variable("MAPS_KEY", "new")
        go_live(releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        shown = {view.deployment_id: view for view in await services.listing.all(PRODUCTION)}
        assert shown[releases.v2].changed_variables == ["MAPS_KEY"]
        assert shown[releases.v3].changed_variables == []

    async def test_a_deployment_keeps_those_it_was_made_with(
        self, services, platform, releases, go_live
    ):
        """It goes live a second time: the platform brings back its old values, not the new."""
        platform.set_variable("MAPS_KEY", "new")
        go_live(releases.v1)
        await services.tracker.reconcile(PRODUCTION)

        assert "MAPS_KEY" not in await services.deployments.variables(PRODUCTION, releases.v1)

    async def test_a_release_is_known_even_if_its_variables_are_not(
        self, services, platform, go_live, releases
    ):
        platform.fault("500", call="env", times=1000)
        go_live(releases.v3)

        await services.tracker.reconcile(PRODUCTION)

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v3


class TestLedger:
    async def test_the_apps_ledger_is_kept_as_it_was_at_go_live(self, services, control):
        rows = await (await control.execute("SELECT ledger FROM live_periods")).fetchall()

        assert {json.dumps(row["ledger"]) for row in rows} == {'["20261101090000"]'}

    async def test_an_app_database_that_is_away_does_not_keep_a_release_from_being_known(
        self, variables, services, go_live, releases, control
    ):
        away = build(
            load(variables | {"APP_DATABASE_URL": f"postgresql://127.0.0.1:{free_port()}/x"})
        )
        go_live(releases.v3)

        await away.tracker.reconcile(PRODUCTION)
        await away.close()

        cursor = await control.execute("SELECT ledger FROM live_periods WHERE live_until IS NULL")
        assert (await cursor.fetchone())["ledger"] is None
        assert await services.deployments.live_deployment(PRODUCTION) == releases.v3
