"""v2 is live for everybody; v3, which crashes, rolls out: a share of visitors gets it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from dev.platform import Platform
from lib.rollback.models import Environment, Order, SwitchMethod

ROLLING = "/v1/projects/prj_wedsync/rolling-release"
STAGES = [{"targetPercentage": 20}, {"targetPercentage": 50}, {"targetPercentage": 100}]
PRODUCTION = Environment.PRODUCTION


@pytest.fixture
def gate() -> dict[str, object] | None:
    """The platform's own."""
    return None


@pytest.fixture
def api(platform) -> httpx.Client:
    with platform.client() as client:
        yield client


@pytest.fixture
def begin(api, services, releases, gate) -> Callable[[], None]:
    """`services` first: it lets v1 and v2 go live for everybody."""

    def begin() -> None:
        body = {"enabled": True, "stages": STAGES} | ({"gate": gate} if gate else {})
        assert api.patch(f"{ROLLING}/config", json=body).is_success
        started = api.post(f"{ROLLING}/start", json={"canaryDeploymentId": releases.v3})
        assert started.is_success, started.text

    return begin


@pytest.fixture
async def rolling(services, begin) -> AsyncIterator[None]:
    begin()
    await services.tracker.reconcile(PRODUCTION)


@pytest.fixture
def state(api) -> Callable[[], str]:
    """Of the rolling release."""
    return lambda: api.get(ROLLING).json()["rollingRelease"]["state"]


@pytest.fixture
def asked(platform) -> Callable[[], int]:
    """How often the platform was asked to roll back, by us or by anybody."""

    def asked() -> int:
        calls = platform.calls()
        return sum(one["method"] == "POST" and "/rollback/" in one["path"] for one in calls)

    return asked


@pytest.fixture(params=list(SwitchMethod))
def method(request) -> SwitchMethod:
    return request.param


@pytest.fixture
def variables(variables, method) -> dict[str, str]:
    return variables | {"SWITCH_METHOD_PRODUCTION": method}


@pytest.fixture
def order(order, method, releases) -> Order:
    """Back to what the other visitors get."""
    return order.model_copy(
        update={
            "switch_method": method,
            "target": releases.v2,
            "from_deployment": releases.v3,
        }
    )


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    async def eventually(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while True:
                if holds():
                    return
                await asyncio.sleep(0.02)

    return eventually


@pytest.fixture
def visits(platform: Platform) -> Callable[[int], None]:
    """So many requests by production's host, each of somebody whom nobody knows."""

    def visits(number: int) -> None:
        host = platform.config.aliases.production
        with httpx.Client(
            base_url=platform.edge_url, headers={"host": host}, timeout=60, trust_env=False
        ) as client:
            for _ in range(number):
                client.get("/")

    return visits
