"""`python -m lib.health.backtest`: what the verdict would have been, bucket by bucket.

Replays recorded buckets (`recording.py` says how they are written down), or a made-up day, through
the policy given on the command line.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy
from lib.health.recording import Recording, Unreadable, read
from lib.health.traffic import Traffic, seeded
from lib.health.verdict import State, Verdict, summarise
from lib.health.watch import Release, Watch

DAY = 24 * 60 * 60
#: Where a made-up day begins: 2026-01-01 00:00 UTC.
MADE_UP = 1767225600
#: A replay of so many buckets is over before anyone wonders.
PROGRESS_EVERY = 1000


@dataclass(slots=True)
class Summary:
    fired: list[Verdict] = field(default_factory=list)  #: the first verdict of each time
    worst: Verdict | None = None
    seconds: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    last: Verdict | None = None

    def add(self, verdict: Verdict) -> None:
        if verdict.state is State.ROLLBACK and not self.was_firing():
            self.fired.append(verdict)
        if self.worst is None or (
            verdict.loudest.log10_evidence > self.worst.loudest.log10_evidence
        ):
            self.worst = verdict
        self.seconds[verdict.state] += BUCKET_SECONDS
        self.last = verdict

    def was_firing(self) -> bool:
        return self.last is not None and self.last.state is State.ROLLBACK


def replay(recording: Recording) -> Iterator[Verdict]:
    """The verdict at the end of each bucket, as `judge` gives it of the buckets until then."""
    release = recording.release
    known = {
        stream: {bucket.start: bucket for bucket in recording.counted.get(stream, ())}
        for stream in release.p0
    }
    resets = sorted(recording.resets)
    watches = {stream: Watch(release, stream) for stream in release.p0}
    for start in range(release.start, recording.until, BUCKET_SECONDS):
        while resets and resets[0] <= start:
            release = replace(release, judged_from=resets.pop(0))
            watches = {stream: Watch(release, stream) for stream in release.p0}
            feed(watches, known, release.start, start)
        feed(watches, known, start, start + BUCKET_SECONDS)
        yield summarise(watches, release, until=start + BUCKET_SECONDS, telemetry=True)


def feed(
    watches: Mapping[str, Watch],
    known: Mapping[str, Mapping[int, Bucket]],
    start: int,
    until: int,
) -> None:
    for second in range(start, until, BUCKET_SECONDS):
        for stream, watch in watches.items():
            watch.add(known[stream].get(second) or Bucket(second, 0, 0))


def make_up(options: argparse.Namespace, policy: Policy) -> Recording:
    """A day that is healthy until `bad_from`."""
    usual, bad, bad_from = options.rate, options.bad_rate, options.bad_from
    traffic = Traffic(options.requests_per_second, lambda at: bad if at >= bad_from else usual)
    buckets = list(traffic.buckets(seeded(str(options.seed)), MADE_UP, options.seconds))
    return Recording(Release(MADE_UP, {ALL: policy.limit}, policy), {ALL: buckets})


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if it would not have fired, 1 if it would have, 2 if it cannot be told."""
    options = parser().parse_args(arguments)
    try:
        policy = chosen_policy(options)
        if options.recording is None:
            recording = make_up(options, policy)
        else:
            with Path(options.recording).open(encoding="utf-8") as lines:
                recording = read(lines, policy)
    except (Unreadable, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    summary = Summary()
    whole = (recording.until - recording.release.start) // BUCKET_SECONDS
    for done, verdict in enumerate(replay(recording), start=1):
        summary.add(verdict)
        if done % PROGRESS_EVERY == 0:
            sys.stderr.write(f"\r{done:,} of {whole:,} buckets")
            sys.stderr.flush()
    if whole >= PROGRESS_EVERY:
        sys.stderr.write("\n")
    sys.stdout.writelines(f"{line}\n" for line in report(summary))
    return int(bool(summary.fired))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m lib.health.backtest",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("recording", nargs="?", help="a file of JSON lines; none: a made-up day")
    day = made.add_argument_group("the made-up day")
    day.add_argument("--requests-per-second", type=float, default=10.0)
    day.add_argument("--rate", type=float, default=0.01, help="of errors, usually")
    day.add_argument("--bad-rate", type=float, default=0.5, help="of errors, from --bad-from on")
    day.add_argument("--bad-from", type=float, default=DAY, help="second of the day; none: never")
    day.add_argument("--seconds", type=int, default=DAY)
    day.add_argument("--seed", type=int, default=1)
    settings = made.add_argument_group("the policy")
    for name, default in numbers():
        settings.add_argument(
            option(name), type=type(default), default=default, help=f"default {default:g}"
        )
    return made


def numbers() -> Iterator[tuple[str, float]]:
    """The settings of the policy that are one number."""
    for one in fields(Policy):
        default = getattr(Policy(), one.name)
        if isinstance(default, int | float):
            yield one.name, default


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def chosen_policy(options: argparse.Namespace) -> Policy:
    return replace(Policy(), **{name: getattr(options, name) for name, _ in numbers()})


def report(summary: Summary) -> Iterator[str]:
    if not summary.fired:
        yield "It would not have fired."
    else:
        first = summary.fired[0]
        yield f"It would have fired at {moment(first)}, on the {first.path} path."
        yield first.sentence
        if len(summary.fired) > 1:
            yield f"Had nothing been done, {len(summary.fired) - 1} more times."
    if summary.worst is not None:
        worst = summary.worst
        yield (
            f"Worst evidence: log10 E = {worst.loudest.log10_evidence:.3f}"
            f" of {worst.loudest.stream} at {moment(worst)}, {worst.state}."
        )
    for state, seconds in summary.seconds.items():
        if seconds:
            yield f"{state}: {seconds / 60:,.1f} min"


def moment(verdict: Verdict) -> str:
    return f"{datetime.fromtimestamp(verdict.until, UTC):%Y-%m-%d %H:%M:%S} UTC"


if __name__ == "__main__":
    sys.exit(main())
