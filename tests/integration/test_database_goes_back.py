"""Step `database` where there is work: the engine, on the app's real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from dev.sample_app.versions import RENAMED_SHOTS, SHOT_MINUTES, TIMELINE, VENUE_DROPPED
from lib import errors
from lib.access.models import Caller, Role
from lib.rollback.engine import LEASE
from lib.rollback.models import (
    DATABASE_FIRST,
    SWITCH_FIRST,
    Environment,
    RollbackRequest,
    Status,
    StepState,
)
from lib.rollback.steps import database
from lib.schema.app_database import AppDatabase
from lib.schema.plan import STRAGGLERS, GoesBack, Refused, Stays
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
BACK = f"Goes back one step ({SHOT_MINUTES} to {TIMELINE}). Nothing is deleted."
MAY_FAIL = (
    "People still on the newer version may see errors where it inserts with ON CONFLICT on"
    " shots_once."
)
#: One more photograph, as the versions before SHOT_MINUTES add it.
ADD_SHOT = "INSERT INTO shots (id, event_id, subject) VALUES ('one-more', 'dinner', 'The toast')"


@pytest.fixture
def back(services, order, releases):
    """A rollback that has begun, to v2."""

    async def back(left: str, **more):
        return await services.engine.start(
            order.model_copy(update={"from_deployment": left, "target": releases.v2, **more})
        )

    return back


@pytest.fixture
def in_haste(services, platform):
    """The step gives a run one second."""
    planner = services.engine.tools.planner
    planner.app = AppDatabase(platform.config.app_database_url, timedelta(seconds=1))
    return planner


@pytest.fixture
def claim_of_database(services):
    """The claim of the database step, when the steps before it are done."""

    async def claim_of_database(rollback):
        while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != (
            "database"
        ):
            await services.engine.advance(claim)
        return claim

    return claim_of_database


def runs(app):
    return app.execute("SELECT run_id::text, state, versions FROM _rollback.runs").fetchall()


def is_required(app) -> bool:
    query = "SELECT attnotnull FROM pg_attribute WHERE attname = 'minutes'"
    return app.execute(query).fetchone()["attnotnull"]


async def plan_of(services, deployment):
    return await services.engine.tools.planner.plan(PRODUCTION, deployment)


async def audited(control, action):
    query = "SELECT actor, subject, result, facts FROM audit WHERE action = %s"
    return await (await control.execute(query, [action])).fetchall()


async def test_the_database_goes_back_before_traffic_does(
    release, back, work, app, releases, live_moves, control
):
    bad = await release("adds-required")
    before = live_moves()
    with pytest.raises(psycopg.errors.NotNullViolation):
        app.execute(ADD_SHOT)

    ended = await work(await back(bad))

    assert ended.status is Status.COMPLETED, ended.error
    assert [step.step for step in ended.steps] == list(DATABASE_FIRST)
    assert ended.find("database").state is StepState.OK
    assert ended.find("database").message == BACK
    assert ended.find("database").finished_at <= ended.find("switch").started_at
    assert live_moves() == [*before, releases.v2]
    app.execute(ADD_SHOT)
    assert app.execute("SELECT count(*) AS n FROM shots WHERE minutes = 5").fetchone()["n"] == 7
    assert runs(app) == [{"run_id": str(ended.id), "state": "back", "versions": [SHOT_MINUTES]}]
    [entry] = await audited(control, "database.back")
    assert (entry["actor"], entry["subject"]) == ("Ada", releases.v2)
    assert entry["facts"]["versions"] == [SHOT_MINUTES]


async def test_an_automatic_rollback_runs_what_was_derived_and_says_what_may_fail(
    release, back, work, services, releases, control
):
    bad = await release("adds-unique")
    shown = {one.deployment_id: one for one in await services.listing.all(PRODUCTION)}

    ended = await work(await back(bad, automatic=True, requested_by="automatic"))

    assert ended.status is Status.COMPLETED, ended.error
    assert ended.find("database").state is StepState.OK
    assert ended.find("database").message.endswith(MAY_FAIL)
    assert shown[releases.v2].database_effect == ended.find("database").message
    [entry] = await audited(control, "database.back")
    assert entry["facts"]["sentence"].endswith(MAY_FAIL)


async def test_where_traffic_does_not_follow_what_may_fail_is_said_of_what_stays(
    release, back, work, platform, claim_of_database, pass_time
):
    rollback = await back(await release("adds-unique"))
    await claim_of_database(rollback)
    await pass_time(LEASE)
    platform.fault("500", call="project", times=100)

    ended = await work(rollback)
    platform.clear_faults()

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert ended.visitors_get.endswith(f"runs on it as well. {MAY_FAIL}")


async def test_what_is_back_is_not_taken_back_again_and_comes_forward(
    release, back, work, app, releases, services
):
    """The app's ledger says the same all the while."""
    bad = await release("adds-required")
    assert isinstance(await plan_of(services, releases.v2), GoesBack)
    ended = await work(await back(bad))

    assert isinstance(await plan_of(services, releases.v1), Stays)
    needs = await plan_of(services, bad)
    assert isinstance(needs, Refused)
    assert f"needs {SHOT_MINUTES}, which is rolled back" in needs.sentence
    assert "forward first" in needs.remedy

    forward = await services.engine.tools.planner.app.forward(ended.id)
    assert forward.state == "done"
    assert is_required(app)
    assert isinstance(await plan_of(services, bad), Stays)
    assert isinstance(await plan_of(services, releases.v2), GoesBack)


async def test_going_on_after_a_rollback_and_back_again(release, back, work, services, releases):
    """The next release leaves out what was rolled back."""
    await work(await back(await release("adds-required")))
    later = await release("adds-unique")

    ended = await work(await back(later))

    assert ended.status is Status.COMPLETED, ended.error
    assert "one step" in ended.find("database").message


async def test_whoever_comes_after_a_lost_answer_finds_the_run(
    release, back, work, app, services, claim_of_database, pass_time, control
):
    """It was committed over there, and nothing of that was written down here."""
    rollback = await back(await release("adds-required"))
    claim = await claim_of_database(rollback)
    committed = await database.run(claim, services.engine.tools)
    await pass_time(LEASE)

    ended = await work(rollback)

    assert committed.message == BACK
    assert ended.status is Status.COMPLETED, ended.error
    assert ended.find("database").state is StepState.OK
    assert ended.find("database").message == BACK
    assert len(runs(app)) == 1
    assert len(await audited(control, "database.back")) == 1


async def test_what_somebody_brought_forward_meanwhile_is_not_taken_for_done(
    release, back, work, app, services, claim_of_database, pass_time, live_moves
):
    rollback = await back(await release("adds-required"))
    claim = await claim_of_database(rollback)
    await database.run(claim, services.engine.tools)
    await services.engine.tools.planner.app.forward(rollback.id)
    await pass_time(LEASE)
    before = live_moves()

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "brought it forward again" in ended.error
    assert "is back" not in ended.visitors_get
    assert live_moves() == before


async def test_where_nobody_knows_whether_it_is_back_that_is_said_and_locks(
    release, back, work, services, claim_of_database, pass_time, is_locked
):
    """The answer to COMMIT was lost, and the app's database has not answered since."""
    rollback = await back(await release("adds-required"))
    claim = await claim_of_database(rollback)
    await services.engine.store.remember(
        claim, sentence="", versions=[], is_exclusive=False, went_back="unknown"
    )
    services.engine.tools.planner.app = AppDatabase("postgresql://127.0.0.1:1/app")
    await pass_time(LEASE)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "may be back already" in ended.visitors_get
    assert await is_locked()


class Killing(AppDatabase):
    """The app's database, and a worker that dies when it has answered."""

    async def run(self, run_id, plan, *, exclusive):
        await super().run(run_id, plan, exclusive=exclusive)
        raise asyncio.CancelledError


async def test_a_worker_that_died_while_it_went_back_leaves_no_word_that_nothing_was_changed(
    release, back, work, services, app, platform, claim_of_database, pass_time, is_locked
):
    """It was committed over there, and the app's database has not answered since."""
    rollback = await back(await release("adds-required"))
    claim = await claim_of_database(rollback)
    planner = services.engine.tools.planner
    planner.app = Killing(platform.config.app_database_url)
    with pytest.raises(asyncio.CancelledError):
        await database.run(claim, services.engine.tools)
    planner.app = AppDatabase("postgresql://127.0.0.1:1/app")
    await pass_time(LEASE)

    ended = await work(rollback)

    assert not is_required(app)
    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "may be back already" in ended.visitors_get
    assert "Nothing was changed" not in ended.visitors_get
    assert await is_locked()


class Meddling(AppDatabase):
    """The app's database, where a column is taken away at the moment when it is back."""

    async def run(self, run_id, plan, *, exclusive):
        [read, *others] = plan.reads
        gone = replace(read, columns=("gone",))
        return await super().run(run_id, replace(plan, reads=(gone, *others)), exclusive=exclusive)


async def test_what_is_found_wrong_after_it_went_back_is_told_with_that_it_is_back(
    release, back, work, services, app, platform
):
    rollback = await back(await release("adds-required"))
    services.engine.tools.planner.app = Meddling(platform.config.app_database_url)

    ended = await work(rollback)

    assert not is_required(app)
    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "could not be read as before" in ended.error
    assert "The database is back already" in ended.visitors_get
    assert any(f"forward --run {ended.id}" in action for action in ended.next_actions)


async def test_two_workers_at_once_do_it_once(
    release, back, services, app, claim_of_database, control
):
    """The lease is lost and the first one has not noticed."""
    claim = await claim_of_database(await back(await release("adds-required")))
    tools = services.engine.tools

    first, second = await asyncio.gather(database.run(claim, tools), database.run(claim, tools))

    assert (first, second) == (first, first)
    assert first.message == BACK
    assert len(runs(app)) == 1


async def test_what_the_newer_version_destroyed_is_refused_before_traffic_moves(
    release, back, work, live_moves, is_locked, app
):
    bad = await release("drops-column")
    before = live_moves()

    ended = await work(await back(bad))

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert VENUE_DROPPED in ended.error
    assert "weddings.venue" in ended.error
    assert "Nothing was changed" in ended.visitors_get
    assert ended.find("database").attempt == 1
    assert live_moves() == before
    assert not await is_locked()


async def test_a_lock_that_others_hold_is_waited_for(
    release, back, work, app, in_haste, services, claim_of_database
):
    claim = await claim_of_database(await back(await release("adds-required")))
    with psycopg.connect(app.info.dsn) as reader:
        reader.execute("SELECT FROM shots LIMIT 1")
        waiting = await services.engine.advance(claim)
    ended = await work(waiting)

    assert waiting.find("database").state is StepState.RUN
    assert ended.find("database").attempt == 2
    assert ended.status is Status.COMPLETED, ended.error


async def test_a_lock_that_is_never_let_go_fails_it_with_nothing_changed(
    release, back, work, app, in_haste, is_locked, live_moves
):
    bad = await release("adds-required")
    rollback = await back(bad)
    before = live_moves()
    with psycopg.connect(app.info.dsn) as reader:
        reader.execute("SELECT FROM shots LIMIT 1")
        pid = reader.info.backend_pid
        ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "database")
    assert "Nothing was changed" in ended.error
    assert f"pid {pid}" in ended.error
    assert "Nothing was changed" in ended.visitors_get
    assert live_moves() == before
    assert is_required(app)
    assert not await is_locked()


async def test_a_switch_that_fails_after_it_says_that_the_database_is_back(
    release, back, work, app, platform, is_locked, claim_of_database, pass_time
):
    bad = await release("adds-required")
    rollback = await back(bad)
    await claim_of_database(rollback)
    await pass_time(LEASE)
    platform.fault("500", call="project", times=100)

    ended = await work(rollback)
    platform.clear_faults()

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert not is_required(app)
    assert "The database is back already" in ended.visitors_get
    assert "Nothing was changed" not in ended.visitors_get
    assert any(f"forward --run {ended.id}" in action for action in ended.next_actions)
    assert not await is_locked()


class TestExclusive:
    """The older version needs a name that the newer one uses otherwise."""

    @pytest.fixture
    async def renamed(self, release):
        return await release("renames-table")

    def request(self, target, **more):
        return RollbackRequest(deployment_id=target, reason="Other", environment=PRODUCTION, **more)

    async def test_is_a_persons_choice(self, renamed, services, releases, work, app):
        async def ask(**more):
            return await services.intake.start(
                self.request(releases.v2, **more), requested_by="Ada", idempotency_key=None
            )

        with pytest.raises(errors.Conflict, match="allow_exclusive") as refused:
            await ask()
        assert STRAGGLERS in str(refused.value)

        ended = await work(await ask(allow_exclusive=True))
        assert ended.status is Status.COMPLETED, ended.error
        assert [step.step for step in ended.steps] == list(DATABASE_FIRST)
        app.execute(ADD_SHOT)
        assert runs(app)[0]["versions"] == [RENAMED_SHOTS]

    async def test_never_happens_by_itself(self, renamed, back, work, app, live_moves):
        before = live_moves()

        ended = await work(await back(renamed, automatic=True, allow_exclusive=True))

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert "newer release's code would stop working" in ended.error
        assert live_moves() == before

    async def test_is_shown_with_what_it_means(self, renamed, services, releases):
        shown = {one.deployment_id: one for one in await services.listing.all(PRODUCTION)}

        assert shown[releases.v2].eligible
        assert shown[releases.v2].is_exclusive
        assert STRAGGLERS in shown[releases.v2].database_effect

    async def test_one_that_needs_no_choice_comes_before_it(
        self, renamed, services, releases, platform
    ):
        """A later version that has the new name as well."""
        same = platform.release("renames-table")["id"]
        await services.tracker.reconcile(PRODUCTION)
        rollback = await services.intake.start(
            self.request("last-stable"), requested_by="Ada", idempotency_key=None
        )

        assert platform.state()["aliases"][platform.config.aliases.production] == same
        assert rollback.target == renamed

    async def test_the_choice_is_part_of_what_a_key_stands_for(self, renamed, services, releases):
        await services.intake.start(
            self.request(releases.v2, allow_exclusive=True),
            requested_by="Ada",
            idempotency_key="once",
        )

        with pytest.raises(errors.IdempotencyKeyReused):
            await services.intake.start(
                self.request(releases.v2), requested_by="Ada", idempotency_key="once"
            )


class Counting(AppDatabase):
    """The app's database, how often its catalogue was read, and how often that was thought over."""

    looks = plans = 0

    async def look(self):
        Counting.looks += 1
        return await super().look()

    def plan(self, *facts):
        Counting.plans += 1
        return super().plan(*facts)


class TestShown:
    @pytest.fixture
    def counting(self, services, platform, monkeypatch):
        """What was read for a page is good for the whole test."""
        monkeypatch.setattr("lib.schema.plan.SHOWN_SECONDS", 3600)
        services.engine.tools.planner.app = Counting(platform.config.app_database_url)
        Counting.looks = Counting.plans = 0
        return services.engine.tools.planner

    async def test_a_target_that_the_database_goes_back_for_is_eligible(
        self, release, services, releases
    ):
        await release("adds-required")

        shown = {one.deployment_id: one for one in await services.listing.all(PRODUCTION)}
        assert shown[releases.v2].eligible
        assert not shown[releases.v2].is_exclusive
        assert shown[releases.v2].database_effect == BACK

    async def test_one_that_it_cannot_go_back_for_says_why_and_what_to_do(
        self, release, services, releases
    ):
        await release("drops-column")

        shown = {one.deployment_id: one for one in await services.listing.all(PRODUCTION)}
        assert not shown[releases.v2].eligible
        assert "weddings.venue" in shown[releases.v2].why_not
        assert "fix forward" in shown[releases.v2].why_not.lower()

    async def test_where_it_cannot_go_back_for_any_the_button_says_so(
        self, release, services, releases
    ):
        await release("drops-column")

        page = await services.overview.build(PRODUCTION, Caller(name="Ada", role=Role.ADMIN))

        assert page.recommended is None
        assert page.blocked.code == "nothing"
        assert "weddings.venue" in page.blocked.sentence

    async def test_one_that_needs_no_choice_is_recommended(
        self, release, services, releases, platform
    ):
        renamed = await release("renames-table")
        platform.release("renames-table")
        await services.tracker.reconcile(PRODUCTION)

        page = await services.overview.build(PRODUCTION, Caller(name="Ada", role=Role.ADMIN))

        assert page.recommended == renamed

    async def test_the_catalogue_is_read_once_for_all_and_not_where_nothing_moved(
        self, release, services, counting
    ):
        await services.listing.all(PRODUCTION)
        assert Counting.looks == 0

        await release("adds-required")
        await counting.forget()
        for _ in range(3):
            await services.listing.all(PRODUCTION)
        assert Counting.looks == 1

    async def test_twenty_targets_cost_little_more_than_one(self, release, counting, releases):
        """It is read once for all, and thought over once for each content."""
        await release("adds-required")
        await counting.plans(PRODUCTION, [releases.v2])

        await counting.plans(PRODUCTION, [releases.v1, releases.v2, releases.v3] * 7)

        assert (Counting.looks, Counting.plans) == (1, 2)

    async def test_where_it_moved_and_is_away_that_is_said(
        self, release, variables, services, releases
    ):
        await release("adds-required")
        away = build(load(variables | {"APP_DATABASE_URL": "postgresql://127.0.0.1:1/app"}))

        plan = await plan_of(away, releases.v2)
        await away.close()

        assert isinstance(plan, Refused)
        assert plan.may_pass
        assert "does not answer" in plan.sentence


async def test_traffic_alone_moves_where_the_newer_version_only_added(
    release, back, work, app, live_moves
):
    """The older version's statements run on the present schema."""
    ended = await work(await back(await release("adds-column")))

    assert ended.status is Status.COMPLETED, ended.error
    assert [step.step for step in ended.steps] == list(SWITCH_FIRST)
    assert ended.find("database").state is StepState.SKIPPED


async def test_a_changed_text_is_never_planned_with(release, services, releases, control):
    await release("adds-required")
    await control.execute(
        "UPDATE migration_scripts SET up_sql = up_sql || ' ' WHERE version = %s", [SHOT_MINUTES]
    )

    plan = await plan_of(services, releases.v2)

    assert isinstance(plan, Refused)
    assert "is not the one that was recorded" in plan.sentence


async def test_a_run_that_was_planned_before_the_database_moved_is_planned_again(
    release, services, releases, back, claim_of_database, app
):
    """Between plan and lock the app's own tool ran."""
    claim = await claim_of_database(await back(await release("adds-required")))
    plan = await plan_of(services, releases.v2)
    stale = replace(plan, down=replace(plan.down, ledger=()))

    outcome = await database.go_back(
        claim, services.engine.tools, services.engine.tools.planner.app, stale
    )

    assert outcome.retryable
    assert is_required(app)
    assert (await database.run(claim, services.engine.tools)).message == BACK
