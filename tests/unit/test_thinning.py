"""Requests that hang are in no log: a release that answers fewer and fewer is not healthy by it."""

import pytest

from lib.automatic.models import show
from lib.health.baseline import ALL
from lib.health.evidence import Bucket, Policy
from lib.health.verdict import State, judge
from lib.health.watch import Release

POLICY = Policy()


def shown(*, seconds, silent, per_bucket=30):
    """`per_bucket` good requests until `silent` seconds before the end."""
    buckets = [Bucket(at, per_bucket, 0) for at in range(0, seconds - silent, 10)]
    verdict = judge({ALL: buckets}, Release(0, {ALL: 0.05}), until=seconds)
    return show(verdict, "dpl_1", policy=POLICY, sampling=1.0)


@pytest.mark.parametrize("seconds", [180, 600], ids=["young", "old"])
def test_steady_requests_do_not_thin_out(seconds):
    view = shown(seconds=seconds, silent=0)

    assert (view.state, view.thins_out) == (State.HEALTHY, False)


@pytest.mark.parametrize("silent", [20, 60, 120])
def test_requests_that_stop_thin_out_though_all_were_answered_well(silent):
    view = shown(seconds=600, silent=silent)

    assert (view.state, view.thins_out) == (State.HEALTHY, True)


def test_no_requests_at_all_do_not_thin_out():
    assert not shown(seconds=600, silent=600).thins_out
