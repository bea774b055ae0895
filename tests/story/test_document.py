"""What a function answers, in the platform's own runtime, is what its document says."""

import pytest

from tests.story.asking import Asked, ask_at_once, ask_in_turn
from tests.story.canaries import planted_stack

#: Refusals are part of what is asked.
UNLIMITED = {"FAILED_ATTEMPTS_PER_ADDRESS": "1000000", "FAILED_ATTEMPTS_PER_SUBJECT": "1000000"}


def said(asked: Asked) -> str:
    rows = [
        f"{count:6} {status} {name}" for (name, status), count in sorted(asked.statuses.items())
    ]
    return "\n".join([*rows, *map("\n".join, asked.wrong.items())])


def test_some_hundred_requests_are_answered_by_the_document(young_world):
    total = 0
    for asked in ask_in_turn(young_world.stack, times=12, number=7):
        assert asked.total, "An operation was never asked."
        assert not asked.wrong, said(asked)
        total += asked.total

    assert total > 200


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_twenty_thousand_requests_find_nothing_else(tmp_path, tell):
    """Nothing was live before: there is no target to go back to."""
    total, wrong = 0, []
    with planted_stack(tmp_path, env=UNLIMITED) as canaries:
        for asked in ask_at_once(canaries.stack, times=900, number=20_000, by=6):
            tell(said(asked))
            assert asked.total, "An operation was never asked."
            total += asked.total
            wrong += asked.wrong
    tell(f"{total} requests")

    assert wrong == []
    assert total >= 20_000
