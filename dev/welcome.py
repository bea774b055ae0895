"""The first thing a person sees of a running stack."""

from pathlib import Path
from typing import Any

from dev.places import DATA


def welcome(stack: dict[str, Any], data: Path) -> str:
    """Addresses to open, tokens to sign in with, and what to try first."""
    command = ".venv/bin/python -m dev" + (f" --data {data}" if data.resolve() != DATA else "")
    page = f"{stack['control_plane']}/admin/deployments"
    hosts = stack["edge"]["hosts"]
    tokens = [f"  {role:9} {token}" for role, token in stack["tokens"].items()]
    return "\n".join(
        [
            "",
            f"Dashboard       {page}",
            f"The app, live   {browsable(stack, 'production')}",
            f"  staging       {browsable(stack, 'staging')}",
            f"  slots         {browsable(stack, 'blue')}  {browsable(stack, 'green')}",
            f"Platform's API  {stack['vercel_api']}",
            f"Its edge        {stack['edge']['address']}  (Host: {hosts['production']})",
            f"Postgres        {stack['database_url']}",
            f"  the app's     {stack['app_database_url']}",
            f"Redis (REST)    {stack['redis_rest_url']}",
            f"S3              {stack['s3_endpoint']}",
            "",
            "Sign in as",
            *tokens,
            "",
            "Try, in another terminal",
            f"  {command} traffic --seconds 120   visitors read the app's pages",
            f"  {command} release crash           a bad version goes live: watch it go back",
            "",
        ]
    )


def browsable(stack: dict[str, Any], name: str) -> str:
    """The edge goes by host name; `NAME.localhost` is this machine in every browser."""
    port = stack["edge"]["address"].rpartition(":")[2]
    host = stack["edge"]["hosts"][name].partition(".")[0]
    return f"http://{host}.localhost:{port}"
