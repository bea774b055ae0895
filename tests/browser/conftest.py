"""One browser and one local stack for all of these tests; every test has a window of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from dev.browser import LAUNCH_ARGS, chrome_path
from tests.browser.screen import SCREENSHOTS
from tests.story.canaries import planted_stack
from tests.waiting import wait_until

#: Long for a person, short for a test that fails: on a busy machine a page takes its time.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Without crons: nothing is rolled back but by the buttons of a test."""
    with planted_stack(tmp_path_factory.mktemp("stack")) as canaries:
        yield canaries.stack


@pytest.fixture(scope="session")
def address(stack) -> str:
    return stack["control_plane"]


@pytest.fixture
def platform(stack) -> Iterator[httpx.Client]:
    """The platform's REST API, and under `/_dev/` what makes things happen there."""
    token = stack["vercel_token"]
    with httpx.Client(
        base_url=stack["vercel_api"],
        headers={"authorization": f"Bearer {token}"},
        params={"teamId": stack["team_id"]},
        timeout=60,
    ) as client:
        yield client


@pytest.fixture
def app(stack) -> Iterator[httpx.Client]:
    """The app as visitors reach it."""
    host = stack["edge"]["hosts"]["production"]
    with httpx.Client(
        base_url=stack["edge"]["address"], headers={"host": host}, timeout=20
    ) as client:
        yield client


@pytest.fixture
def api(stack) -> Iterator[httpx.Client]:
    token = stack["tokens"]["operator"]
    with httpx.Client(
        base_url=stack["control_plane"],
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    ) as client:
        yield client


@pytest.fixture
def release(stack, platform, api) -> Callable[[str], str]:
    """Puts a version of the sample app live, as its developers would."""

    def released(version: str) -> str:
        made = platform.post("/_dev/releases", json={"version": version}).json()
        if not made["live"]:  # after a rollback new versions wait until somebody promotes one
            path = f"/v10/projects/{stack['project_id']}/promote/{made['id']}"
            assert platform.post(path).is_success
        wait_until_live(api, made["id"])
        return str(made["id"])

    return released


@pytest.fixture
def good(release) -> str:
    """The version that was live and well before the bad one."""
    deployment_id: str = release("good")
    return deployment_id


def wait_until_live(api: httpx.Client, deployment_id: str) -> None:
    """The control plane hears of a release from the platform's webhooks."""
    wait_until(lambda: live_in_overview(api) == deployment_id, what="the news of the release")


def live_in_overview(api: httpx.Client) -> str | None:
    live = api.get("/api/overview", params={"environment": "production"}).json()["live"]
    return live and live["deployment_id"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chrome_path(), args=LAUNCH_ARGS)
        yield running
        await running.close()
