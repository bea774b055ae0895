"""Nothing here reaches out: no network, no environment of the machine."""

import os
import socket

import pytest


class NetworkUsed(AssertionError):
    """A unit test does no I/O."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_: object) -> None:
        raise NetworkUsed("This test belongs to tests/integration.")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    for name in os.environ:
        monkeypatch.delenv(name)
