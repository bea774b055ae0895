"""Mint an access token: python -m scripts.mint_token --name "Ada Lovelace" --role operator.

Prints it once, on the last line; only its hash is stored. Reads DATABASE_URL.
"""

import argparse
import asyncio
import getpass
import sys
from datetime import timedelta

from lib import errors
from lib.access.models import Role
from lib.access.store import AccessStore
from lib.postgres import Database
from lib.settings import settings


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
    parser.add_argument("--name", required=True, help="the person or job it belongs to")
    parser.add_argument("--role", required=True, choices=[*Role])
    parser.add_argument("--days", type=int, help="how long it is valid; without: until revoked")
    options = parser.parse_args(arguments)
    lifetime = None if options.days is None else timedelta(days=options.days)
    try:
        token = asyncio.run(mint(options.name, Role(options.role), lifetime))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    print(f"A token for {options.name} ({options.role}). It is shown this once:")
    print(token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
