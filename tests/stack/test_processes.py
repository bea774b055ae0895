"""Programs end with the one that started them, whatever ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dev.launch import is_alive
from dev.processes import LAUNCH, DidNotStart, Process
from tests.waiting import wait_until

PYTHON = sys.executable

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([
    sys.executable, "-I", "-S", sys.argv[1], f"--parent={os.getpid()}", *sys.argv[2:],
    "--", sys.executable, "-c", "import time; time.sleep(3600)",
])
print(child.pid, flush=True)
child.wait()
"""

SAY_WHO = "while read -r line; do case $line in Uid:*) echo $line;; esac; done </proc/self/status"


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return is_alive(pid) and not Path("/proc").exists()
    return state != "Z"


@pytest.mark.parametrize("way", [[], ["--watch"]], ids=["by the kernel", "by a watcher"])
def test_a_program_ends_when_its_parent_is_killed(way):
    parent = subprocess.Popen([PYTHON, "-c", PARENT, LAUNCH, *way], stdout=subprocess.PIPE)
    with parent:
        program = int(parent.stdout.readline())
        assert is_running(program)

        parent.kill()

        wait_until(lambda: not is_running(program))


def test_a_program_is_given_only_the_environment_named():
    seen = Process.start(
        "env", [PYTHON, "-c", "import os; assert os.environ['A'] == 'b'"], env={"A": "b"}
    )
    wait_until(lambda: seen.ended is not None)

    assert seen.ended == 0


def test_a_program_that_ignores_a_polite_end_is_killed(tmp_path):
    ignore = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    stubborn = Process.start(
        "stubborn", [PYTHON, "-c", f"{ignore}; time.sleep(3600)"], log=tmp_path / "log"
    )
    stubborn.wait_until(lambda: bool(stubborn.last_words()))

    stubborn.stop(timeout_seconds=0.1)

    assert stubborn.ended == -signal.SIGKILL


def test_a_program_that_ends_before_it_is_ready_says_why(tmp_path):
    broken = Process.start(
        "broken", [PYTHON, "-c", "raise SystemExit('no such thing')"], log=tmp_path / "log"
    )

    with pytest.raises(DidNotStart, match="no such thing"):
        broken.wait_until(lambda: False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_program_started_by_root_can_be_nobody(tmp_path):
    log = tmp_path / "log"
    who = Process.start("who", ["/bin/sh", "-c", SAY_WHO], log=log, identity=["--nobody"])
    wait_until(lambda: who.ended is not None)

    assert who.last_words().split() == ["Uid:", *["65534"] * 4]
