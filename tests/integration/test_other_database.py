"""The app's database is restored, branched or another one: noticed, before a rollback plans for it.

Restored as people do it, with pg_dump and pg_restore; a branch is a copy that goes on by itself.
"""

import asyncio
import subprocess
from dataclasses import replace
from uuid import uuid4

import pytest

from dev.ports import LOOPBACK, free_port
from dev.postgres import binaries
from lib import errors
from lib.access.models import Caller, Role
from lib.operations.models import OPERATION, AcceptDatabase
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status, StepState
from lib.schema.identity import REMEDY
from lib.schema.known import note
from lib.schema.plan import GoesBack, Refused, Stays
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
ANOTHER = "this is another database than"
EARLIER = "this database was restored to an earlier moment, or is a branch"
NOBODY_KNOWS = "and nobody here knows of it"
AT_ONCE = 5


def dump(url, file) -> None:
    subprocess.run([binaries() / "pg_dump", "-Fc", f"--file={file}", url], check=True)


def restore(postgres, url, file) -> None:
    """As it was when it was dumped, in a database that is made anew."""
    name = url.rpartition("/")[2]
    postgres.drop_database(name)
    postgres.create_database(name)
    subprocess.run([binaries() / "pg_restore", "-e", f"--dbname={url}", file], check=True)


@pytest.fixture
def url(platform):
    return platform.config.app_database_url


@pytest.fixture
def dump_app(url, tmp_path):
    return lambda: dump(url, tmp_path / "app")


@pytest.fixture
def restore_app(postgres, url, tmp_path):
    return lambda: restore(postgres, url, tmp_path / "app")


@pytest.fixture
def back(services, order, releases):
    """A rollback that has begun, to v2."""

    async def back(left: str, **more):
        return await services.engine.start(
            order.model_copy(update={"from_deployment": left, "target": releases.v2, **more})
        )

    return back


@pytest.fixture
async def first(release, back, work):
    """A rollback took the database back, and is known here."""
    ended = await work(await back(await release("adds-required")))
    assert ended.status is Status.COMPLETED, ended.error
    return ended


@pytest.fixture
async def restored(release, back, work, dump_app, restore_app, platform, services):
    """From before the first run, after which the release that was left is live once more."""
    bad = await release("adds-required")
    dump_app()
    await work(await back(bad))
    restore_app()
    platform.move_alias(platform.config.aliases.production, bad)
    await services.tracker.reconcile(PRODUCTION)
    return bad


@pytest.fixture
def operate(services):
    async def operate(action="accept_database", **more):
        body = {"environment": "production", "reason": "Restored on purpose"} | more
        operation = OPERATION.validate_python({"action": action} | body, strict=False)
        return await services.operations.carry_out(operation, Caller(name="Ada", role=Role.ADMIN))

    return operate


@pytest.fixture
def known(control):
    """Of an environment: newest run and age."""

    async def known(environment="production"):
        cursor = await control.execute(
            "SELECT newest_run::text, age FROM app_databases WHERE environment = %s", [environment]
        )
        row = await cursor.fetchone()
        return row and (row["newest_run"], row["age"])

    return known


@pytest.fixture
def plan(services, releases):
    async def plan(of=services):
        return await of.engine.tools.planner.plan(PRODUCTION, releases.v2)

    return plan


def refused(plan, why) -> bool:
    return isinstance(plan, Refused) and why in plan.sentence and plan.remedy == REMEDY


def is_known(plan) -> bool:
    """Something is to be done in it, and nothing is said against which database it is."""
    return not isinstance(plan, Stays) and not refused(plan, "")


class TestKnown:
    async def test_what_ends_there_is_known_here(self, first, known, operate):
        assert await known() == (str(first.id), 1)

        await operate("database_forward")
        assert await known() == (str(first.id), 2)

    async def test_a_roll_forward_is_known_too(self, first, known, operate, work):
        ended = await work((await operate("roll_forward")).rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert await known() == (str(first.id), 2)

    async def test_where_nothing_was_known_nothing_is_missed(self, first, control, release, plan):
        """A control plane from before this was kept."""
        await control.execute("DELETE FROM app_databases")
        await release("adds-unique")

        assert isinstance(await plan(), GoesBack)

    async def test_a_run_whose_answer_was_lost_is_taken_over(
        self, first, release, back, plan, services, known
    ):
        """Our side died between its COMMIT and ours, and nobody has gone on with it yet."""
        rollback = await back(await release("adds-unique"))
        await services.engine.tools.planner.app.run(
            rollback.id, (await plan()).down, exclusive=False
        )
        assert await known() == (str(first.id), 1)

        await release("retimes")

        assert is_known(await plan())
        assert await known() == (str(rollback.id), 2)

    async def test_whoever_goes_on_after_it_writes_it_down(
        self, first, release, back, plan, services, known, work, pass_time
    ):
        rollback = await back(await release("adds-unique"))
        while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != (
            "database"
        ):
            await services.engine.advance(claim)
        found = await plan()
        await services.engine.store.remember(
            claim, sentence=found.sentence, versions=list(found.down.versions), is_exclusive=False
        )
        await services.engine.tools.planner.app.run(rollback.id, found.down, exclusive=False)
        await pass_time(LEASE)

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert await known() == (str(rollback.id), 2)

    async def test_of_two_that_write_at_once_the_one_that_saw_more_stays(
        self, first, services, known
    ):
        earlier = (await services.engine.tools.planner.app.standing()).mark
        later = replace(earlier, newest=str(uuid4()), age=3)

        async def write(mark):
            async with services.database.transaction() as connection:
                await note(connection, PRODUCTION, mark)

        await asyncio.gather(*(write(mark) for mark in [later, earlier] * AT_ONCE))

        assert await known() == (later.newest, 3)

    async def test_a_run_that_was_planned_for_another_database_is_not_made(
        self, first, release, plan, services, app
    ):
        """It took the other one's place between plan and run."""
        await release("adds-unique")
        found = await plan()
        app.execute("UPDATE _rollback.identity SET id = gen_random_uuid()")

        ended = await services.engine.tools.planner.app.run(uuid4(), found.down, exclusive=False)

        assert (ended.state, ended.code) == ("refused", "moved")


class TestNoticed:
    async def test_one_that_was_restored_from_before_the_first_run(
        self, restored, back, work, plan, live_moves
    ):
        before = live_moves()

        assert refused(await plan(), ANOTHER)
        ended = await work(await back(restored))

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert ANOTHER in ended.error
        assert ended.next_actions[0] == REMEDY
        assert live_moves() == before

    async def test_one_that_was_restored_to_an_earlier_moment(
        self, first, release, back, work, dump_app, restore_app, plan
    ):
        later = await release("adds-unique")
        dump_app()
        second = await work(await back(later))
        assert second.status is Status.COMPLETED, second.error
        restore_app()

        assert refused(await plan(), f"{EARLIER}: run {second.id} is not in it")

    async def test_one_that_was_restored_to_before_it_came_forward(
        self, first, release, dump_app, restore_app, operate, plan
    ):
        await release("adds-unique")
        dump_app()
        await operate("database_forward")
        restore_app()

        assert refused(await plan(), f"{EARLIER}: a run that had come forward is back in it")

    async def test_a_branch_of_it_and_then_the_right_one_again(
        self, first, release, back, work, plan, postgres, url, variables, app
    ):
        later = await release("adds-unique")
        app.close()
        postgres.create_database("branch", url.rpartition("/")[2])
        await work(await back(later))
        branched = build(load(variables | {"APP_DATABASE_URL": postgres.url("branch")}))

        assert refused(await plan(branched), EARLIER)
        await branched.close()
        postgres.drop_database("branch")
        await release("retimes")
        assert is_known(await plan())

    async def test_our_own_that_was_restored(
        self, first, release, back, work, plan, postgres, variables, tmp_path
    ):
        """It knows the first rollback, and nothing of the second."""
        later = await release("adds-unique")
        dump(variables["DATABASE_URL"], tmp_path / "own")
        second = await work(await back(later))
        await release("retimes")
        restore(postgres, postgres.url("own_before"), tmp_path / "own")
        restored = build(load(variables | {"DATABASE_URL": postgres.url("own_before")}))

        assert is_known(await plan())
        assert refused(await plan(restored), f"run {second.id} was made in this database")
        await restored.close()
        postgres.drop_database("own_before")

    async def test_another_control_planes_run_in_it(self, first, release, plan, services):
        await release("adds-unique")
        await services.engine.tools.planner.app.run(uuid4(), (await plan()).down, exclusive=False)
        await release("retimes")

        assert refused(await plan(), NOBODY_KNOWS)

    @pytest.mark.parametrize("newest", ["good", "adds-column"])
    async def test_where_nothing_is_to_be_done_in_it_traffic_goes_back_all_the_same(
        self, newest, release, back, work, dump_app, restore_app, releases, live_moves
    ):
        dump_app()
        await work(await back(await release("adds-required")))
        restore_app()

        ended = await work(await back(await release(newest)))

        assert ended.status is Status.COMPLETED, ended.error
        assert ended.find("database").state is StepState.SKIPPED
        assert live_moves()[-1] == releases.v2


class TestForward:
    async def test_a_roll_forward_does_not_begin(
        self, release, back, work, dump_app, restore_app, operate, live_moves
    ):
        bad = await release("adds-required")
        dump_app()
        await work(await back(bad))
        restore_app()
        before = live_moves()

        ended = await work((await operate("roll_forward")).rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert f"cannot come forward: {ANOTHER}" in ended.error
        assert live_moves() == before

    async def test_the_database_alone_does_not_either(
        self, first, release, back, work, dump_app, restore_app, operate
    ):
        dump_app()
        await work(await back(await release("adds-unique")))
        restore_app()

        with pytest.raises(errors.Conflict, match=f"cannot come forward: {EARLIER}") as conflict:
            await operate("database_forward")
        assert conflict.value.facts["code"] == "other_database"


class TestAccepted:
    async def test_what_a_person_accepts_is_gone_back_in(
        self, restored, back, work, operate, known, control, plan
    ):
        result = await operate()

        assert result.changed
        assert "goes on with this database" in result.message
        assert await known() is None
        cursor = await control.execute(
            "SELECT actor, reason FROM audit WHERE action = 'operation.accept_database'"
        )
        assert await cursor.fetchall() == [{"actor": "Ada", "reason": "Restored on purpose"}]
        assert isinstance(await plan(), GoesBack)
        ended = await work(await back(restored))
        assert ended.find("database").state is StepState.OK
        assert await known() == (str(ended.id), 1)

    async def test_it_is_known_as_it_is_and_noticed_again(
        self, first, release, back, work, dump_app, restore_app, operate, known, plan
    ):
        dump_app()
        later = await release("adds-unique")
        await work(await back(later))
        restore_app()
        await operate()

        assert await known() == (str(first.id), 1)
        await release("retimes")
        assert is_known(await plan())
        assert not (await operate()).changed

    async def test_asked_for_by_many_at_once_it_is_one_change(self, restored, operate, control):
        results = await asyncio.gather(*(operate() for _ in range(AT_ONCE)))

        assert sorted(result.changed for result in results) == [False] * (AT_ONCE - 1) + [True]
        cursor = await control.execute(
            "SELECT count(*) AS n FROM audit WHERE action = 'operation.accept_database'"
        )
        assert (await cursor.fetchone())["n"] == 1

    async def test_for_one_environment_it_is_not_accepted_for_the_other(
        self, restored, operate, plan
    ):
        await operate(environment="staging")

        assert refused(await plan(), ANOTHER)

    @pytest.mark.parametrize(
        ("address", "error"),
        [
            ("", errors.Conflict),
            (f"postgresql://{LOOPBACK}:{free_port()}/app", errors.AppDatabaseUnavailable),
        ],
        ids=["not-set", "away"],
    )
    async def test_without_the_apps_database_it_says_so(self, variables, address, error):
        services = build(load(variables | {"APP_DATABASE_URL": address}))
        operation = AcceptDatabase(
            action="accept_database", environment=PRODUCTION, reason="Restored on purpose"
        )

        with pytest.raises(error, match=r"APP_DATABASE_URL|did not answer"):
            await services.operations.carry_out(operation, Caller(name="Ada", role=Role.OPERATOR))
        await services.close()
