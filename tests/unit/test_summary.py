"""What a person reads at a glance."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.access.models import Role
from lib.automatic.models import DecisionView, TrafficView, VerdictView
from lib.deployments.models import DeploymentView
from lib.health.verdict import State
from lib.overview.models import Overall, Pinned
from lib.overview.summary import (
    SHOW_COMPLETED,
    SHOW_DECISION,
    STALE,
    active,
    blocked,
    checks,
    current,
    overall,
    percent,
    pin,
)
from lib.rollback.models import Environment, Rollback, Status

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRODUCTION = Environment.PRODUCTION
MICROSECOND = timedelta(microseconds=1)
GOOD = DeploymentView.model_construct(deployment_id="dpl_1")


def look(live: str = "ok", **facts: object) -> dict[str, object]:
    return {
        "at": NOON,
        "deployment": "dpl_2",
        "live": live,
        "detail": "it answers 500",
        "checks": {"api": "healthy", "database": "unhealthy", "redis": "\x00"},
    } | facts


@pytest.mark.parametrize(
    ("last", "state", "sentence"),
    [
        (look(), "ok", "Production is healthy"),
        (look("failed"), "bad", "Production has problems: it answers 500"),
        (look("unknown"), "unknown", "We do not know how production is: it answers 500"),
        (None, "unknown", "We do not know how production is"),
        (look(deployment="dpl_1"), "unknown", "We do not know how production is"),
        (look(at=NOON - STALE), "ok", "Production is healthy"),
        (look(at=NOON - STALE - MICROSECOND), "unknown", "We do not know how production is"),
        (look("failed", at=NOON - 2 * STALE), "unknown", "We do not know how production is"),
    ],
    ids=[
        "ok",
        "failed",
        "no-answer",
        "never-looked",
        "looked-at-another",
        "as-old-as-may-be",
        "too-old",
        "too-old-to-say-it-is-bad",
    ],
)
def test_overall(last, state, sentence):
    said = overall(PRODUCTION, last, "dpl_2", NOON)

    assert (said.state, said.sentence) == (state, sentence)


def test_nothing_is_known_of_an_environment_where_nothing_is_live():
    assert overall(Environment.STAGING, look(), None, NOON).state == "unknown"


def test_the_four_checks_are_as_the_live_deployment_named_them():
    shown = checks(look(), overall(PRODUCTION, look(), "dpl_2", NOON))

    assert {check.name: check.state for check in shown} == {
        "api": "healthy",
        "database": "unhealthy",
        "redis": "unknown",
        "stripe": "unknown",
    }
    assert {check.checked_at for check in shown} == {NOON}


def test_an_old_look_tells_nothing_of_the_checks():
    old = look(at=NOON - 2 * STALE)
    shown = checks(old, overall(PRODUCTION, old, "dpl_2", NOON))

    assert {(check.state, check.checked_at) for check in shown} == {("unknown", None)}


def rollback(status: str, ago: timedelta | None = None) -> Rollback:
    return Rollback.model_construct(
        status=Status(status), finished_at=None if ago is None else NOON - ago
    )


@pytest.mark.parametrize(
    ("newest", "shown"),
    [
        (None, False),
        (rollback("pending"), True),
        (rollback("in_progress"), True),
        (rollback("failed", timedelta(days=3)), True),
        (rollback("completed", SHOW_COMPLETED - MICROSECOND), True),
        (rollback("completed", SHOW_COMPLETED), False),
    ],
    ids=["none", "pending", "running", "failed-and-not-followed", "just-done", "done-long-ago"],
)
def test_the_rollback_that_everybody_should_see(newest, shown):
    assert active(newest, NOON) == (newest if shown else None)


@pytest.mark.parametrize(
    ("role", "shown", "recommended", "code"),
    [
        (Role.OPERATOR, None, GOOD, None),
        (Role.ADMIN, None, GOOD, None),
        (Role.VIEWER, None, GOOD, "read_only"),
        (Role.VIEWER, rollback("in_progress"), None, "read_only"),
        (Role.OPERATOR, rollback("pending"), GOOD, "running"),
        (Role.OPERATOR, rollback("in_progress"), None, "running"),
        (Role.OPERATOR, rollback("failed", MICROSECOND), GOOD, "failed"),
        (Role.OPERATOR, rollback("failed", MICROSECOND), None, "nothing"),
        (Role.OPERATOR, rollback("completed", MICROSECOND), GOOD, None),
        (Role.OPERATOR, None, None, "nothing"),
    ],
)
def test_why_the_button_does_nothing(role, shown, recommended, code):
    said = blocked(role, shown, recommended)

    assert (said.code if said else None) == code


class TestWhatWasDecided:
    """It is shown while it explains what is seen, and not for ever."""

    def decided(self, *, ago, **how):
        traffic = TrafficView.model_construct(
            decision=DecisionView.model_construct(at=NOON - ago, sentence="The cause is shared.")
        )
        shown = Overall(**{"state": "ok", "sentence": "", "since": NOON} | how)
        return current(traffic, shown, NOON).decision

    def test_is_shown_for_as_long_as_something_is_wrong(self):
        assert self.decided(ago=timedelta(days=2), state="bad") is not None
        assert self.decided(ago=timedelta(days=2), warning="8.2 % failed.") is not None

    def test_is_shown_a_little_longer(self):
        assert self.decided(ago=SHOW_DECISION - MICROSECOND) is not None
        assert self.decided(ago=SHOW_DECISION) is None


class TestByCountedRequests:
    def verdict(self, state, rate=0.082, **more):
        return VerdictView.model_construct(
            deployment_id="dpl_2", state=State(state), rate=rate, sentence="8.2 % failed.", **more
        )

    def test_failing_requests_are_problems_whatever_our_own_looks_say(self):
        said = overall(PRODUCTION, look(), "dpl_2", NOON, self.verdict("rollback"))

        assert (said.state, said.sentence) == (
            "bad",
            "Production has problems: 8.2 % of requests fail",
        )

    def test_visitors_who_are_answered_overrule_our_own_looks(self):
        said = overall(PRODUCTION, look("failed"), "dpl_2", NOON, self.verdict("healthy", 0.004))

        assert (said.state, said.sentence) == (
            "ok",
            "Production is healthy: 0.4 % of requests fail",
        )
        assert "Our own looks" in said.warning

    def test_visitors_who_stay_away_overrule_nothing(self):
        """A version that hangs answers nobody, and what is not answered is not counted."""
        hangs = self.verdict("healthy", 0.004, thins_out=True)

        assert overall(PRODUCTION, look("failed"), "dpl_2", NOON, hangs).state == "bad"

    def test_a_suspicion_is_a_warning(self):
        said = overall(PRODUCTION, look(), "dpl_2", NOON, self.verdict("suspect"))

        assert (said.state, said.warning) == ("ok", "8.2 % failed.")
        assert said.sentence == "Production may have problems: 8.2 % of requests fail"

    def test_too_few_requests_say_nothing(self):
        looked = overall(PRODUCTION, look("failed"), "dpl_2", NOON)

        assert overall(PRODUCTION, look("failed"), "dpl_2", NOON, self.verdict("inconclusive")) == (
            looked
        )

    def test_a_verdict_on_another_version_says_nothing(self):
        other = self.verdict("rollback").model_copy(update={"deployment_id": "dpl_1"})

        assert overall(PRODUCTION, look(), "dpl_2", NOON, other).state == "ok"

    @pytest.mark.parametrize(
        ("rate", "words"),
        [(0.0, "0 %"), (0.004, "0.4 %"), (0.082, "8.2 %"), (0.52, "52 %"), (1.0, "100 %")],
    )
    def test_a_share_reads_well(self, rate, words):
        assert percent(rate) == words


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"before": True, "automatic": True},
            (
                "New releases do not go live by themselves since an automatic rollback."
                " They do again when a newer version is promoted."
            ),
        ),
        (
            {"before": False, "automatic": False},
            (
                "New releases do not go live by themselves since Ada's rollback."
                " They did not before it either."
            ),
        ),
    ],
)
def test_a_pin_is_told_with_whose_it_is_and_when_it_ends(facts, sentence):
    shown = pin(Pinned(since=NOON, by="Ada", **facts))

    assert (shown.since, shown.sentence) == (NOON, sentence)


def test_where_nothing_is_pinned_nothing_is_told():
    assert pin(None) is None
