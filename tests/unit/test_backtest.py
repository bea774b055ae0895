"""What the verdict would have been, bucket by bucket."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.health.backtest import Summary, main, replay
from lib.health.baseline import ALL
from lib.health.evidence import Bucket, Policy
from lib.health.recording import Recording, Unreadable, read, write
from lib.health.traffic import Traffic, seeded
from lib.health.verdict import State, judge
from lib.health.watch import Release

NOON = 1767268800
POLICY = Policy()
WRITES = "writes"
RELEASE = Release(NOON + 3, {ALL: 0.05, WRITES: 0.06})


@st.composite
def days(draw: st.DrawFn) -> Recording:
    """A healthy while, a bad one and a healthy one, a scanner at times, some buckets missing."""
    rates = [draw(st.sampled_from([0.01, 0.04, 0.1, 0.5, 1.0])) for _ in range(3)]
    speed = draw(st.sampled_from([0.1, 1, 10]))
    random = seeded(str(draw(st.integers(0, 1000))))
    traffic = Traffic(speed, lambda at: rates[int(at) // 200 % 3], clients=50)
    streams = {
        stream: [one for one in traffic.buckets(random, NOON, 600) if random.random() > 0.1]
        for stream in (ALL, WRITES)
    }
    scanned = [
        Bucket(one.start, one.n + 2, one.k + 2, one.clients | {"scanner"}) for one in streams[ALL]
    ]
    resets = draw(st.lists(st.integers(NOON, NOON + 600), max_size=2))
    everything = {**streams, ALL: scanned if draw(st.booleans()) else streams[ALL]}
    return Recording(RELEASE, everything, resets)


@settings(max_examples=25, deadline=None)
@given(days())
def test_a_replay_is_bit_for_bit_what_was_judged_live(recording):
    for verdict in replay(recording):
        begun = verdict.until - 10
        judged_from = max((one for one in recording.resets if one <= begun), default=0)
        release = replace(RELEASE, judged_from=judged_from)

        assert verdict == judge(recording.counted, release, until=verdict.until)


@settings(max_examples=25, deadline=None)
@given(days())
def test_what_is_written_down_is_read_back(recording):
    again = read(write(recording), POLICY)

    assert list(replay(again)) == list(replay(recording))


def test_the_order_of_lines_does_not_matter():
    traffic = Traffic(10, lambda _: 0.2)
    recording = Recording(
        RELEASE, {ALL: list(traffic.buckets(seeded("order"), NOON, 300)), WRITES: []}
    )
    lines = list(write(recording))

    assert list(replay(read(reversed(lines), POLICY))) == list(replay(recording))


HEAD = json.dumps({"live_from": NOON, "p0": {ALL: 0.05}})


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "one line must say live_from"),
        ([HEAD, HEAD], "one line must say live_from"),
        (['{"live_from": 0, "p0": {"writes": 0.05}}'], ALL),
        ([HEAD, "", "{"], "line 3"),
        ([HEAD, '{"stream": "all requests", "start": 5, "n": 1, "k": 0}'], "multiple of 10"),
        ([HEAD, '{"stream": "all requests", "start": 0, "n": 1, "k": 2}'], "k may not be above n"),
        ([HEAD, '{"stream": "all requests", "start": 0, "n": -1, "k": 0}'], "greater than"),
        (['{"live_from": 0, "p0": {"all requests": 0}}'], "greater than 0"),
    ],
)
def test_a_recording_that_cannot_be_read_is_refused_with_its_line(lines, says):
    with pytest.raises(Unreadable, match=says):
        read(lines, POLICY)


def test_it_says_when_it_would_have_fired_and_why(capsys):
    fires = main(["--seconds", "1200", "--bad-from", "600", "--requests-per-second", "20"])
    said = capsys.readouterr().out

    assert fires == 1
    assert "It would have fired at 2026-01-01 00:10:20 UTC, on the hard path." in said
    assert "surely more than 5 %" in said
    assert "Worst evidence: log10 E = " in said


def test_a_healthy_day_does_not_fire(capsys):
    assert main(["--seconds", "3600", "--rate", "0.03"]) == 0
    assert "It would not have fired." in capsys.readouterr().out


def test_the_policy_is_that_of_the_command_line(capsys):
    day = ["--seconds", "1200", "--rate", "0.1"]

    assert main(day) == 1
    assert main([*day, "--limit", "0.2"]) == 0
    assert main([*day, "--clients", "1000"]) == 0
    assert main([*day, "--limit", "2"]) == 2
    assert "limit" in capsys.readouterr().err


def test_a_recorded_file_is_replayed(tmp_path, capsys):
    file = tmp_path / "recorded.jsonl"
    buckets = list(Traffic(10, lambda _: 0.6).buckets(seeded("file"), NOON, 120))
    recording = Recording(Release(NOON, {ALL: 0.05}), {ALL: buckets})
    file.write_text("\n".join(write(recording)), encoding="utf-8")

    assert main([str(file)]) == 1
    assert main([str(tmp_path / "missing.jsonl")]) == 2


def test_a_long_replay_says_how_far_it_is(capsys):
    main(["--seconds", "20000", "--requests-per-second", "1"])

    assert "1,000 of 2,000 buckets" in capsys.readouterr().err


def test_each_time_it_fires_is_told_once():
    buckets = [
        Bucket(NOON + i * 10, 100, k, frozenset(f"{i}-{name}" for name in range(8)))
        for i, k in enumerate([60] * 10 + [1] * 60 + [60] * 10)
    ]
    summary = Summary()
    for verdict in replay(Recording(Release(NOON - 600, {ALL: 0.05}), {ALL: buckets})):
        summary.add(verdict)

    assert len(summary.fired) == 2
    assert summary.seconds[State.ROLLBACK] >= 120
