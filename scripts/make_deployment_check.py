"""Make the deployment check, once: python -m scripts.make_deployment_check [--webhook-id ID].

Prints its id, on the last line: set it as DEPLOYMENT_CHECK_ID. Run again, it finds the same check.
Reads VERCEL_TOKEN, VERCEL_TEAM_ID and APP_PROJECT_ID.
"""

import argparse
import asyncio
import sys

from lib import errors
from lib.deployments.check import NAME
from lib.settings import Settings, settings
from lib.vercel.client import VercelClient, make_http
from lib.vercel.models import Check

#: The sweep comes once a minute; five of them may be missed.
TIMEOUT_SECONDS = 300


async def make(settings: Settings, webhook_id: str | None) -> Check:
    async with make_http(
        base_url=settings.vercel_api_url,
        token=settings.vercel_token.get_secret_value(),
        team_id=settings.vercel_team_id,
    ) as http:
        vercel = VercelClient(http, settings.app_project_id)
        found = next((check for check in await vercel.checks() if check.name == NAME), None)
        return found or await vercel.create_check(
            NAME, webhook_id=webhook_id, timeout_seconds=TIMEOUT_SECONDS
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.make_deployment_check")
    parser.add_argument("--webhook-id", help="the team's webhook that leads to this control plane")
    options = parser.parse_args(arguments)
    try:
        if not settings().app_project_id:
            raise errors.BadSettings("APP_PROJECT_ID is not set: whose check shall it be?")
        check = asyncio.run(make(settings(), options.webhook_id))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The check is there; it blocks {check.blocks}. Set DEPLOYMENT_CHECK_ID to:")
    print(check.id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
