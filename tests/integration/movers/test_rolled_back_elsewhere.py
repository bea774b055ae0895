"""What was rolled back in the platform is watched, and nobody is fought."""

from datetime import timedelta
from typing import Any

import httpx

from lib.health.rule import FAILURES
from lib.health.sweep import WATCH, WATCH_EVERY
from lib.rollback.engine import LEASE
from lib.rollback.models import Status
from tests.integration.conftest import IMPATIENT_SECONDS
from tests.integration.movers.elsewhere import moved_to, rolled_back
from tests.integration.watching import check_cadence

SOON_SECONDS = 10.0


class TestRolledBackElsewhere:
    async def test_people_hear_who_did_it_from_where_to_where(
        self, follow, go_live, alerts, rows, platform, releases
    ):
        go_live(releases.v1)

        await follow(rolled_back(releases.v2, releases.v1))

        (told,) = await alerts("rolled_back_elsewhere")
        shas = {one["id"]: one["sha"][:7] for one in platform.state()["deployments"]}
        assert told.startswith(
            f"Usr_grace rolled production back from {shas[releases.v2]} to {shas[releases.v1]}"
        )

    async def test_one_without_a_webhook_is_known_by_the_platforms_job(
        self, variables, platform, releases, newest, look, services, alerts
    ):
        config = platform.config
        async with httpx.AsyncClient(base_url=platform.api_url) as person:
            answer = await person.post(
                f"/v1/projects/{config.project_id}/rollback/{releases.v1}",
                params={"teamId": config.team_id, "_by": "grace"},
                headers={"authorization": f"Bearer {config.token}"},
            )
        assert answer.status_code == 201
        await moved_to(platform, releases.v1)

        await look()

        assert await newest() == (releases.v1, "rolled_back_elsewhere", "grace")
        assert len(await alerts("rolled_back_elsewhere")) == 1

    async def test_it_is_watched_every_30_s_for_15_minutes(
        self, follow, go_live, look, rows, releases
    ):
        go_live(releases.v1)
        await follow(rolled_back(releases.v2, releases.v1))
        ticks = int((WATCH + timedelta(minutes=1)) / WATCH_EVERY)

        await look(ticks, every=WATCH_EVERY)

        watched = await rows(
            "SELECT p.deployment, p.live, l.how, p.at FROM probes p"
            " JOIN live_periods l ON l.id = p.watched_period ORDER BY p.at"
        )
        assert {row[:3] for row in watched} == {(releases.v1, "ok", "rolled_back_elsewhere")}
        check_cadence([row[3] for row in watched])

    async def test_the_sweep_goes_on_while_it_is_watched(
        self, services, follow, go_live, look, releases
    ):
        go_live(releases.v1)
        await follow(rolled_back(releases.v2, releases.v1))
        nobody_is_young = timedelta(0)

        while_watched = await services.health.next_look(watch=WATCH, young=nobody_is_young)
        await look(every=WATCH)
        after = await services.health.next_look(watch=WATCH, young=nobody_is_young)

        assert while_watched is not None
        assert after is None

    async def test_it_is_over_when_another_version_goes_live(
        self, follow, go_live, look, rows, releases
    ):
        go_live(releases.v1)
        await follow(rolled_back(releases.v2, releases.v1))
        go_live(releases.v3)

        await look()

        assert await rows("SELECT kind, resolved_at IS NOT NULL FROM alerts") == [
            ("rolled_back_elsewhere", True)
        ]


class TestNobodyIsFought:
    async def test_a_move_after_our_rollback_is_told_and_left_alone(
        self, services, order, work, go_live, look, alerts, live_moves, releases
    ):
        await work(await services.engine.start(order))
        go_live(releases.v2)

        await look(FAILURES + 2)

        assert len(await alerts("moved_after_rollback")) == 1
        assert live_moves() == [releases.v1, releases.v2]

    async def test_a_move_during_our_rollback_ends_it(
        self, services, order, work, go_live, live_moves, newest, look, releases
    ):
        rollback = await services.engine.start(order)
        while rollback.step != "verify":
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            assert claim is not None
            rollback = await services.engine.advance(claim)
        go_live(releases.v3)

        ended = await work(rollback)
        await look()

        assert ended.status is Status.FAILED
        assert "Somebody else moved production" in str(ended.error)
        assert live_moves() == [releases.v1, releases.v3]
        assert await newest() == (releases.v3, "observed", "grace")

    async def test_a_move_while_we_ask_is_not_taken_back(
        self, services, order, work, go_live, live_moves, platform, releases
    ):
        """Our request was answered by nobody, and a person moved it before we looked again."""
        platform.fault("timeout-after-applying", call="alias", seconds=SOON_SECONDS)
        rollback = await services.engine.start(order)
        while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != (
            "switch"
        ):
            await services.engine.advance(claim)
        services.http.timeout = httpx.Timeout(IMPATIENT_SECONDS)
        rollback = await services.engine.advance(claim)
        assert "asked" in await asked(services, rollback.id)
        go_live(releases.v3)

        ended = await work(rollback)

        assert ended.status is Status.FAILED
        assert "Somebody else moved production" in str(ended.error)
        assert live_moves() == [releases.v1, releases.v3]


async def asked(services, rollback_id) -> dict[str, Any]:
    """What the switch keeps between its attempts."""
    row = await services.database.one(
        "SELECT facts FROM rollback_steps WHERE rollback_id = %(id)s AND step = 'switch'",
        id=rollback_id,
    )
    return dict(row["facts"])
