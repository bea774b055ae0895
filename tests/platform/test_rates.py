"""What is told of production's errors, and when."""

import time

import pytest

from dev.platform import Config
from dev.platform.cloud import Cloud
from dev.platform.edge import Visit
from dev.platform.rates import WINDOW_SECONDS, Rates

PRODUCTION = "production-wedsync.vercel.app"


@pytest.fixture
def said():
    return []


@pytest.fixture
def rates(said):
    return Rates(Cloud(Config(), said.append))


@pytest.fixture
def visits(rates):
    """So many visits, of which so many failed; then a look."""

    def visits(failed, total, host=PRODUCTION):
        for number in range(total):
            status = 500 if number < failed else 200
            rates.watch(visit(host, status))
        rates.look(time.monotonic())

    return visits


def visit(host, status):
    deployment = Cloud(Config(), lambda _: None).create("good", "production")
    return Visit("id", deployment, host, "GET", "/", status, None, "", "", 0, 0)


def test_errors_are_told_with_their_rate(visits, said):
    visits(48, 100)

    assert said == ["error rate 48 % on production"]


def test_the_same_rate_is_told_once(visits, said):
    visits(48, 100)
    visits(50, 100)

    assert len(said) == 1


def test_a_rate_that_climbs_is_told_again(visits, said):
    visits(1, 10)
    visits(90, 90)

    assert said == ["error rate 10 % on production", "error rate 91 % on production"]


def test_the_end_of_errors_is_told(rates, visits, said):
    visits(10, 10)
    rates.look(time.monotonic() + WINDOW_SECONDS + 1)
    rates.recent.clear()
    visits(0, 10)
    visits(0, 10)

    assert said == ["error rate 100 % on production", "no errors on production any more"]


def test_a_few_visits_say_nothing(visits, said):
    visits(4, 4)

    assert said == []


def test_only_production_counts(visits, said):
    visits(100, 100, host="staging-wedsync.vercel.app")

    assert said == []
