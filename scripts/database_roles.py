"""A role for the functions, with only the rights they need: python -m scripts.database_roles.

Prints the plan, asks, and carries it out in one transaction; where everything is as it should be it
changes nothing. `--for export`: a role for the job that exports the audit log. A role that it makes
gets a password, which is shown once. Run it as the tables' owner, after each migration too. Reads
DATABASE_URL_UNPOOLED, or DATABASE_URL. Exit codes: 0, done, or there was nothing to do; 1, the plan
was not carried out: without a terminal it takes `--yes`; 2, it was not asked rightly; 4, the
database did not answer.
"""

import argparse
import asyncio
import re
import secrets
import sys
from dataclasses import dataclass
from urllib.parse import urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from lib import errors
from lib.access.database_roles import ALONE, PROFILES, look, statements
from lib.postgres import Connection
from lib.settings import settings
from scripts.command_line import NOT_MEANT, fail, says_yes

DONE, NOT_DONE, WRONG, AWAY = 0, 1, 2, 4
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
PASSWORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    name: str
    profile: str
    yes: bool
    new_password: bool


def main(arguments: list[str] | None = None) -> int:
    wish = read_arguments(arguments)
    chosen = settings()
    url = (chosen.database_url_unpooled or chosen.database_url).get_secret_value()
    try:
        return asyncio.run(carry_out(wish, url))
    except psycopg.errors.InsufficientPrivilege as error:
        return fail(
            f"This role may not do that ({error.diag.message_primary}): run it as who ran the"
            " migrations, and who may make roles.",
            WRONG,
        )
    except psycopg.OperationalError:
        return fail("Postgres did not answer. Try again.", AWAY)
    except errors.Error as error:
        return fail(str(error), WRONG)


def read_arguments(arguments: list[str] | None) -> Wish:
    parser = argparse.ArgumentParser(prog="python -m scripts.database_roles", description=__doc__)
    parser.add_argument("--for", dest="profile", choices=[*PROFILES], default="functions")
    parser.add_argument("--role", type=a_name, help="its name; without: wedsync_functions, …")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--new-password", action="store_true", help="also for a role that is there")
    options = parser.parse_args(arguments)
    name = options.role or f"wedsync_{options.profile}"
    return Wish(name, options.profile, options.yes, options.new_password)


def a_name(value: str) -> str:
    if NAME.fullmatch(value) and not value.startswith("pg_"):
        return value
    raise argparse.ArgumentTypeError("small letters, digits and _, and not pg_ at the beginning")


async def carry_out(wish: Wish, url: str) -> int:
    """Nobody is waited for while the lock is held: the plan is made again under it."""
    async with await psycopg.AsyncConnection.connect(
        url, connect_timeout=5, row_factory=dict_row
    ) as connection:
        plan = await make_plan(connection, wish)
        await connection.rollback()
        print("\n".join(plan.lines))
        if not (plan.statements or plan.needs_password):
            return DONE
        if not (wish.yes or says_yes()):
            return fail(NOT_MEANT, NOT_DONE)
        await connection.execute(ALONE)
        if (await make_plan(connection, wish)).lines != plan.lines:
            return fail("Another changed it meanwhile. Nothing was changed: try again.", NOT_DONE)
        for statement in plan.statements:
            await connection.execute(statement)
        password = await set_password(connection, wish.name) if plan.needs_password else ""
    print("Done.")
    if password:
        show(url, wish.name, password)
    return DONE


@dataclass(frozen=True, slots=True)
class Plan:
    statements: list[sql.Composed]
    needs_password: bool
    lines: list[str]


async def make_plan(connection: Connection, wish: Wish) -> Plan:
    present = await look(connection, wish.name)
    needed = [*statements(present, PROFILES[wish.profile])]
    needs_password = present.role is None or wish.new_password
    lines = [f"{statement.as_string(connection)};" for statement in needed]
    if needs_password:
        lines.append(f"{wish.name} gets a new password.")
    return Plan(
        needed,
        needs_password,
        lines or [f"{wish.name} has the rights it needs, and no others."],
    )


async def set_password(connection: Connection, name: str) -> str:
    """The server gets what it stores, and never the password itself: statements are logged."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    kept = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    await connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(name), sql.Literal(kept.decode())
        )
    )
    return password


def show(url: str, name: str, password: str) -> None:
    parts = conninfo_to_dict(url)
    host, port, database = (
        parts.get(key) or other
        for key, other in (("host", "localhost"), ("port", 5432), ("dbname", name))
    )
    known = ("host", "port", "dbname", "user", "password")
    more = urlencode({key: value for key, value in parts.items() if key not in known})
    print("Its address is shown this once. Use the pooler's host where you have one:")
    print(f"postgresql://{name}:{password}@{host}:{port}/{database}{more and '?' + more}")


if __name__ == "__main__":
    sys.exit(main())
