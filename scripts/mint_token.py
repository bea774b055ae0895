"""Mint an access token: python -m scripts.mint_token --name "Ada Lovelace" --role operator.

Prints it once, on the last line; only its hash is stored. Reads DATABASE_URL.
"""

import argparse
import asyncio
import getpass
import sys
from datetime import timedelta

import psycopg

from lib import errors
from lib.access.models import Role
from lib.access.store import AccessStore
from lib.postgres import Database
from lib.settings import settings

#: Ten years: longer is for ever, which is what no number of days means.
DAYS_AT_MOST = 3650


def a_name(value: str) -> str:
    if value.strip() and value.isprintable():
        return value.strip()
    raise argparse.ArgumentTypeError("say whose it is")


def some_days(value: str) -> timedelta:
    if value.isdecimal() and 0 < int(value) <= DAYS_AT_MOST:
        return timedelta(days=int(value))
    raise argparse.ArgumentTypeError(f"give a number from 1 to {DAYS_AT_MOST}")


async def mint(name: str, role: Role, lifetime: timedelta | None) -> str:
    database = Database(settings().database_url.get_secret_value())
    try:
        return await AccessStore(database).mint(
            name=name, role=role, by=f"{getpass.getuser()} (command line)", lifetime=lifetime
        )
    finally:
        await database.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.mint_token", description=__doc__)
    parser.add_argument(
        "--name", type=a_name, required=True, help="the person or job it belongs to"
    )
    parser.add_argument("--role", required=True, choices=[*Role])
    parser.add_argument(
        "--days", type=some_days, help="how long it is valid; without: until revoked"
    )
    options = parser.parse_args(arguments)
    try:
        token = asyncio.run(mint(options.name, Role(options.role), options.days))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.errors.UndefinedTable:
        print("The database has no tables yet: python -m scripts.migrate", file=sys.stderr)
        return 1
    print(f"A token for {options.name} ({options.role}). It is shown this once:")
    print(token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
