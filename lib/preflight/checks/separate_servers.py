"""Our database and the app's do not go down together, and are not the same one."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lib.postgres import Database
from lib.preflight.app_database import Unreachable, connected, one
from lib.preflight.kit import Kit, failed, not_used, ok, unknown, warning
from lib.preflight.models import Finding
from lib.rollback.models import Environment
from lib.schema.migrate import FOREIGN

SERVER = "SELECT system_identifier::text AS server FROM pg_control_system()"
NAME = "SELECT current_database()::text AS name"
OWN_DATABASE = (
    "Give the control plane a database of its own, with another provider: a bad migration must not"
    " take its rescuer down."
)


async def check(kit: Kit, _: Environment) -> Finding:
    row = await kit.database.one(f"SELECT ({FOREIGN}) AS is_apps")
    if row and row["is_apps"]:
        return failed(f"DATABASE_URL holds the app's migration ledger. {OWN_DATABASE}")
    url = kit.app_database_url
    if url is None:
        return not_used("No database of the app is set (APP_DATABASE_URL).")
    try:
        apps = await identity_of_apps(url)
    except Unreachable as error:
        return unknown(
            f"Whether the app's database has a server of its own is not known ({error})."
        )
    ours = await identity(kit.database)
    if not on_one_server(ours, apps):
        return ok("Our database and the app's are on different servers.")
    if ours["name"] == apps["name"]:
        return failed(f"DATABASE_URL and APP_DATABASE_URL are one database. {OWN_DATABASE}")
    return warning(
        "Our database and the app's are on one server: what takes it down, takes the rescuer along."
        f" {OWN_DATABASE}"
    )


async def identity(database: Database) -> Mapping[str, Any]:
    named = await database.one(NAME)
    try:
        server = await database.one(SERVER)
    except psycopg.errors.InsufficientPrivilege:
        server = None
    return {"address": address(database.url)} | (named or {}) | (server or {})


async def identity_of_apps(url: str) -> Mapping[str, Any]:
    async with connected(url) as connection:
        named = await one(connection, NAME)
        try:
            server = await one(connection, SERVER)
        except psycopg.errors.InsufficientPrivilege:
            server = {}
    return {"address": address(url)} | named | server


def on_one_server(ours: Mapping[str, Any], apps: Mapping[str, Any]) -> bool:
    """By what the servers say of themselves, or by address where one does not say."""
    if "server" in ours and "server" in apps:
        return bool(ours["server"] == apps["server"])
    return bool(ours["address"] == apps["address"])


def address(url: str) -> tuple[str, str]:
    parts = conninfo_to_dict(url)
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return str(host), str(parts.get("port") or 5432)
