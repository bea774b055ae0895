"""Who let what go live is known, told and written down once; and nobody is fought."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lib.health.rule import FAILURES
from lib.health.sweep import WATCH, WATCH_EVERY
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status
from lib.settings import load
from lib.vercel.webhook import Event
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)
MILLISECONDS = 1000
SOON_SECONDS = 10.0
GLANCES = 500


def promoted(deployment: str, by: str | None = "grace", *, id_: str = "evt_1") -> Event:
    return event("deployment.promoted", {"deployment": {"id": deployment}}, by, id_)


def rolled_back(from_: str, to: str, by: str | None = "grace", *, id_: str = "evt_1") -> Event:
    payload = {"fromDeploymentId": from_, "toDeploymentId": to}
    return event("deployment.rollback", payload, by, id_)


def event(kind: str, payload: dict[str, Any], by: str | None, id_: str) -> Event:
    user = {} if by is None else {"user": {"id": f"usr_{by}"}}
    created = int(time.time() * MILLISECONDS)
    return Event(id=id_, type=kind, created_at=created, payload=payload | user)


@pytest.fixture
def go_live(platform):
    """Somebody moves production's alias, and no webhook tells us."""

    def go_live(deployment: str, by: str = "grace") -> None:
        platform.move_alias(platform.config.aliases.production, deployment, by=by)

    return go_live


@pytest.fixture
def silent(platform) -> None:
    """The platform does not say who moved an alias."""
    platform.fault("500", call="aliases", times=1000)


@pytest.fixture
def follow(services):
    """A webhook comes in."""

    async def follow(incoming: Event) -> None:
        if await services.events.is_news(incoming):
            await services.arrivals.follow(incoming, stop_at=time.monotonic())

    return follow


@pytest.fixture
def look(services, pass_time):
    async def look(times: int = 1, *, every: timedelta = 10 * SECOND) -> None:
        for _ in range(times):
            await pass_time(every)
            await services.sweep.tick()

    return look


@pytest.fixture
def rows(control):
    async def rows(query: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in await (await control.execute(query)).fetchall()]

    return rows


@pytest.fixture
def audits(rows, control):
    """What was written of moves since the test began."""

    async def audits() -> list[tuple[object, ...]]:
        return await rows(
            "SELECT actor, action, subject, result FROM audit"
            " WHERE action LIKE 'deployment.%' ORDER BY id OFFSET 2"
        )

    return audits


@pytest.fixture
def alerts(rows):
    async def alerts(kind: str) -> list[str]:
        told = await rows(f"SELECT sentence FROM alerts WHERE kind = '{kind}' ORDER BY id")
        return [str(sentence) for (sentence,) in told]

    return alerts


@pytest.fixture
def newest(services):
    """What is live, as it is shown: how it came about, and who did it."""

    async def newest() -> tuple[str, str, str | None]:
        views = await services.listing.all(PRODUCTION)
        (live,) = [view for view in views if view.is_live]
        return live.deployment_id, live.how, live.by

    return newest


async def moved_to(platform, deployment: str) -> None:
    """The platform's job takes a moment."""
    for _ in range(GLANCES):
        if platform.state()["production_id"] == deployment:
            return
        await asyncio.sleep(SOON_SECONDS / GLANCES)
    raise AssertionError(f"The platform has not moved to {deployment}.")


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
            "SELECT p.deployment, p.live, l.how FROM probes p"
            " JOIN live_periods l ON l.id = p.watched_period"
        )
        assert set(watched) == {(releases.v1, "ok", "rolled_back_elsewhere")}
        assert WATCH // WATCH_EVERY <= len(watched) <= WATCH // WATCH_EVERY + 1

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
        self, services, order, work, go_live, live_moves, platform, impatient, pass_time, releases
    ):
        """Our request was answered by nobody, and a person moved it before we looked again."""
        platform.fault("timeout-after-applying", call="alias", seconds=SOON_SECONDS)
        rollback = await services.engine.start(order)
        while "asked" not in await asked(services, rollback.id):
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            assert claim is not None
            rollback = await services.engine.advance(claim)
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


class TestQuarantined:
    @pytest.fixture
    async def left(self, services, order, work) -> str:
        """v2 was rolled back."""
        await work(await services.engine.start(order))
        return str(order.from_deployment)

    async def test_it_is_told_with_why_it_was_left_and_what_to_do(
        self, follow, go_live, alerts, platform, left
    ):
        go_live(left)

        await follow(promoted(left))

        (told,) = await alerts("quarantined_went_live")
        sha = next(one["sha"] for one in platform.state()["deployments"] if one["id"] == left)
        assert told.startswith(f"Usr_grace let {sha[:7]} go live in production, which was rolled")
        assert f"{datetime.now(UTC):%Y-%m-%d} at" in told
        assert "by Ada: Page does not open." in told
        assert "lift its quarantine" in told

    async def test_it_is_told_once_for_each_time_it_is_live(
        self, services, go_live, look, alerts, follow, left, releases
    ):
        go_live(left)
        await look(3)
        await follow(promoted(left))
        once = len(await alerts("quarantined_went_live"))
        go_live(releases.v1)
        await look()
        go_live(left)
        await look()

        assert once == 1
        assert len(await alerts("quarantined_went_live")) == 2

    async def test_a_new_deployment_of_the_same_commit_is_told_as_well(
        self, platform, go_live, look, alerts, left
    ):
        sha = next(one["sha"] for one in platform.state()["deployments"] if one["id"] == left)
        again = platform.release("good-2", live=False, sha=sha)["id"]
        go_live(again)

        await look()

        assert len(await alerts("quarantined_went_live")) == 1

    async def test_one_that_was_lifted_may_come_back(self, control, go_live, look, alerts, left):
        await control.execute("UPDATE quarantine SET lifted_at = app_now()")
        go_live(left)

        await look()

        assert await alerts("quarantined_went_live") == []

    async def test_the_live_row_says_that_it_came_back(self, services, go_live, look, left):
        async def came_back() -> list[str]:
            rows = await services.deployments.history(PRODUCTION)
            return [row.deployment_id for row in rows if row.came_back]

        before = await came_back()
        go_live(left)
        await look()

        assert before == []
        assert await came_back() == [left]


class TestFreeze:
    @pytest.fixture
    async def tomorrow(self, variables, services, control):
        """A control plane for which tomorrow is frozen."""
        row = await (await control.execute("SELECT app_now() AT TIME ZONE 'UTC' AS now")).fetchone()
        day = f"{row['now'] + timedelta(days=1):%Y-%m-%d}"
        variables["FREEZE_WINDOWS"] = f"{day} 00:00 - {day} 24:00 UTC"
        built = build(load(variables))
        yield built
        await built.close()

    async def test_what_goes_live_in_a_window_is_told(
        self, tomorrow, go_live, alerts, pass_time, releases
    ):
        go_live(releases.v3)
        await tomorrow.tracker.reconcile(PRODUCTION)
        before = await alerts("promoted_in_freeze")
        await pass_time(timedelta(days=1))
        go_live(releases.v2)
        await tomorrow.tracker.reconcile(PRODUCTION)

        assert before == []
        (told,) = await alerts("promoted_in_freeze")
        assert tomorrow.settings.freeze_windows[0].text in told

    async def test_a_rollback_is_never_frozen(
        self, tomorrow, order, alerts, pass_time, services, work
    ):
        await pass_time(timedelta(days=1))
        rollback = await tomorrow.engine.start(order)
        while not rollback.is_final:
            claim = await tomorrow.engine.store.claim(rollback.id, lease=LEASE)
            if claim is None:
                await pass_time(SECOND)
                continue
            rollback = await tomorrow.engine.advance(claim)

        assert rollback.status is Status.COMPLETED
        assert await alerts("promoted_in_freeze") == []

    async def test_nor_is_somebody_elses(self, tomorrow, go_live, alerts, pass_time, releases):
        await pass_time(timedelta(days=1))
        later = rolled_back(releases.v2, releases.v1)
        moment = int(timedelta(days=1).total_seconds() * MILLISECONDS)
        go_live(releases.v1)
        event = later.model_copy(update={"created_at": later.created_at + moment})
        await tomorrow.events.is_news(event)
        await tomorrow.tracker.reconcile(PRODUCTION)

        assert await alerts("promoted_in_freeze") == []
        assert len(await alerts("rolled_back_elsewhere")) == 1
