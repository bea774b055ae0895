"""Roll forward: a rollback undone by another one, database first, once, whatever happens."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from dev.ports import LOOPBACK, free_port
from lib import errors
from lib.access.models import Caller, Role
from lib.automatic.models import Suspicion
from lib.operations.models import OPERATION
from lib.rollback.engine import LEASE
from lib.rollback.models import DATABASE_FIRST, Environment, Status, StepState, SwitchMethod
from lib.rollback.view import view
from lib.schema.app_database import AppDatabase
from lib.settings import load
from lib.wiring import build
from tests.integration.forward.going_back import PRODUCTION, query

AT_ONCE = 8
LEASE_IS_OVER = LEASE + timedelta(seconds=1)


class TestItsWay:
    async def test_everything_that_either_release_wrote_is_there_and_traffic_is_forward(
        self, undone, bad, roll_forward, url, live_moves, state, is_required
    ):
        ended = await roll_forward(subject=str(undone.id))

        assert ended.status is Status.COMPLETED, ended.error
        assert [step.step for step in ended.steps] == list(DATABASE_FIRST)
        assert ended.find("database").state is StepState.OK
        assert live_moves()[-1] == bad
        assert state() == ["forward"]
        assert is_required()
        assert query(url, "SELECT minutes FROM shots WHERE id = 'by-b'") == [(12,)]
        at = "SELECT starts_at FROM events WHERE id = 'ceremony'"
        assert query(url, at) == [("16:30",)]

    async def test_the_database_comes_first(self, services, undone, operate, live_moves, state):
        rollback = (await operate()).rollback
        before = live_moves()

        for step in ("record", "database"):
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            assert claim.step == step
            await services.engine.advance(claim)

        assert state() == ["forward"]
        assert live_moves() == before

    async def test_it_has_an_entry_of_its_own(self, services, undone, bad, roll_forward, control):
        ended = await roll_forward()

        [row] = await services.deployments.history(PRODUCTION, only=[bad])
        rows = await control.execute(
            "SELECT actor, action, facts ->> 'undoes' AS undoes FROM audit"
            " WHERE facts ->> 'rollback_id' = %s ORDER BY id",
            [str(ended.id)],
        )
        assert (row.how, row.by, row.reason) == ("roll_forward", "Grace", "It was the provider")
        assert [tuple(one.values()) for one in await rows.fetchall()] == [
            ("Grace", "rollback.start", str(undone.id)),
            ("Grace", "rollback.end", None),
        ]
        assert (view(undone).kind, view(ended).kind) == ("back", "forward")

    async def test_where_the_database_stayed_it_is_not_touched(
        self, plain, roll_forward, releases, live_moves, url
    ):
        ended = await roll_forward()

        assert ended.status is Status.COMPLETED, ended.error
        assert ended.find("database").state is StepState.SKIPPED
        assert live_moves()[-1] == releases.v2
        assert query(url, "SELECT to_regclass('_rollback.runs')") == [(None,)]

    async def test_by_instant_rollback_too(self, services, order, work, platform, releases):
        instant = order.model_copy(update={"switch_method": SwitchMethod.INSTANT})
        gone = await work(await services.engine.start(instant))

        back = instant.model_copy(
            update={"target": releases.v2, "from_deployment": releases.v1, "undoes": gone.id}
        )
        ended = await work(await services.engine.start(back))
        await services.tracker.reconcile(PRODUCTION)

        assert ended.status is Status.COMPLETED, ended.error
        assert platform.state()["production_id"] == releases.v2
        assert platform.state()["auto_assign"] is True


class TestItsEnd:
    async def test_what_it_goes_back_to_is_not_kept_away_any_more(
        self, services, plain, roll_forward, releases, control
    ):
        await roll_forward()

        rows = await services.deployments.history(PRODUCTION)
        lifted = await (await control.execute("SELECT lifted_by FROM quarantine")).fetchall()
        assert not any(row.quarantined for row in rows)
        assert [row["lifted_by"] for row in lifted] == ["Grace"]

    async def test_the_pin_is_lifted_by_the_next_look(
        self, services, plain, roll_forward, platform, control
    ):
        assert platform.state()["auto_assign"] is False

        await roll_forward()
        await services.tracker.reconcile(PRODUCTION)

        assert platform.state()["auto_assign"] is True
        assert await (await control.execute("SELECT * FROM pins")).fetchall() == []

    async def test_a_pin_of_an_earlier_rollback_stays(
        self, services, platform, releases, order, work, roll_forward, control
    ):
        newer = platform.release("good-2")["id"]
        await services.tracker.reconcile(PRODUCTION)
        first = order.model_copy(update={"from_deployment": newer, "target": releases.v2})
        assert (await work(await services.engine.start(first))).status is Status.COMPLETED
        assert (await work(await services.engine.start(order))).status is Status.COMPLETED

        ended = await roll_forward()
        await services.tracker.reconcile(PRODUCTION)

        pins = await (await control.execute("SELECT before, rollback_id FROM pins")).fetchall()
        assert ended.target == releases.v2
        assert platform.state()["auto_assign"] is False
        assert [tuple(pin.values()) for pin in pins] == [(True, ended.id)]

    async def test_it_is_no_rollback_to_the_guards_of_the_automatic_path(
        self, services, plain, roll_forward, releases
    ):
        await roll_forward()

        facts = await services.autopilot.decider.store.facts(
            PRODUCTION,
            releases.v2,
            window=timedelta(hours=1),
            watch=timedelta(minutes=15),
        )
        assert (facts.today, facts.tries, facts.is_restored) == (0, 0, False)
        moved = await services.health.moved_after_rollback(
            PRODUCTION, releases.v3, watch=timedelta(minutes=15)
        )
        assert moved is None

    async def test_what_a_person_rolled_forward_to_is_not_rolled_back_by_itself(
        self, services, plain, roll_forward, releases, rollbacks, control
    ):
        await roll_forward()

        suspicion = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")
        started = await services.autopilot.decider.decide(suspicion)

        alerts = await (await control.execute("SELECT kind, sentence FROM alerts")).fetchall()
        assert (started, await rollbacks()) == (None, 2)
        assert [alert["kind"] for alert in alerts] == ["automatic_refused"]
        assert alerts[0]["sentence"].endswith("so going back is a person's decision.")


class TestOnce:
    @pytest.mark.parametrize("named", [True, False])
    async def test_twice_it_is_the_same(self, undone, operate, work, named, rollbacks):
        subject = {"subject": str(undone.id)} if named else {}
        first = await operate(**subject)
        running = await operate(by="Ada", **subject)
        ended = await work(first.rollback)
        again = await operate(by="Ada", **subject)

        assert ended.status is Status.COMPLETED, ended.error
        assert [running.changed, again.changed] == [False, False]
        assert running.rollback.id == again.rollback.id == first.rollback.id
        assert again.message == "Grace has rolled forward already: completed."
        assert await rollbacks() == 2

    async def test_at_once_it_is_one(self, undone, operate, rollbacks):
        results = await asyncio.gather(*(operate() for _ in range(AT_ONCE)))

        assert sorted(result.changed for result in results) == [False] * (AT_ONCE - 1) + [True]
        assert len({result.rollback.id for result in results}) == 1
        assert await rollbacks() == 2

    async def test_killed_between_database_and_switch_it_goes_on(
        self, services, undone, operate, work, pass_time, bad, live_moves, state
    ):
        rollback = (await operate()).rollback
        for _ in ("record", "database"):
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            await services.engine.advance(claim)
        dead = await services.engine.store.claim(rollback.id, lease=LEASE)
        assert (dead.step, state()) == ("switch", ["forward"])
        await pass_time(LEASE_IS_OVER)

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert live_moves()[-1] == bad

    async def test_killed_before_it_could_write_down_that_the_database_is_forward(
        self, services, undone, operate, work, pass_time, url, state
    ):
        rollback = (await operate()).rollback
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        await services.engine.advance(claim)
        await services.engine.store.claim(rollback.id, lease=LEASE)
        assert (await AppDatabase(url).forward(undone.id)).state == "done"
        await pass_time(LEASE_IS_OVER)

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert state() == ["forward"]


class TestWhereRowsContradict:
    async def test_it_fails_before_traffic_moves_and_names_them(
        self, undone, roll_forward, live_moves, is_locked, state, contradict
    ):
        contradict()
        before = live_moves()

        ended = await roll_forward()

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert "shots id=by-a" in ended.error
        assert "Nothing was changed" in ended.visitors_get
        assert ended.next_actions[0].startswith("Correct these rows")
        assert live_moves() == before
        assert state() == ["back"]
        assert not await is_locked()

    async def test_once_they_are_corrected_it_may_be_tried_again(
        self, undone, bad, roll_forward, operate, work, url, live_moves, contradict
    ):
        contradict()
        failed = await roll_forward()
        query(url, "UPDATE shots SET minutes = 5 WHERE id = 'by-a'")

        again = await operate("retry", subject=str(failed.id))
        ended = await work(again.rollback)

        assert again.rollback.undoes == undone.id
        assert ended.status is Status.COMPLETED, ended.error
        assert live_moves()[-1] == bad
        assert (await operate()).rollback.id == ended.id

    async def test_the_rows_that_are_named_are_few(self, undone, roll_forward, url):
        query(
            url,
            "INSERT INTO shots (id, event_id, subject)"
            " SELECT 'many-' || n || repeat('x', 500), 'dinner', 'x' FROM generate_series(1, 40) n;"
            " UPDATE shots SET minutes = NULL WHERE id LIKE 'many-%'",
        )

        ended = await roll_forward()

        assert ended.error.count("many-") == 10
        assert ended.error.endswith(" and more.")
        assert len(ended.error) < 2000


class TestHalfWay:
    async def test_a_platform_that_refuses_leaves_the_database_forward_and_says_so(
        self, platform, undone, roll_forward, is_locked, bad, live_moves
    ):
        platform.fault("429", call="alias", times=1000)
        failed = await roll_forward()
        locked = await is_locked()
        platform.clear_faults()

        ended = await roll_forward()

        assert (failed.status, failed.step) == (Status.FAILED, "switch")
        assert "The database is forward already" in failed.visitors_get
        assert "Nothing was changed" not in failed.visitors_get
        assert "Roll forward again, now: it goes on from there." in failed.next_actions
        assert locked
        assert ended.status is Status.COMPLETED, ended.error
        assert live_moves()[-1] == bad
        assert not await is_locked()

    async def test_a_database_that_is_away_fails_it_before_traffic_moves(
        self, services, variables, undone, operate, live_moves, is_locked
    ):
        address = f"postgresql://{LOOPBACK}:{free_port()}/app"
        away = build(load(variables | {"APP_DATABASE_URL": address}))
        before = live_moves()

        rollback = (await operate()).rollback
        for _ in ("record", "database"):
            claim = await away.engine.store.claim(rollback.id, lease=LEASE)
            await away.engine.advance(claim)
        tried = await away.engine.store.get(rollback.id)
        await away.close()

        assert (tried.step, tried.status) == ("database", Status.IN_PROGRESS)
        assert "connection was lost" in tried.find("database").message
        assert live_moves() == before


class TestRefused:
    async def test_where_nothing_was_ever_rolled_back(self, services, operate):
        with pytest.raises(errors.Conflict, match="nothing to undo"):
            await operate()

    async def test_what_nobody_knows(self, services, operate):
        with pytest.raises(errors.NotFound):
            await operate(subject=str(uuid4()))

    async def test_the_other_environments(self, plain, operate):
        with pytest.raises(errors.NotFound, match="Staging has no such rollback"):
            await operate(subject=str(plain.id), environment="staging")

    async def test_one_that_failed(self, services, order, work, operate):
        failed = await work(
            await services.engine.start(order.model_copy(update={"target": "dpl_none"}))
        )

        with pytest.raises(errors.Conflict, match="did not complete"):
            await operate(subject=str(failed.id))

    async def test_one_that_runs(self, services, order, operate):
        running = await services.engine.start(order)

        with pytest.raises(errors.RollbackInProgress, match="has not ended"):
            await operate(subject=str(running.id))

    async def test_while_another_one_runs(self, services, plain, order, operate, releases):
        await services.engine.start(
            order.model_copy(update={"target": releases.v3, "from_deployment": releases.v1})
        )

        with pytest.raises(errors.RollbackInProgress, match="already started"):
            await operate()

    async def test_once_a_newer_release_is_live(self, services, plain, operate, platform):
        newer = platform.release("good-2")["id"]
        platform.move_alias(platform.config.aliases.production, newer)
        await services.tracker.reconcile(PRODUCTION)

        with pytest.raises(errors.Conflict, match=f"has moved on: {newer}"):
            await operate()

    async def test_also_where_that_one_was_left_again(
        self, plain, operate, platform, go_live, releases
    ):
        newer = platform.release("good-2")["id"]
        await go_live(newer)
        await go_live(releases.v1)

        with pytest.raises(errors.Conflict, match=f"has moved on: {newer}"):
            await operate()

    async def test_where_somebody_promoted_it_already(self, plain, operate, go_live, releases):
        await go_live(releases.v2)

        with pytest.raises(errors.Conflict, match="is live already"):
            await operate()

    async def test_one_that_is_not_the_newest(
        self, services, platform, releases, order, work, operate, roll_forward
    ):
        newer = platform.release("good-2")["id"]
        await services.tracker.reconcile(PRODUCTION)
        first = await work(
            await services.engine.start(
                order.model_copy(update={"from_deployment": newer, "target": releases.v2})
            )
        )
        second = await work(await services.engine.start(order))

        with pytest.raises(errors.Conflict, match=str(second.id)):
            await operate(subject=str(first.id))

        # The newest first: then the one before it is the newest that is left.
        assert (await roll_forward()).target == releases.v2
        assert (await roll_forward(subject=str(first.id))).target == newer

    async def test_a_roll_forward_itself(self, plain, roll_forward, operate):
        undoing = await roll_forward()

        with pytest.raises(errors.Conflict, match="To undo it, roll back"):
            await operate(subject=str(undoing.id))

    async def test_somebody_who_only_reads(self, services, plain, operate):
        operation = OPERATION.validate_python(
            {"action": "roll_forward", "environment": Environment.PRODUCTION, "reason": "x"}
        )
        with pytest.raises(errors.Forbidden):
            await services.operations.carry_out(operation, Caller(name="V", role=Role.VIEWER))

    async def test_a_release_that_went_live_after_it_began(
        self, services, plain, operate, work, platform, releases
    ):
        rollback = (await operate()).rollback
        newer = platform.release("good-2")["id"]
        platform.move_alias(platform.config.aliases.production, newer)

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "record")
        assert "gone live meanwhile" in ended.error
