"""How strongly counts speak against a release, and what it is compared with."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.health.baseline import ALL, Period, choose, null_rate, null_rates
from lib.health.evidence import (
    Bucket,
    Policy,
    add,
    closed_until,
    ln_evidence,
    make_test,
    requests_to_decide,
    weigh_client,
    wilson,
)

POLICY = Policy()
HOUR, DAY = 3600, 24 * 3600
LIMIT = POLICY.limit

counts = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda nk: (max(nk), min(nk)))


def evidence(buckets: list[tuple[int, int]], p0: float = LIMIT, cap: float = math.inf) -> float:
    """log10 E of (n, k) after (n, k)."""
    test = make_test(p0, POLICY)
    scores = [0.0] * len(POLICY.weights)
    for i, (n, k) in enumerate(buckets):
        scores = add(scores, Bucket(i * 10, n, k), test, cap)
    return ln_evidence(scores, test) / math.log(10)


@pytest.mark.parametrize(
    ("bucket", "times", "expected"),
    [((100, 10), 12, 10.165), ((100, 50), 3, 107.488), ((100, 5), 6, -0.704), ((2, 2), 6, 14.345)],
)
def test_evidence_is_what_the_formula_says(bucket, times, expected):
    assert evidence([bucket] * times) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("rate", "requests"), [(0.06, 10_681), (0.10, 513), (0.20, 76), (0.50, 13)]
)
def test_the_requests_that_a_decision_takes_are_known(rate, requests):
    assert requests_to_decide(rate, LIMIT, POLICY) == requests


@pytest.mark.parametrize(
    ("k", "n", "lower", "upper"),
    [(0, 30, 0, 0.2414), (0, 0, 0, 1), (5, 5, 0.3437, 1), (50, 100, 0.3524, 0.6476)],
)
def test_wilson_bounds_are_those_of_99_9_percent(k, n, lower, upper):
    assert wilson(k, n, POLICY.z) == pytest.approx((lower, upper), abs=2e-4)


@given(st.lists(counts, min_size=1, max_size=20), st.data())
def test_adding_errors_never_lowers_the_evidence(buckets, data):
    i = data.draw(st.integers(0, len(buckets) - 1))
    n, k = buckets[i]
    failed = data.draw(st.integers(0, n - k))
    came = data.draw(st.integers(0, 50))
    worse = [*buckets[:i], (n + came, k + failed + came), *buckets[i + 1 :]]

    for cap in (math.inf, 14.0):
        assert evidence(worse, cap=cap) >= evidence(buckets, cap=cap) - 1e-9


@given(st.lists(counts, max_size=20), st.integers(0, 20), st.integers(1, 10))
def test_buckets_without_requests_change_no_evidence(buckets, at, empty):
    padded = [*buckets[:at], *[(0, 0)] * empty, *buckets[at:]]

    # Clipping at zero happens before a bucket is added, so one after the last would show.
    assert evidence([*padded, (1, 0)]) == pytest.approx(evidence([*buckets, (1, 0)]))


@given(counts, st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_a_worse_baseline_never_makes_errors_weigh_more(count, one, other):
    low, high = sorted((one, other))
    per_error = [make_test(p0, POLICY).per_error for p0 in (low, high)]

    assert max(per_error[0]) >= max(per_error[1])


@given(st.floats(0.01, 0.8))
def test_every_alternative_is_worse_than_p0(p0):
    test = make_test(p0, POLICY)

    assert all(weight > 0 for weight in test.per_error)
    assert all(weight < 0 for weight in test.per_success)


@given(st.integers(1, 10_000), st.data())
def test_a_client_counts_little_and_its_rate_as_it_is(requests, data):
    errors = data.draw(st.integers(0, requests))
    n, k = weigh_client(requests, errors, POLICY)

    assert n <= POLICY.client_requests + 1e-9
    assert k <= POLICY.client_errors + 1e-9
    assert k / n == pytest.approx(errors / requests)


def test_a_client_within_the_limits_counts_as_it_is():
    assert weigh_client(20, 2, POLICY) == (20, 2)
    assert weigh_client(0, 0, POLICY) == (0, 0)


@pytest.mark.parametrize(("now", "until"), [(104.9, 90), (105.0, 100), (114.9, 100), (115, 110)])
def test_a_bucket_is_judged_five_seconds_after_its_end(now, until):
    assert closed_until(now, POLICY) == until


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 0.5}, "limit_cap"),
        ({"weights": (1.0,)}, "weight"),
        ({"alternatives": (0.1, 0.2, 0.3, 0.4, 1.0)}, "between 0 and 1"),
        ({"enough_evidence": 0.5}, "evidence below 1"),
        ({"soft_hold": 0}, "hold"),
    ],
)
def test_a_policy_that_makes_no_rule_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        Policy(**wrong)


# --- baselines


def steady(start: int, end: int, n: int, k: int) -> list[Bucket]:
    return [Bucket(second, n, k) for second in range(start, end, 10)]


def test_a_clean_release_before_leaves_the_limit_as_it_is():
    assert null_rate(steady(0, HOUR, 100, 1), 0, HOUR, POLICY) == LIMIT


def test_errors_before_raise_the_bar_to_their_upper_bound():
    p0 = null_rate(steady(0, HOUR, 100, 10), 0, HOUR, POLICY)

    assert p0 == pytest.approx(wilson(1800, 18_000, POLICY.z)[1])


def test_a_bad_release_before_does_not_disarm_the_rule():
    assert null_rate(steady(0, HOUR, 100, 90), 0, HOUR, POLICY) == POLICY.limit_cap


def test_only_the_last_half_hour_counts_if_it_has_enough_requests():
    long_ago = steady(0, HOUR, 100, 50)

    assert null_rate([*long_ago, *steady(HOUR, 2 * HOUR, 100, 1)], 0, 2 * HOUR, POLICY) == LIMIT


def test_thin_traffic_is_looked_at_for_a_day():
    seen = steady(0, 3 * HOUR, 1, 0) + steady(3 * HOUR, 4 * HOUR, 1, 1)

    # 180 requests in the last half-hour, 1,440 in all; a quarter failed.
    assert null_rate(seen, 0, 4 * HOUR, POLICY) == pytest.approx(wilson(360, 1440, POLICY.z)[1])


def test_traffic_too_thin_for_a_day_is_no_baseline():
    assert null_rate(steady(0, HOUR, 1, 0), 0, HOUR, POLICY) is None


def test_what_came_after_go_live_or_a_day_before_does_not_count():
    day_before = steady(0, HOUR, 100, 50)
    stragglers = steady(2 * DAY, 2 * DAY + HOUR, 100, 50)

    assert null_rate([*day_before, *stragglers], 0, 2 * DAY, POLICY) is None


def test_a_stream_too_thin_for_a_baseline_has_that_of_all_requests():
    counted = {
        ALL: steady(0, HOUR, 100, 10),
        "thin": steady(0, HOUR, 1, 1),
        "clean": steady(0, HOUR, 50, 0),
    }
    period = Period("dpl_before", 0, HOUR)
    p0 = null_rates(counted, period, HOUR, streams=(ALL, "thin", "clean"), policy=POLICY)

    assert p0["thin"] == p0[ALL] > LIMIT
    assert p0["clean"] == LIMIT


def test_without_a_release_before_every_stream_has_the_limit():
    p0 = null_rates({}, None, HOUR, streams=(ALL, "writes"), policy=POLICY)

    assert p0 == {ALL: LIMIT, "writes": LIMIT}


def test_a_quiet_release_that_ended_earlier_is_looked_at_until_its_end():
    counted = {ALL: steady(0, HOUR, 100, 10)}
    period = Period("dpl_before", 0, HOUR)

    assert null_rates(counted, period, 5 * HOUR, streams=(ALL,), policy=POLICY)[ALL] > LIMIT


OLD = Period("dpl_old", 0, HOUR)
GOOD = Period("dpl_good", HOUR, 2 * HOUR)
BAD = Period("dpl_bad", 2 * HOUR, 3 * HOUR, quarantined=True)


@pytest.mark.parametrize(
    ("history", "live", "chosen"),
    [
        pytest.param([], Period("dpl_new", DAY), None, id="the-first-release"),
        pytest.param([OLD, GOOD], Period("dpl_new", DAY), GOOD, id="the-one-before"),
        pytest.param([OLD, GOOD, BAD], Period("dpl_new", DAY), GOOD, id="not-a-quarantined-one"),
        pytest.param(
            [OLD, GOOD, BAD], Period("dpl_good", DAY), GOOD, id="its-own-period-after-a-rollback"
        ),
        pytest.param([OLD, BAD], Period("dpl_bad", DAY), OLD, id="not-its-own-quarantined-one"),
        pytest.param([GOOD, OLD], Period("dpl_new", HOUR), OLD, id="nothing-later-in-any-order"),
        pytest.param([BAD], Period("dpl_new", DAY), None, id="nothing-but-a-quarantined-one"),
    ],
)
def test_what_a_release_is_compared_with(history, live, chosen):
    assert choose([*history, live], live) == chosen
