"""After a rollback, and after what people do in the platform: what is done by itself again."""

from datetime import timedelta

import pytest

from lib.automatic.decision import WATCH
from lib.automatic.models import Suspicion
from lib.health import rule as probes
from lib.health.probe import Health, Look
from lib.health.watch import Path
from lib.rollback.models import Environment, Status

PRODUCTION = Environment.PRODUCTION


class TestWhatGoesLiveBeforeTheSwitch:
    async def test_is_left_alone_by_an_automatic_rollback(
        self, services, failing, act, work, platform, releases, is_locked
    ):
        """It may be the mend: what spoke against the one before says nothing about it."""
        host = platform.config.aliases.production
        await failing(releases.v3)
        await act()
        platform.move_alias(host, releases.v1)
        [rollback_id] = await services.engine.store.unfinished()

        ended = await work(await services.engine.store.get(rollback_id))

        assert ended.status is Status.FAILED
        assert "went live after" in ended.visitors_get
        assert platform.state()["aliases"][host] == releases.v1
        assert not await is_locked()

    async def test_is_gone_back_from_where_a_person_says_so(
        self, services, order, work, platform, releases
    ):
        host = platform.config.aliases.production
        rollback = await services.engine.start(order)
        platform.move_alias(host, releases.v3)

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED
        assert platform.state()["aliases"][host] == releases.v1


class TestAfterARollback:
    @pytest.fixture
    async def restored(self, services, act, failing, work, releases):
        """v3 was rolled back to v2 by itself."""
        await failing(releases.v3)
        await act()
        [rollback_id] = await services.engine.store.unfinished()
        done = await work(await services.engine.store.get(rollback_id))
        assert done.status is Status.COMPLETED

    async def test_a_restored_version_that_fails_too_is_told_and_left(
        self, services, restored, rollbacks, releases, alerts, live_moves
    ):
        before = live_moves()
        suspicion = Suspicion(PRODUCTION, releases.v2, "traffic", "it fails", Path.HARD, 1000)

        for _ in range(3):
            await services.autopilot.decider.decide(suspicion)

        assert len(await rollbacks()) == 1
        assert (await alerts())[-1] == "rollback_did_not_help"
        assert live_moves() == before

    @pytest.mark.parametrize("verdict", [probes.Verdict.ALONE, probes.Verdict.SHARED])
    async def test_that_is_told_by_our_own_looks_though_nothing_better_is_left(
        self, services, restored, releases, alerts, rows, verdict
    ):
        down = Look(Health.FAILED, "it answers 500")

        for _ in range(2):
            await services.sweep.act(PRODUCTION, releases.v2, down, None, verdict)

        assert (await alerts())[-1] == "rollback_did_not_help"
        assert "down_not_rolled_back" not in await alerts()

    async def test_the_version_that_was_left_is_never_gone_back_to(
        self, services, restored, rollbacks, releases, pass_time
    ):
        """Neither A to B nor, later, B to A: it is quarantined."""
        await pass_time(WATCH + timedelta(minutes=1))
        suspicion = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert (await rollbacks())[1:] == [(releases.v2, releases.v1, True)]

    async def test_its_own_earlier_days_are_its_baseline(
        self, restored, visits, judge, releases, rows
    ):
        """The bad release's 50 % would blind the watch."""
        await judge()

        [row] = await rows("SELECT p0 FROM baselines ORDER BY period DESC LIMIT 1")
        assert set(row["p0"].values()) == {0.05}


class TestWhatAPersonDidInThePlatform:
    @pytest.fixture
    async def came_back(self, services, act, failing, work, releases, live_since):
        """v3 was rolled back by itself, and is live again."""
        await failing(releases.v3)
        await act()
        [rollback_id] = await services.engine.store.unfinished()
        await work(await services.engine.store.get(rollback_id))
        await live_since(releases.v3, 200)

    async def test_a_promotion_of_what_was_rolled_back_is_not_fought(
        self, services, came_back, control, rollbacks, releases, alerts, live_moves
    ):
        await control.execute("UPDATE live_periods SET how = 'promote' WHERE live_until IS NULL")
        before = live_moves()
        suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

        for _ in range(3):
            await services.autopilot.decider.decide(suspicion)

        assert len(await rollbacks()) == 1
        assert "automatic_refused" in await alerts()
        assert live_moves() == before

    async def test_a_push_that_brings_it_back_is_rolled_back_again(
        self, services, came_back, rollbacks, releases
    ):
        suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert await rollbacks() == [(releases.v3, releases.v2, True)] * 2

    async def test_somebody_elses_rollback_that_did_not_help_is_told(
        self, services, control, rollbacks, releases, alerts
    ):
        await control.execute(
            "UPDATE live_periods SET how = 'rolled_back_elsewhere' WHERE live_until IS NULL"
        )
        suspicion = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert await rollbacks() == []
        assert await alerts() == ["rollback_did_not_help"]
