"""When counted requests say that a release is broken."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.health.baseline import ALL
from lib.health.evidence import Bucket, Policy
from lib.health.verdict import State, Verdict, judge
from lib.health.watch import Path, Release

NOON = 1767268800
POLICY = Policy()
WRITES = "writes"
SETTLED = Release(NOON - 3600, {ALL: 0.05})
FRESH = Release(NOON, {ALL: 0.05})

Count = tuple[int, int]


def bucket(start: int, n: int, k: int, clients: int | None = None) -> Bucket:
    """By default each error is another client's; `clients`: always the same few."""
    names = range(min(k, 8)) if clients is None else range(min(k, clients))
    mark = start if clients is None else ""
    return Bucket(start, n, k, frozenset(f"{mark}-{name}" for name in names))


def after(
    counts: list[Count],
    release: Release = SETTLED,
    *,
    clients: int | None = None,
    telemetry: bool = True,
) -> Verdict:
    """The verdict of (n, k) after (n, k), from noon on."""
    buckets = [bucket(NOON + i * 10, n, k, clients) for i, (n, k) in enumerate(counts)]
    until = NOON + len(counts) * 10
    return judge({ALL: buckets}, release, until=until, telemetry=telemetry)


def first_action(counts: list[Count], release: Release = SETTLED) -> tuple[int, Path] | None:
    """After how many buckets it is time to act, and on which path."""
    for i in range(1, len(counts) + 1):
        verdict = after(counts[:i], release)
        if verdict.path is not None:
            return i, verdict.path
    return None


@pytest.mark.parametrize(
    ("count", "times", "path", "evidence"),
    [
        ((100, 10), 12, Path.SOFT, 10.165),
        ((100, 50), 3, Path.HARD, 107.488),
        ((100, 5), 6, None, -0.704),
        ((2, 2), 6, Path.HARD, 14.345),
    ],
)
def test_judge(count, times, path, evidence):
    verdict = after([count] * times)

    assert verdict.path is path
    assert verdict.loudest.log10_evidence == pytest.approx(evidence, abs=5e-4)


def test_half_of_all_failing_is_acted_on_after_two_buckets():
    assert first_action([(100, 50)] * 6) == (2, Path.HARD)


def test_a_young_release_has_four_buckets_to_recover_from_its_cold_start():
    assert first_action([(100, 50)] * 6, FRESH) == (4, Path.HARD)
    assert first_action([(100, 60)] * 3 + [(100, 1)] * 60, FRESH) is None


def test_the_good_minutes_before_do_not_dilute_a_sudden_fault():
    healthy = [(100, 1)] * 20

    assert first_action([*healthy, *[(100, 50)] * 6]) == (22, Path.HARD)


def test_a_tenth_failing_is_acted_on_after_evidence_and_a_minute():
    assert first_action([(100, 10)] * 20) == (11, Path.SOFT)


def test_one_lucky_bucket_does_not_start_the_minute_again():
    bad, lucky = (100, 20), (100, 4)

    assert first_action([bad] * 10) == (6, Path.SOFT)
    assert first_action([bad, bad, bad, lucky, *[bad] * 10]) == (6, Path.SOFT)
    assert first_action([bad, bad, bad, lucky, lucky, *[bad] * 10]) == (11, Path.SOFT)


def test_what_has_stopped_is_not_acted_on():
    verdict = after([(100, 50)] + [(100, 1)] * 3)

    assert verdict.state is State.SUSPECT
    assert verdict.path is None


def test_old_evidence_expires():
    assert after([(1000, 500)] + [(1000, 10)] * 5).state is State.HEALTHY


def test_five_of_five_are_enough_at_very_small_traffic():
    counts = [(1, 1), (0, 0)] * 5

    assert first_action([*counts, (0, 0)]) == (9, Path.HARD)
    assert first_action([(1, 1), (0, 0)] * 4) is None


def test_five_errors_of_one_moment_are_not_acted_on():
    assert first_action([(0, 0), (5, 5), *[(0, 0)] * 60]) is None
    assert first_action([(0, 0), (5, 5), (0, 0), (1, 1)]) is not None


@pytest.mark.parametrize("k", [5, 4])
def test_a_route_below_the_limit_is_never_acted_on(k):
    assert after([(100, k)] * 300).path is None


def test_errors_that_were_there_before_are_not_blamed_on_the_release():
    before = Release(NOON - 3600, {ALL: 0.12})

    assert first_action([(100, 10)] * 60) is not None
    assert first_action([(100, 10)] * 60, before) is None
    assert after([(100, 60)] * 3, before).path is Path.HARD


def test_a_critical_route_fires_although_the_total_is_fine():
    checkout = "GET /checkout"
    starts = range(NOON, NOON + 60, 10)
    counted = {
        ALL: [bucket(start, 200, 4) for start in starts],
        checkout: [bucket(start, 4, 4) for start in starts],
    }
    release = Release(NOON - 3600, {ALL: 0.05, checkout: 0.05})
    verdict = judge(counted, release, until=NOON + 60)

    assert verdict.path is Path.HARD
    assert verdict.loudest.stream == checkout
    assert checkout in verdict.sentence


# --- states


@pytest.mark.parametrize(
    ("count", "times", "state"),
    [
        ((0, 0), 30, State.INCONCLUSIVE),
        ((12, 0), 1, State.INCONCLUSIVE),
        ((13, 0), 1, State.NOT_BADLY_BROKEN),
        ((512, 0), 1, State.NOT_BADLY_BROKEN),
        ((513, 0), 1, State.HEALTHY),
        ((100, 10), 3, State.SUSPECT),
        ((100, 10), 12, State.ROLLBACK),
        ((4, 4), 1, State.INCONCLUSIVE),
    ],
)
def test_the_first_state_that_holds_is_said(count, times, state):
    assert after([count] * times).state is state


def test_requests_of_more_than_five_minutes_ago_tell_nothing_of_now():
    assert after([(1000, 0)] + [(0, 0)] * 30).state is State.INCONCLUSIVE
    assert after([(1000, 0)] + [(0, 0)] * 29).state is State.HEALTHY


def test_more_is_asked_for_where_more_failed_before():
    assert after([(100, 10)] * 6, Release(NOON, {ALL: 0.12})).state is State.NOT_BADLY_BROKEN


@given(st.integers(0, 400))
def test_no_data_is_inconclusive(buckets):
    assert after([(0, 0)] * buckets).state is State.INCONCLUSIVE


COUNTS = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 120)).map(lambda nk: (max(nk), min(nk))),
    max_size=40,
)


@given(COUNTS)
def test_telemetry_that_fails_is_inconclusive(counts):
    verdict = after(counts, telemetry=False)

    assert (verdict.state, verdict.path) == (State.INCONCLUSIVE, None)


def test_a_silence_ends_what_was_about_to_be_acted_on():
    burning = [(100, 12)] * 3

    assert first_action([*burning, *[(0, 0)] * 60]) is None
    assert first_action([*burning, *[(100, 12)] * 6]) is not None


# --- clients


@given(COUNTS)
def test_one_client_alone_never_acts(counts):
    assert after(counts, clients=1).path is None


@pytest.mark.parametrize("healthy", [(10, 0), (30, 1), (100, 3)])
def test_a_scanner_on_a_healthy_site_is_not_acted_on(healthy):
    n, k = healthy
    buckets = [
        Bucket(NOON + i * 10, n + 2, k + 2, frozenset({"scanner", *(f"{i}-{c}" for c in range(k))}))
        for i in range(60)
    ]

    for i in range(1, 61):
        assert judge({ALL: buckets}, SETTLED, until=NOON + i * 10).path is None


def test_a_scanner_does_not_hide_a_broken_release():
    buckets = [
        Bucket(NOON + i * 10, 102, 52, frozenset({"scanner", *(f"{i}-{c}" for c in range(7))}))
        for i in range(3)
    ]

    assert judge({ALL: buckets}, SETTLED, until=NOON + 30).path is Path.HARD


def test_too_few_clients_are_said():
    verdict = after([(100, 50)] * 3, clients=2)

    assert verdict.state is State.SUSPECT
    assert "too few clients" in verdict.sentence


# --- what it depends on


def test_evidence_before_a_reset_does_not_count():
    counts = [(100, 50)] * 8
    reset = replace(SETTLED, judged_from=NOON + 60)

    assert after(counts, reset).path is None
    assert after(counts, reset).loudest.log10_evidence < after(counts).loudest.log10_evidence
    assert after([(100, 50)] * 10, reset).path is Path.HARD


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_buckets_matters_only_as_time(counts, random):
    buckets = [bucket(NOON + i * 10, n, k) for i, (n, k) in enumerate(counts)]
    shuffled = random.sample(buckets, len(buckets))
    until = NOON + len(counts) * 10

    assert judge({ALL: buckets}, SETTLED, until=until) == judge(
        {ALL: shuffled}, SETTLED, until=until
    )


@given(COUNTS, COUNTS)
def test_what_comes_later_does_not_change_an_earlier_verdict(counts, later):
    buckets = [bucket(NOON + i * 10, n, k) for i, (n, k) in enumerate([*counts, *later])]
    until = NOON + len(counts) * 10

    assert judge({ALL: buckets}, SETTLED, until=until) == after(counts)


@given(COUNTS, st.integers(1, 8))
def test_more_streams_never_lower_the_bar(counts, streams):
    more = Release(NOON - 3600, {ALL: 0.05, **{f"stream {i}": 0.05 for i in range(streams)}})

    assert more.ln_enough > SETTLED.ln_enough
    assert after(counts, more).path is None or after(counts).path is not None


@given(COUNTS)
def test_a_rollback_is_never_said_of_a_rate_below_the_limit(counts):
    verdict = after(counts)

    assert verdict.path is None or verdict.loudest.window.rate > verdict.loudest.p0


def test_all_requests_are_always_judged():
    with pytest.raises(ValueError, match=ALL):
        Release(NOON, {WRITES: 0.05})


# --- what is said


@pytest.mark.parametrize(
    ("counts", "observed", "meaning"),
    [
        ([(1000, 500)] * 3, "50 % of the newest 3,000", "surely more than 5 %, and it has not"),
        ([(100, 1)] * 9, "1 % of the newest 300", "not clearly more than 5 %"),
        ([(100, 50)], "50 % of the newest 100", "within 50 s it is time to act if it goes on"),
        ([(5, 1)], "20 % of the newest 5", "too few requests in the last minutes to tell"),
        ([(100, 10)] * 3, "10 % of the newest 300", "perhaps more than 5 %, or it was a moment"),
        ([(100, 0)], "0 % of the newest 100", "too few yet to see whether a tenth do"),
    ],
)
def test_a_verdict_is_a_sentence(counts, observed, meaning):
    sentence = after(counts).sentence

    assert sentence.startswith(f"{observed} requests failed, in 30 s: ")
    assert meaning in sentence


def test_that_nothing_was_counted_is_said():
    assert after([]).sentence == "No requests have been counted, so nothing is known from them."


def test_the_time_to_decide_is_said_for_a_half_and_a_tenth():
    half, tenth = after([(100, 0)] * 30).decidable

    assert (half.requests, half.seconds) == (13, pytest.approx(1.3))
    assert (tenth.requests, tenth.seconds) == (513, pytest.approx(51.3))
    assert after([]).decidable[0].seconds is None


def test_a_verdict_can_be_stored_with_everything_it_was_decided_by():
    stored = json.loads(json.dumps(asdict(after([(100, 50)] * 3))))

    assert stored["state"] == "rollback"
    assert stored["findings"][0]["window"]["k"] == 150


def test_a_stream_without_requests_says_nothing():
    """Of a site that nobody writes to, the sentence is about those who read."""
    release = Release(0, {ALL: 0.05, "all writes": 0.05})

    verdict = judge(
        {ALL: [Bucket(start, 20, 0) for start in range(0, 600, 10)]}, release, until=600
    )

    assert verdict.loudest.stream == ALL
    assert verdict.state is State.HEALTHY
    assert "No requests" not in verdict.sentence
