"""What the functions are told: settings alone. Nothing says that this is not the real platform."""

import os
import subprocess
from collections.abc import Mapping

from dev.database import APP, CONTROL_PLANE, FUNCTIONS
from dev.keys import Keys
from dev.places import ROOT, Ports
from dev.platform import Config
from dev.ports import LOOPBACK
from dev.postgres import SUPERUSER, Postgres
from dev.stripe import KEY

ON_CALL_PHONE = "+1 555 0143"


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def of_functions(ports: Ports, keys: Keys, config: Config, postgres: Postgres) -> dict[str, str]:
    return {
        **of_the_system(ports),
        "DATABASE_URL": postgres.url(CONTROL_PLANE, f"{FUNCTIONS}:{keys.database_password}"),
        "APP_DATABASE_URL": postgres.url(APP, f"{SUPERUSER}:{keys.database_password}"),
        "UPSTASH_REDIS_REST_URL": url(ports.redis_rest),
        "UPSTASH_REDIS_REST_TOKEN": keys.redis_token,
        "VERCEL_API_URL": url(ports.vercel_api),
        "VERCEL_TOKEN": keys.vercel_token,
        "VERCEL_TEAM_ID": config.team_id,
        "APP_PROJECT_ID": config.project_id,
        "EDGE_URL": url(ports.edge),
        "STRIPE_API_URL": url(ports.stripe),
        "STRIPE_SECRET_KEY": KEY,
        "CRON_SECRET": keys.cron_secret,
        "WEBHOOK_SECRET": keys.webhook_secret,
        "DRAIN_SECRET": keys.drain_secret,
        "AUDIT_KEYS": f"dev:{keys.audit_secret}",
        "ON_CALL_PHONE": ON_CALL_PHONE,
    }


def of_app(ports: Ports, keys: Keys) -> dict[str, str]:
    """The sample app shares the Redis and the payment provider, not the database."""
    return {
        "UPSTASH_REDIS_REST_URL": url(ports.redis_rest),
        "UPSTASH_REDIS_REST_TOKEN": keys.redis_token,
        "STRIPE_API_URL": url(ports.stripe),
        "STRIPE_SECRET_KEY": KEY,
    }


def of_the_system(ports: Ports) -> Mapping[str, str]:
    """The variables that the platform itself sets (https://vercel.com/docs/environment-variables/
    system-environment-variables, read 2026-11-22), and those that any process needs.
    """
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "VERCEL": "1",
        "VERCEL_ENV": "production",
        "VERCEL_REGION": "dev1",
        "VERCEL_URL": f"{LOOPBACK}:{ports.control_plane}",
        "VERCEL_PROJECT_PRODUCTION_URL": f"{LOOPBACK}:{ports.control_plane}",
        "VERCEL_PROJECT_ID": "prj_control_plane",
        "VERCEL_DEPLOYMENT_ID": "dpl_control_plane",
        "VERCEL_GIT_COMMIT_SHA": checked_out(),
        "VERCEL_GIT_COMMIT_REF": "main",
    }


def checked_out() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            asked, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "0" * 40
