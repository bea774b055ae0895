"""Bring what break-glass did into the record: python -m scripts.reconcile FILE.

The rollback, its steps and who did it when go into Postgres and the audit log, so that the history,
the dashboard and roll forward know of it. Any number of times is once. Reads DATABASE_URL,
BREAK_GLASS_KEYS and the platform's settings. Exit codes: 0, it is in the record; 1, refused, and
why is said; 2, it was not asked rightly; 4, the database did not answer, the same again.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import psycopg

from lib import errors
from lib.audit.chain import Keys
from lib.breakglass import journal
from lib.breakglass.account import Account, Unfinished
from lib.rollback.models import Environment
from lib.rollback.reconcile import Reconciler
from lib.settings import Settings, settings
from lib.wiring import build
from scripts.command_line import NO_TABLES, actor, fail

DONE, REFUSED, WRONG, AWAY = 0, 1, 2, 4
UNSIGNED = "It is not signed, so anybody may have written it. If you know who did: --unsigned"


class Refused(Exception):
    """Says why, and what to do."""


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    try:
        chosen = settings()
        account = read(options, chosen)
        print(asyncio.run(bring(account, options, chosen)))
    except (Refused, journal.Tampered, Unfinished) as error:
        return fail(f"{options.file}: {error}", REFUSED)
    except OSError as error:
        return fail(f"{options.file}: {error.strerror}", WRONG)
    except errors.DatabaseUnavailable as error:
        return fail(str(error), AWAY)
    except errors.Error as error:
        return fail(str(error), WRONG)
    except psycopg.errors.UndefinedTable:
        return fail(NO_TABLES, WRONG)
    return DONE


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.reconcile", description=__doc__)
    parser.add_argument("file", type=Path, help="the journal: break-glass-….jsonl")
    parser.add_argument("--unsigned", action="store_true", help="believe one without a signature")
    parser.add_argument(
        "--no-end", action="store_true", help="believe one that was cut off as far as it goes"
    )
    return parser.parse_args(arguments)


def read(options: argparse.Namespace, chosen: Settings) -> Account:
    """Raises Refused, Tampered, Unfinished, OSError."""
    keys = Keys.read(chosen.break_glass_keys.get_secret_value() if chosen.break_glass_keys else "")
    entries = journal.read(options.file.read_bytes(), keys)
    if not entries or entries[0].get("event") != "begun":
        raise Refused("It is no journal of break-glass.")
    if not journal.is_signed(entries) and not options.unsigned:
        raise Refused(UNSIGNED)
    try:
        account = Account.read(entries, no_end=options.no_end)
    except (KeyError, TypeError, ValueError):
        raise Refused("It is no journal of break-glass: parts of it are missing.") from None
    if account.plan.project != chosen.app_project_id:
        raise Refused(f"It is about {account.plan.project}, which is not APP_PROJECT_ID.")
    return account


async def bring(account: Account, options: argparse.Namespace, chosen: Settings) -> str:
    services = build(chosen)
    reconciler = Reconciler(services.deployments, services.tracker, chosen)
    try:
        said = await reconciler.bring(account, by=actor(), file=options.file.name)
        try:
            await services.tracker.reconcile(Environment.PRODUCTION)
        except errors.Upstream as error:
            said += f" What is live now is looked at later: {error}"
        return said
    finally:
        await services.close()


if __name__ == "__main__":
    sys.exit(main())
