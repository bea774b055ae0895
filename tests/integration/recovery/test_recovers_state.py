"""What a crash left behind: rollbacks in the middle, and a Redis that knows nothing any more."""

import asyncio
import subprocess
import time
from datetime import timedelta

import pytest

from dev.places import ROOT
from lib.recovery.copies import ProgressCopies
from lib.redis import RedisClient
from lib.rollback.engine import LEASE
from lib.rollback.models import Status
from lib.rollback.progress import Progress, key
from lib.wiring import build
from tests.conftest import REDIS_TOKEN
from tests.integration.archive.middle import between

DONE, STATE, MISUSED, TO_DO, AWAY = range(5)
ABANDONED = timedelta(minutes=1)
NOWHERE = "http://127.0.0.1:9"
#: Its second request: the first asks for the revision of the only copy.
REMOVED = 2


@pytest.fixture
async def left(services, order, pass_time):
    """Its worker died in its first step."""
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)
    await pass_time(ABANDONED)
    return rollback


def is_held(platform) -> bool:
    return any(call["status"] is None for call in platform.calls())


@pytest.fixture
def end_of(services):
    async def end_of(rollback):
        return await services.engine.store.get(rollback.id)

    return end_of


async def test_without_yes_it_only_reports(left, recover, end_of, live_moves):
    code, said = recover()
    assert (code, "was left unfinished: it is taken to its end" in said) == (TO_DO, True), said
    assert ((await end_of(left)).status, live_moves()) == (Status.IN_PROGRESS, [])


async def test_a_rollback_that_was_left_is_finished(left, recover, end_of, live_moves, releases):
    code, said = recover("--yes")
    assert (code, "is completed." in said) == (DONE, True), said
    assert ((await end_of(left)).status, live_moves()) == (Status.COMPLETED, [releases.v1])

    assert "Everything is as it should be." in recover("--yes")[1]
    assert live_moves() == [releases.v1]


async def test_two_at_once_move_traffic_once(left, recover, end_of, live_moves, releases):
    for running in (recover.start("--yes"), recover.start("--yes")):
        running.end()
    assert ((await end_of(left)).status, live_moves()) == (Status.COMPLETED, [releases.v1])


async def test_one_that_cannot_be_finished_fails_with_what_visitors_get(left, recover, end_of):
    code, said = recover("--yes", VERCEL_TOKEN="wrong")
    assert (code, "failed." in said, "Visitors get" in said) == (DONE, True, True), said
    assert (await end_of(left)).status is Status.FAILED


async def test_where_the_platform_is_away_it_ends_all_the_same(left, recover, end_of, pass_time):
    running = recover.start("--yes", VERCEL_API_URL=NOWHERE)
    while running.is_running and not (await end_of(left)).is_final:
        await pass_time(timedelta(seconds=5))
    code, said = running.end()
    assert (code, "failed." in said, "Visitors" in said) == (DONE, True, True), said


async def test_without_the_platforms_token_it_is_left(left, recover, end_of):
    code, said = recover("--yes", VERCEL_TOKEN="")
    assert (code, "Set VERCEL_TOKEN" in said) == (STATE, True), said
    assert (await end_of(left)).status is Status.IN_PROGRESS


async def test_one_that_is_being_worked_on_is_left_to_its_worker(services, order, recover):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=timedelta(minutes=5))
    code, said = recover("--yes")
    assert (code, "is being worked on." in said) == (DONE, True), said


async def test_it_is_killed_in_the_middle_and_goes_on(
    left, recover, end_of, live_moves, releases, pass_time, platform
):
    platform.fault("hang", call="alias", seconds=3)
    running = recover.start("--yes")
    while running.is_running and not is_held(platform):
        await end_of(left)
    running.kill()
    running.end()
    await pass_time(ABANDONED)

    assert recover("--yes")[0] == DONE
    assert ((await end_of(left)).status, live_moves()) == (Status.COMPLETED, [releases.v1])


async def test_progress_is_written_to_a_redis_that_lost_it(left, recover, services, end_of):
    recover("--yes")
    redis = services.redis
    await redis.run("DEL", key(left.id))
    code, said = recover()
    assert (code, "1 rollbacks have no copy" in said) == (TO_DO, True), said

    code, said = recover("--yes")
    assert (code, "1 copies were written." in said) == (DONE, True), said
    copy = await services.engine.progress.read(left.id)
    assert copy.revision == (await end_of(left)).revision


async def test_a_copy_of_a_later_time_than_the_row_is_replaced(left, recover, services, end_of):
    """The database was restored from a backup, and Redis was not."""
    recover("--yes")
    await services.redis.run("HSET", key(left.id), "revision", 10_000)
    recover("--yes")
    copy = await services.engine.progress.read(left.id)
    assert copy.revision == (await end_of(left)).revision


async def test_a_copy_that_a_worker_writes_meanwhile_stays(
    services, order, settings, redis_url, end_of, monkeypatch
):
    """It ends the rollback just before what was wrong with its copy is removed."""
    monkeypatch.setattr("lib.redis.TIMEOUT_SECONDS", 60.0)  # that waits for a whole rollback
    rollback = await services.engine.start(order)
    await services.redis.run("HSET", key(rollback.id), "revision", 10_000)

    async def work() -> None:
        worker = build(settings)
        await worker.engine.run(rollback.id, stop_at=time.monotonic() + 60)
        await worker.close()

    def act(number: int) -> bool:
        if number == REMOVED:
            asyncio.run(work())
        return False

    with between(redis_url) as middle:
        middle.act = act
        redis = RedisClient(middle.url, REDIS_TOKEN)
        await ProgressCopies(services.engine.store, Progress(redis)).mend()
        await redis.close()

    ended = await end_of(rollback)
    copy = await services.engine.progress.read(rollback.id)
    assert (ended.status, copy.revision) == (Status.COMPLETED, ended.revision)


async def test_a_redis_that_is_away_is_said_and_needed_for_nothing(left, recover, end_of):
    code, said = recover("--yes", UPSTASH_REDIS_REST_URL=NOWHERE)
    assert (code, "Redis does not answer" in said) == (DONE, True), said
    assert (await end_of(left)).status is Status.COMPLETED


async def test_a_head_that_redis_lost_is_noted_again(services, recover, log, redis_heads):
    log(3)
    [head] = await redis_heads()
    await services.redis.run("DEL", "audit:heads")
    assert f"Position {head[0]} is not noted." in recover()[1]
    assert recover("--yes")[0] == DONE
    assert head in await redis_heads()


@pytest.fixture
def redis_heads(services):
    return services.keeper.sealer.witness.heads


def test_a_database_that_is_away_is_4(recover):
    code, said = recover("--yes", DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert (code, "is the truth" in said) == (AWAY, True), said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], DONE, "Everything is as it should be."),
        (["--folder", "exported"], STATE, "There is no export of the audit log here."),
    ],
)
def test_the_shell_script_is_the_command_wherever_it_is_called(
    variables, tmp_path, arguments, code, said
):
    """Paths are the caller's; packages that are called as ours are not."""
    for name in ("lib", "scripts", "exported"):
        (tmp_path / name).mkdir()
    (tmp_path / "scripts" / "recover_state.py").write_text("raise SystemExit('not this one')")
    done = subprocess.run(
        [ROOT / "scripts" / "recover-state.sh", *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done
