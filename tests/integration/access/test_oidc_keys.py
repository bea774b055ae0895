"""An issuer's keys: fetched from the setting's address alone, seldom, and never waited for long."""

import asyncio

import pytest

from lib import errors
from lib.oidc.keys import (
    FRESH_SECONDS,
    LAST_KNOWN_SECONDS,
    PAUSE_AFTER_FAILURE_SECONDS,
    PAUSE_SECONDS,
    TIMEOUT_SECONDS,
    IssuerKeys,
)
from tests.integration.access.issuer import rsa_key

BAD_MOODS = ["hang", "garbage", "others", "huge", "fail", "redirect"]


class Clock:
    """Of the instance; tests move it."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(issuer, clock):
    return IssuerKeys(f"{issuer.url}/keys", clock)


@pytest.fixture
def fall_into(keys, issuer):
    """From here on the issuer answers so, or not at all: that is not waited for as long."""

    def fall_into(mood: str) -> None:
        issuer.mood = mood
        if mood == "hang":
            keys.timeout_seconds = 0.5

    return fall_into


async def test_are_fetched_once_for_many_at_once(keys, issuer):
    found = await asyncio.gather(*(keys.find("one") for _ in range(50)))

    assert all(found)
    assert issuer.asked == ["/keys"]


async def test_are_kept_for_a_while_and_no_longer(keys, issuer, clock):
    await keys.find("one")
    clock.move(FRESH_SECONDS - 1)
    await keys.find("one")
    assert len(issuer.asked) == 1

    clock.move(1)
    await keys.find("one")
    assert len(issuer.asked) == 2


async def test_one_that_was_withdrawn_is_gone_then(keys, issuer, clock):
    await keys.find("one")
    del issuer.keys["one"]
    clock.move(FRESH_SECONDS)

    assert await keys.find("one") is None


async def test_a_new_one_is_found_when_it_comes(keys, issuer, clock):
    await keys.find("one")
    issuer.publish("two", rsa_key("two"))
    clock.move(PAUSE_SECONDS)

    assert await keys.find("two")


async def test_made_up_ones_are_asked_for_once_a_minute(keys, issuer, clock):
    for number in range(20):
        assert await keys.find(f"made-up-{number}") is None
    assert len(issuer.asked) == 1

    clock.move(PAUSE_SECONDS)
    await asyncio.gather(*(keys.find(f"more-{number}") for number in range(20)))
    assert len(issuer.asked) == 2
    assert await keys.find("one")


@pytest.mark.parametrize("mood", BAD_MOODS)
async def test_the_last_known_ones_are_used_while_the_issuer_is_down(keys, clock, fall_into, mood):
    await keys.find("one")
    fall_into(mood)
    clock.move(LAST_KNOWN_SECONDS - 1)

    assert await keys.find("one")


async def test_they_are_not_used_for_ever(keys, issuer, clock):
    await keys.find("one")
    issuer.mood = "fail"
    clock.move(LAST_KNOWN_SECONDS)

    with pytest.raises(errors.IssuerUnavailable):
        await keys.find("one")


@pytest.mark.parametrize("mood", BAD_MOODS)
async def test_where_none_was_ever_known_nobody_can_tell(keys, issuer, clock, fall_into, mood):
    fall_into(mood)
    with pytest.raises(errors.IssuerUnavailable):
        await keys.find("one")
    assert len(issuer.asked) <= 1  # one that hangs may be given up on before it is taken

    issuer.mood, keys.timeout_seconds = "answer", TIMEOUT_SECONDS
    clock.move(PAUSE_AFTER_FAILURE_SECONDS)
    assert await keys.find("one")


async def test_who_waits_for_an_issuer_that_is_down_does_not_ask_again(keys, issuer, fall_into):
    fall_into("hang")
    found = await asyncio.gather(*(keys.find("one") for _ in range(20)), return_exceptions=True)

    assert {type(one) for one in found} == {errors.IssuerUnavailable}
    assert len(issuer.asked) <= 1  # not even one, where it is given up on before it is taken


async def test_whoever_gives_up_waiting_leaves_the_others_their_turn(keys, issuer):
    issuer.mood = "hang"
    first = asyncio.create_task(keys.find("one"))
    await asyncio.to_thread(issuer.was_asked.wait)
    first.cancel()
    issuer.mood = "answer"
    keys.clock.move(PAUSE_AFTER_FAILURE_SECONDS)

    assert await keys.find("one")


async def test_an_issuer_that_is_away(issuer, clock):
    keys = IssuerKeys("http://127.0.0.1:1/keys", clock)

    with pytest.raises(errors.IssuerUnavailable):
        await keys.find("one")
