"""A stack's releases are recorded as CI would; where they cannot be, that is said."""

import pytest

from dev.ports import LOOPBACK, free_port
from dev.recording import NotRecorded, contained, record
from dev.sample_app.versions import VERSIONS

DEPLOYMENT = {
    "id": "dpl_1",
    "version": "good",
    "sha": "a" * 40,
    "target": "production",
    "title": "Show the timeline",
    "author": "grace",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_contains_its_own_migrations_and_no_others(version):
    assert contained(version).versions == list(VERSIONS[version].migrations)


def test_a_control_plane_that_is_away_is_named():
    with pytest.raises(NotRecorded, match="does not answer"):
        record(f"http://{LOOPBACK}:{free_port()}", "wsr_x", DEPLOYMENT)
