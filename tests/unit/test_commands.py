"""A command says who runs it, wherever it runs."""

import os

import pytest

from lib.commands import user


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_who_the_environment_says(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    assert user() == "ada"


def test_a_number_without_a_name_is_one(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    assert user() == "user 4000000"
