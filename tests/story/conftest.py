"""One stack for all of these tests; each begins at the same moment of its life."""

import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from dev.ports import free_port
from tests.integration.access.issuer import Issuer, serve_issuer
from tests.integration.access.test_oidc import CONTROL, ROLLBACK
from tests.story.canaries import Canaries, planted_stack
from tests.story.world import World
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """In GitHub's place."""
    issuer = serve_issuer()
    yield issuer
    issuer.served.stop()


@pytest.fixture(scope="session")
def canaries(tmp_path_factory, issuer) -> Iterator[Canaries]:
    """Without crons: nothing takes part in a rollback but what a test lets take part."""
    port = free_port()
    github = {
        "GITHUB_OIDC_ISSUER": issuer.url,
        "GITHUB_OIDC_AUDIENCE": f"http://127.0.0.1:{port}",
        "GITHUB_ROLLBACK_WORKFLOW": ROLLBACK,
        "GITHUB_ROLLBACK_REPOSITORY_ID": CONTROL["repository_id"],
    }
    with planted_stack(tmp_path_factory.mktemp("story"), env=github, port=port) as canaries:
        yield canaries


@pytest.fixture(scope="session")
def whole(canaries) -> Iterator[World]:
    with World(canaries.data, canaries.stack, canaries.search) as world:
        wait_until(lambda: is_well(world), what="the first version's good health")
        world.remember("v1")
        world.release("good-2")
        wait_until(lambda: is_well(world), what="the second version's good health")
        world.remember("v2")
        yield world


def is_well(world: World) -> bool:
    """What is live is known to the control plane, and proved to be well."""
    live = world.overview()["live"] or {}
    return live.get("deployment_id") == world.live() and live.get("health") == "passing"


@pytest.fixture
def world(whole) -> Iterator[World]:
    """v1 was live, v2 is; both are well."""
    whole.return_to("v2")
    yield whole
    whole.clear_faults()


@pytest.fixture
def young_world(whole) -> Iterator[World]:
    """v1 is live, and there was nothing before it."""
    whole.return_to("v1")
    yield whole
    whole.clear_faults()


@pytest.fixture
def app(whole) -> Iterator[psycopg.Connection]:
    """The app's database, put back to what it was when the test has ended."""
    name = whole.stack["app_database_url"].rpartition("/")[2]
    whole.copy_database(name, f"{name}_before")
    with psycopg.connect(
        whole.stack["app_database_url"], autocommit=True, row_factory=dict_row
    ) as connection:
        yield connection
    whole.return_to("v2")
    whole.copy_database(f"{name}_before", name)


@pytest.fixture
def v1(whole) -> str:
    """The deployment that was live first."""
    return whole.ask_platform("GET", "alias_moves")[0]["to"]


@pytest.fixture
def tell(capsys) -> Callable[[str], None]:
    """Prints what was measured, also when the test passes."""

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return tell
