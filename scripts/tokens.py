"""Access tokens: python -m scripts.tokens mint | list | expire | revoke | sign-out.

`mint` prints a new one once, on the last line; only its hash is stored. `list` shows them all. The
others take a name or an id: `expire` sets when it ends, `revoke` ends it with its sessions at once,
`sign-out` ends its sessions alone. Reads DATABASE_URL. Exit codes: 0, it is so now; 1, it is not,
and why is said; 2, it was not asked rightly.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg

from lib import errors
from lib.access.models import Role
from lib.access.store import AccessStore, Token
from lib.postgres import Database
from lib.settings import settings
from scripts.command_line import actor, fail

#: Ten years: longer is for ever, which is what no number of days means.
DAYS_AT_MOST = 3650
HEADINGS = ("id", "name", "role", "made", "by", "ends", "last used", "sessions")


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    try:
        asyncio.run(carry_out(options))
    except errors.Error as error:
        return fail(str(error), 1)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return fail("The database is not migrated yet: python -m scripts.migrate", 1)
    return 0


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.tokens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    mint = commands.add_parser("mint", help="make a new one")
    mint.add_argument(
        "--name", type=a_holder, required=True, help="the person or job it belongs to"
    )
    mint.add_argument("--role", required=True, choices=[*Role])
    mint.add_argument("--days", type=some_days, help="how long it is valid; without: until revoked")
    commands.add_parser("list", help="show them all, without their secrets")
    expire = commands.add_parser("expire", help="set when one ends")
    expire.add_argument("--days", type=some_days, required=True, help="from now")
    revoke = commands.add_parser("revoke", help="end one and its sessions, now")
    sign_out = commands.add_parser("sign-out", help="end the sessions of one, now")
    for command in (expire, revoke, sign_out):
        command.add_argument("who", type=a_name, help="its name, or its id")
    return parser.parse_args(arguments)


def a_name(value: str) -> str:
    if value.strip() and value.isprintable():
        return value.strip()
    raise argparse.ArgumentTypeError("say whose it is")


def a_holder(value: str) -> str:
    name = a_name(value)
    if name == "automatic" or name.startswith("platform:"):
        raise argparse.ArgumentTypeError(f"the log calls what nobody ordered {name}: take another")
    return name


def some_days(value: str) -> timedelta:
    if value.isdecimal() and 0 < int(value) <= DAYS_AT_MOST:
        return timedelta(days=int(value))
    raise argparse.ArgumentTypeError(f"give a number from 1 to {DAYS_AT_MOST}")


async def carry_out(options: argparse.Namespace) -> None:
    database = Database(settings().database_url.get_secret_value())
    access, by = AccessStore(database), actor()
    try:
        match options.command:
            case "mint":
                await mint(access, options, by)
            case "list":
                show(await access.tokens(idle=settings().session_idle))
            case "expire":
                whose = await access.expire(options.who, after=options.days, by=by)
                print(f"The token of {whose} ends in {options.days.days} days.")
            case "revoke":
                whose, ended = await access.revoke(options.who, by=by)
                print(
                    f"The token of {whose} had ended already."
                    if ended is None
                    else f"The token of {whose} is revoked, and {sessions(ended)} ended with it."
                )
            case _:
                whose, ended = await access.sign_out(options.who, by=by)
                print(f"{whose}: {sessions(ended)} ended.")
    finally:
        await database.close()


async def mint(access: AccessStore, options: argparse.Namespace, by: str) -> None:
    token = await access.mint(
        name=options.name, role=Role(options.role), by=by, lifetime=options.days
    )
    print(f"A token for {options.name} ({options.role}). It is shown this once:")
    print(token)


def show(tokens: Sequence[Token]) -> None:
    rows = [HEADINGS, *(told(token) for token in tokens)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def told(token: Token) -> tuple[str, ...]:
    ends = moment(token.expires_at, "never")
    if not token.is_valid:
        ends = f"revoked {moment(token.revoked_at)}" if token.revoked_at else f"ended {ends}"
    return (
        str(token.id),
        token.name,
        token.role,
        moment(token.created_at),
        token.made_by or "-",
        ends,
        moment(token.last_used_at, "never"),
        str(token.sessions),
    )


def moment(value: datetime | None, otherwise: str = "-") -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}" if value else otherwise


def sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"


if __name__ == "__main__":
    sys.exit(main())
