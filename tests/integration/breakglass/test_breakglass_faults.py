"""Killed at any request, twice at once, a platform that fails: production ends where it should."""

import signal
from functools import partial

import pytest

from lib.breakglass import journal
from tests.integration.breakglass.conftest import DECIDED, KEYS
from tests.waiting import wait_until

QUICK = ("--answer-within", "0.3")
READS = ("deployment", "project", "deployments")
WRITES = {
    "alias": ("update-project", "alias", "purge-edge", "purge-data"),
    "instant": ("rollback", "purge-edge", "purge-data"),
}
MOVE = {"alias": "alias", "instant": "rollback"}


def is_asked(platform):
    return any(call["status"] is None for call in platform.calls())


def kill_when_asked(glass, platform):
    process = glass.start(*DECIDED)
    wait_until(partial(is_asked, platform))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for path in glass.paths():
        journal.read(path.read_bytes(), KEYS)  # what it has written is true
    platform.clear_faults()


@pytest.mark.parametrize("fault", ["hang", "timeout-after-applying"])
@pytest.mark.parametrize(
    ("method", "call"),
    [(method, call) for method, calls in WRITES.items() for call in calls],
    indirect=["method"],
)
def test_killed_at_any_change_the_same_again_goes_on(
    glass, platform, live, live_moves, releases, fault, call
):
    platform.fault(fault, call=call)
    kill_when_asked(glass, platform)

    done = glass(*DECIDED)

    assert done.code == 0, done.err
    assert "Goes on" in done.out
    assert live() == releases.v1
    assert live_moves() == [releases.v1]
    assert len(glass.paths()) == 1
    assert "continued" in glass.events()
    assert glass.end()["outcome"] == "completed"


@pytest.mark.parametrize("call", READS)
def test_killed_while_it_reads(glass, platform, live, live_moves, releases, call):
    platform.fault("hang", call=call)
    kill_when_asked(glass, platform)

    assert glass(*DECIDED).code == 0
    assert live_moves() == [releases.v1]


def test_interrupted_it_does_not_take_back_what_somebody_did_since(
    glass, platform, method, live, releases
):
    platform.fault("hang", call=MOVE[method])
    kill_when_asked(glass, platform)
    mend = platform.release("good")["id"]
    if live() != mend:
        platform.move_alias(platform.config.aliases.production, mend)

    done = glass(*DECIDED)

    assert live() == mend
    assert done.code == 1
    assert "Somebody else moved production" in done.err
    assert glass.end()["traffic"] == "other"


def test_interrupted_another_version_can_be_chosen(glass, platform, method, live, releases):
    platform.fault("hang", call=MOVE[method])
    kill_when_asked(glass, platform)
    platform.release("good")

    done = glass(*DECIDED, "--to", releases.v2)

    assert done.code == 0, done.err
    assert live() == releases.v2
    first = journal.read(min(glass.paths()).read_bytes(), KEYS)
    assert first[-1]["outcome"] == "abandoned"


def test_twice_at_once_is_one_move(glass, platform, live, live_moves, releases):
    processes = [glass.start(*DECIDED) for _ in range(2)]
    said = [process.communicate() for process in processes]

    codes = [process.returncode for process in processes]
    assert set(codes) <= {0, 1}, said
    assert 0 in codes, said
    assert live_moves() == [releases.v1]


@pytest.mark.parametrize("fault", ["429", "500", "hang", "timeout-after-applying"])
def test_a_platform_that_fails_for_a_while_is_outlasted(
    glass, platform, method, live, live_moves, releases, fault
):
    times = 1 if fault == "429" else 2
    platform.fault(fault, call=MOVE[method], times=times)
    if fault != "timeout-after-applying":
        platform.fault(fault, call="project", times=times)

    done = glass(*DECIDED, *QUICK)

    assert done.code == 0, done.err
    assert live_moves() == [releases.v1]


def test_a_platform_that_stays_away_leaves_all_as_it_was(glass, platform, live, releases):
    platform.fault("500", times=1000)

    done = glass(*DECIDED, "--give-up-after", "1")

    assert done.code == 4
    assert "Visitors get what they got before" in done.err
    assert glass.paths() == []
    platform.clear_faults()
    assert live() == releases.v2


def test_a_move_that_is_never_answered_is_not_known(glass, platform, method, live, releases):
    platform.fault("hang", call=MOVE[method], times=1000)

    done = glass(*DECIDED, *QUICK, "--give-up-after", "2")

    assert done.code == 4
    assert "either version" in done.err
    assert "end" not in glass.events()
    platform.clear_faults()
    assert glass(*DECIDED).code == 0
    assert live() == releases.v1
    assert len(glass.paths()) == 1


def test_what_is_asked_and_unanswered_is_read_before_it_is_asked_again(
    glass, platform, method, writes
):
    platform.fault("timeout-after-applying", call=MOVE[method])

    assert glass(*DECIDED, *QUICK).code == 0
    assert len([path for path in writes() if "failed" not in path]) == 1


@pytest.mark.parametrize("method", ["instant"], indirect=True)
@pytest.mark.parametrize("fault", ["job-failed", "job-skipped"])
def test_a_job_that_ends_badly_is_told(glass, platform, live, releases, fault):
    platform.fault(fault)

    done = glass(*DECIDED)

    assert done.code == 3
    assert "job" in done.err
    assert glass.end()["outcome"] == "failed"
    assert glass(*DECIDED).code == 0
    assert live() == releases.v1


@pytest.mark.parametrize("method", ["instant"], indirect=True)
def test_domains_that_do_not_move_are_named_and_it_can_be_run_again(
    glass, platform, live, releases
):
    platform.fault("domain-failed")

    done = glass(*DECIDED)
    assert done.code == 3
    assert f"did not move: {platform.config.aliases.production}" in done.err

    assert glass(*DECIDED, "--to", releases.v1).code == 0
    assert live() == releases.v1


def test_old_content_at_the_edge_is_waited_for(glass, platform):
    platform.fault("old-content", seconds=1.5)

    done = glass(*DECIDED)

    assert done.code == 0
    assert glass.end()["outcome"] == "completed"


def test_caches_that_are_not_cleared_are_a_warning(glass, platform):
    platform.fault("500", call="purge-edge", times=5)

    done = glass(*DECIDED)
    assert done.code == 0
    assert "caches were not cleared" in done.out


@pytest.mark.parametrize("method", ["alias"], indirect=True)
def test_a_pin_that_fails_does_not_hold_traffic_up(glass, platform, live, releases):
    platform.fault("500", call="update-project", times=100)

    done = glass(*DECIDED)
    assert done.code == 0
    assert live() == releases.v1
    assert "turn off the assignment of domains" in done.out
