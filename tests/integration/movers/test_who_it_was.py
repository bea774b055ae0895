"""Who let what go live is known, told and written down once."""

import asyncio
from datetime import timedelta

import pytest

from lib.rollback.models import Environment
from tests.integration.movers.elsewhere import event, promoted, rolled_back

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)
SOON_SECONDS = 60.0


class TestWhoItWas:
    async def test_a_promotion_says_who(self, follow, go_live, newest, audits, releases):
        go_live(releases.v3, by="ci")

        await follow(promoted(releases.v3))

        assert await newest() == (releases.v3, "promote", "usr_grace")
        assert await audits() == [
            ("platform:usr_grace", "deployment.went_live", releases.v3, "promote")
        ]

    async def test_a_name_is_shown_where_the_deployment_knows_it(
        self, follow, go_live, newest, releases
    ):
        go_live(releases.v3)

        await follow(promoted(releases.v3, by="ci"))

        assert await newest() == (releases.v3, "promote", "ci")

    async def test_the_same_webhook_many_times_is_written_once(
        self, follow, go_live, audits, releases
    ):
        go_live(releases.v3)

        await asyncio.gather(*(follow(promoted(releases.v3)) for _ in range(5)))
        await follow(promoted(releases.v3, id_="evt_again"))

        assert len(await audits()) == 1

    async def test_webhook_and_sweeps_at_once_are_written_once(
        self, services, follow, go_live, audits, newest, releases
    ):
        go_live(releases.v3)

        await asyncio.gather(
            follow(promoted(releases.v3)),
            *(services.tracker.reconcile(PRODUCTION) for _ in range(5)),
        )

        went_live = [row for row in await audits() if row[1] == "deployment.went_live"]
        assert len(went_live) == 1
        assert (await newest())[1:] in (("promote", "usr_grace"), ("promote", "grace"))

    async def test_a_webhook_before_traffic_has_moved_is_remembered(
        self, follow, go_live, look, newest, silent, releases
    ):
        await follow(rolled_back(releases.v2, releases.v1))
        assert (await newest())[0] == releases.v2
        go_live(releases.v1)

        await look()

        assert await newest() == (releases.v1, "rolled_back_elsewhere", "usr_grace")

    async def test_a_webhook_after_the_sweep_tells_who_it_was(
        self, follow, go_live, look, newest, audits, silent, releases
    ):
        go_live(releases.v3)
        await look()
        assert await newest() == (releases.v3, "observed", None)

        await follow(promoted(releases.v3))
        await follow(promoted(releases.v3, by="lena", id_="evt_2"))

        assert await newest() == (releases.v3, "promote", "usr_grace")
        assert await audits() == [
            ("platform:unknown", "deployment.went_live", releases.v3, "observed"),
            ("platform:usr_grace", "deployment.mover_known", releases.v3, "promote"),
        ]

    async def test_a_worker_that_dies_with_the_webhook_in_hand_loses_nothing(
        self, services, go_live, look, newest, silent, releases
    ):
        go_live(releases.v3)
        await look(every=10 * SECOND)
        await services.events.is_news(promoted(releases.v3))  # and dies

        await look()

        assert await newest() == (releases.v3, "promote", "usr_grace")

    async def test_without_a_webhook_the_platform_is_asked(self, go_live, look, newest, releases):
        go_live(releases.v3)

        await look()

        assert await newest() == (releases.v3, "observed", "grace")

    async def test_a_build_that_succeeded_says_less_than_the_alias(
        self, follow, go_live, newest, releases
    ):
        """CI made it; Grace let it go live."""
        go_live(releases.v3)

        await follow(
            event("deployment.succeeded", {"deployment": {"id": releases.v3}}, "ci", "evt_1")
        )

        assert await newest() == (releases.v3, "deploy", "grace")

    async def test_where_nobody_says_it_is_unknown(
        self, follow, go_live, newest, audits, silent, releases
    ):
        go_live(releases.v3)

        await follow(promoted(releases.v3, by=None))

        assert await newest() == (releases.v3, "promote", None)
        assert (await audits())[0][0] == "platform:unknown"

    @pytest.mark.parametrize("user", [7, "", "x" * 101, "a b", "a\x00", {"id": 1}], ids=repr)
    async def test_a_user_that_is_no_word_is_unknown(
        self, follow, go_live, newest, silent, releases, user
    ):
        go_live(releases.v3)
        strange = promoted(releases.v3)

        await follow(strange.model_copy(update={"payload": strange.payload | {"user": user}}))
        await follow(
            strange.model_copy(
                update={"id": "evt_2", "payload": strange.payload | {"user": {"id": user}}}
            )
        )

        assert await newest() == (releases.v3, "promote", None)

    async def test_an_event_about_another_deployment_blames_nobody(
        self, follow, go_live, newest, silent, releases
    ):
        """It is late: another one is live by now."""
        go_live(releases.v1)

        await follow(promoted(releases.v3))

        assert await newest() == (releases.v1, "observed", None)

    async def test_what_was_said_of_an_earlier_time_blames_nobody(
        self, follow, go_live, look, newest, silent, releases
    ):
        go_live(releases.v3)
        await follow(promoted(releases.v3))
        go_live(releases.v2)
        await look()
        go_live(releases.v3, by="lena")

        await look()

        assert await newest() == (releases.v3, "observed", None)

    async def test_an_alias_older_than_the_move_blames_nobody(
        self, services, platform, look, newest, releases, pass_time
    ):
        """Its creator is not known to be who moved it last."""
        await pass_time(timedelta(hours=1))
        platform.move_alias(platform.config.aliases.production, releases.v1)
        await services.tracker.reconcile(PRODUCTION)
        platform.move_alias(platform.config.aliases.production, releases.v3, by="grace")

        await look()

        assert await newest() == (releases.v3, "observed", None)

    async def test_a_platform_that_hangs_on_that_does_not_hide_the_release(
        self, platform, go_live, look, newest, impatient, releases
    ):
        platform.fault("hang", call="aliases", times=1000, seconds=SOON_SECONDS)
        go_live(releases.v3)

        async with asyncio.timeout(SOON_SECONDS):
            await look()

        assert await newest() == (releases.v3, "observed", None)

    async def test_a_rollback_of_ours_is_nobody_elses(
        self, services, order, work, newest, audits, follow, releases
    ):
        await work(await services.engine.start(order))
        await follow(rolled_back(releases.v2, releases.v1))

        assert await newest() == (releases.v1, "rollback", "Ada")
        assert await audits() == []

    async def test_it_is_written_with_the_period_or_not_at_all(
        self, services, control, go_live, releases
    ):
        """What cannot be written down has not been seen: the next look sees it."""
        await control.execute("ALTER TABLE audit ADD CONSTRAINT is_full CHECK (false) NOT VALID")
        go_live(releases.v3)

        with pytest.raises(Exception, match="is_full"):
            await services.tracker.reconcile(PRODUCTION)

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v2
