"""Becomes the program it is asked to start, bound to the life of the one that asked.

Run by path (`python -I -S launch.py [options] -- program …`), with the standard library alone: it
starts in about 15 ms, and the process id stays that of the program. Whatever ends the parent,
SIGKILL included, ends the program too: where the kernel offers it (Linux) by a death signal,
elsewhere by a small process that looks twice a second.
"""

import argparse
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOBODY = 65534
LOOK_SECONDS = 0.5


def main() -> None:
    options, program = read_arguments(sys.argv[1:])
    parent = options.parent
    if options.user_namespace:
        enter_user_namespace()
    if options.nobody:
        become_nobody()
    # After any change of identity, which would clear it.
    bind_to_parent(parent, options.death_signal, use_kernel=not options.watch)
    os.execv(program[0], program)


def read_arguments(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    split = arguments.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, default=int(signal.SIGKILL))
    parser.add_argument("--user-namespace", action="store_true")
    parser.add_argument("--nobody", action="store_true")
    parser.add_argument("--watch", action="store_true", help="do not rely on the kernel")
    return parser.parse_args(arguments[:split]), arguments[split + 1 :]


def enter_user_namespace() -> None:
    """Seem to be an ordinary user while remaining the owner of root's files."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {user} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {group} 1")


def become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def bind_to_parent(parent: int, death_signal: int, *, use_kernel: bool) -> None:
    if use_kernel and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    else:
        leave_a_watcher(parent, death_signal)
    if os.getppid() != parent:
        sys.exit("The program that asked for this one has ended already.")


def leave_a_watcher(parent: int, death_signal: int) -> None:
    program = os.getpid()
    if os.fork():
        return
    os.setsid()
    while os.getppid() == program:
        if not is_alive(parent):
            os.kill(program, death_signal)
        time.sleep(LOOK_SECONDS)
    os._exit(0)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
