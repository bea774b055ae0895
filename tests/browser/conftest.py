"""One browser and one local stack for all of these tests; every test has a window of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from dev.browser import LAUNCH_ARGS, chrome_path
from dev.testing import running_stack
from tests.browser.screen import SCREENSHOTS


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Without crons: nothing is rolled back but by the buttons of a test."""
    with running_stack(tmp_path_factory.mktemp("stack"), crons=False) as running:
        yield running


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chrome_path(), args=LAUNCH_ARGS)
        yield running
        await running.close()
