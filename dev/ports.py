"""Ports of this machine's loopback address."""

import socket
from secrets import SystemRandom

LOOPBACK = "127.0.0.1"
#: Below those that the system gives to whoever connects: only a server takes one of these.
SERVERS = range(10_000, 32_000)


def listening_socket(port: int = 0) -> socket.socket:
    """A bound socket; port 0 picks a free one. Raises OSError if the port is taken."""
    # The protocol by name: without it asyncio leaves Nagle on, and each answer waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound


def free_port() -> int:
    """A port that was free a moment ago; whoever starts on it must be ready to lose the race."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """All of them different."""
    found: set[int] = set()
    while len(found) < count:
        port = SystemRandom().choice(SERVERS)
        if is_free(port):
            found.add(port)
    return list(found)


def is_free(port: int) -> bool:
    try:
        listening_socket(port).close()
    except OSError:
        return False
    return True
