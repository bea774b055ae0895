"""The payment provider accepts our key."""

import httpx

from lib.health.probe import certificates
from lib.settings import Settings

TIMEOUT_SECONDS = 2.0


def is_configured(settings: Settings) -> bool:
    return settings.stripe_secret_key is not None


async def check(settings: Settings) -> None:
    assert settings.stripe_secret_key is not None
    key = settings.stripe_secret_key.get_secret_value()
    async with httpx.AsyncClient(
        timeout=TIMEOUT_SECONDS, trust_env=False, verify=certificates()
    ) as http:
        response = await http.get(
            f"{settings.stripe_api_url}/v1/account", headers={"authorization": f"Bearer {key}"}
        )
    response.raise_for_status()
