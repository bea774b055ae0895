"""What rollbacks put aside: python -m scripts.archive list | purge | restore | erase | verify.

It stays in the app's database for ARCHIVE_RETENTION_SECONDS; `purge`, once a day, exports what is
past that to the store, reads it back and drops it. Reads DATABASE_URL, APP_DATABASE_URL, ARCHIVE_…
and the usual AWS_… variables; needs scripts/requirements.txt. Exit codes: 0, done, or there is
nothing to do; 1, refused, and why is said; 2, it was not asked rightly; 3, others held what it
needs, try again; 4, a database or the store did not answer, the same again goes on; 5, object lock:
a copy cannot be deleted yet, the same again then finishes.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg

from lib import errors
from lib.archive import report, state
from lib.archive.condition import Condition, read_condition
from lib.archive.database import alone, identity, looking
from lib.archive.erase import Erase
from lib.archive.models import Told
from lib.archive.purge import Purge
from lib.archive.restore import Restore
from lib.archive.s3 import Place, Store
from lib.archive.state import Archive
from lib.audit.store import write_audit
from lib.commands import Code, Misused, Stopped
from lib.schema import journal
from lib.schema.outcome import Again, Refused
from lib.settings import Settings, settings
from lib.wiring import Services, build
from scripts.command_line import NO_TABLES, NOT_MEANT, actor, fail, says_yes

#: Of several, what a caller has to know first.
WORST_FIRST = (Code.WRONG, Code.AWAY, Code.REFUSED, Code.BUSY, Code.LOCKED, Code.DONE)


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    try:
        return asyncio.run(carry_out(options))
    except Stopped as stopped:
        return fail(str(stopped), stopped.code)
    except Again as again:
        if again.is_lost:
            return fail("The app's database went away. The same again goes on.", Code.AWAY)
        return fail(f"Nothing was changed: {again}. Try again.", Code.BUSY)
    except Refused as refused:
        outcome = refused.outcome
        return fail(f"{outcome.sentence}. {outcome.remedy}".strip(), Code.REFUSED)
    except errors.DatabaseUnavailable as error:
        return fail(f"Our own database does not answer: {error}", Code.AWAY)
    except errors.Error as error:
        return fail(str(error), Code.WRONG)
    except psycopg.errors.UndefinedTable:
        return fail(NO_TABLES, Code.WRONG)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.archive", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="say what there is, and until when")
    purge = commands.add_parser("purge", help="export what is past its time, and drop it")
    restore = commands.add_parser("restore", help="bring back what was purged")
    erase = commands.add_parser("erase", help="remove a person's rows, here and in the store")
    verify = commands.add_parser("verify", help="read every export, and compare each byte")
    restore.add_argument("--run", type=UUID, required=True, metavar="ID")
    for command in (listing, verify):
        command.add_argument("--run", type=UUID, metavar="ID", help="only this run's")
    restore.add_argument("--kept", metavar="NAME", help="only this one, as `list` names it")
    erase.add_argument("--table", required=True, help="where the rows came from, as `list` says")
    erase.add_argument(
        "--where",
        required=True,
        action="append",
        metavar="COLUMN=VALUE",
        help="again for further values (any of them) and columns (all of them)",
    )
    erase.add_argument(
        "--database",
        type=UUID,
        action="append",
        metavar="ID",
        help="also exports of this one, such as the app's before it lost its list",
    )
    for command in (purge, erase):
        command.add_argument("--dry-run", action="store_true", help="count, and change nothing")
    for command in (purge, restore, erase):
        command.add_argument("--yes", action="store_true", help="do not ask")
        command.add_argument("--reason", help="for the audit log: name nobody in it")
    return parser.parse_args(arguments)


async def carry_out(options: argparse.Namespace) -> int:
    chosen = settings()
    if chosen.app_database_url is None:
        return fail("Set APP_DATABASE_URL: which database is the app's?", Code.WRONG)
    url = chosen.app_database_url.get_secret_value()
    if options.command == "list":
        return await show(await listed(options, chosen, url))
    store = Store(place(chosen))
    if options.command == "verify":
        archives = await listed(options, chosen, url)
        return await say(report.verify(store, archives))
    services = build(chosen)
    try:
        match options.command:
            case "purge":
                return await purge(options, services, url, store)
            case "restore":
                return await restore(options, services, url, store)
        return await erase(options, services, url, store)
    finally:
        await services.close()


def place(chosen: Settings) -> Place:
    if chosen.archive_bucket is None:
        raise Misused("Set ARCHIVE_BUCKET: where are archives exported to?")
    return Place(
        bucket=chosen.archive_bucket,
        prefix=chosen.archive_prefix,
        endpoint_url=chosen.archive_endpoint_url,
        region=chosen.archive_region,
        lock_for=chosen.archive_lock,
    )


async def listed(options: argparse.Namespace, chosen: Settings, url: str) -> list[Archive]:
    async with looking(url) as session:
        if not await journal.is_there(session.connection):
            return []
        await state.ensure(session)
        archives = await state.listed(session, chosen.archive_retention)
    return [one for one in archives if options.run in {None, UUID(one.kept.run_id)}]


async def show(archives: list[Archive]) -> int:
    for archive in archives:
        print(report.line(archive))
    if not archives:
        print("Nothing was put aside.")
    return Code.DONE


async def purge(options: argparse.Namespace, services: Services, url: str, store: Store) -> int:
    retention = services.settings.archive_retention
    async with alone(url) as session:
        if not await journal.is_there(session.connection):
            print("Nothing was put aside.")
            return Code.DONE
        await state.ensure(session)
        work = Purge(session, store, retention, made_by(options))
        due = await work.due()
        for archive in due:
            print(report.line(archive))
        logged = sum(part.rows for part in await work.due_conflicts())
        if options.dry_run or not (due or logged):
            print(f"{len(due)} archives and {logged} conflicts are past their time.")
            return Code.DONE
        require_meant(options)
        facts = {"archives": [one.kept.kept_in for one in due], "conflicts": logged}
        await note(services, options, "accepted", facts)
        return await say(work.go(), services, options)


async def restore(options: argparse.Namespace, services: Services, url: str, store: Store) -> int:
    require_meant(options)
    async with alone(url) as session:
        await note(services, options, "accepted", {"run_id": str(options.run)})
        work = Restore(session, store, services.settings.archive_retention)
        return await say(work.go(str(options.run), options.kept), services, options)


async def erase(options: argparse.Namespace, services: Services, url: str, store: Store) -> int:
    condition = read_condition(options.where)
    if not options.dry_run:
        require_meant(options)
    async with alone(url) as session:
        ours = await identity(session)
        databases = [*map(str, options.database or ()), *([ours] if ours else [])]
        if ours:
            await state.ensure(session)
        work = Erase(
            session=session,
            store=store,
            retention=services.settings.archive_retention,
            made_by=made_by(options),
            table=options.table,
            condition=condition,
            dry_run=options.dry_run,
        )
        if options.dry_run:
            return await say(work.go(databases))
        await note(services, options, "accepted", whose(condition))
        return await say(work.go(databases), services, options)


def whose(condition: Condition) -> dict[str, Any]:
    """Without a value: the audit log is kept longer than what is erased."""
    return {"where": list(condition.columns)}


async def say(
    ends: AsyncIterator[Told],
    services: Services | None = None,
    options: argparse.Namespace | None = None,
) -> int:
    """Each as it ends, into the audit log where something was changed; the worst code of all."""
    codes = {Code.DONE}
    async for told in ends:
        codes.add(told.code)
        if told.code is Code.DONE:
            print(told.sentence, flush=True)
        else:
            fail(told.sentence, told.code)
        if services and options:
            facts = {"rows": told.rows, "manifest": told.manifest}
            if told.kept:
                facts |= {"run_id": told.kept.run_id, "archive": told.kept.kept_in}
            await note(services, options, told.code.name.lower(), facts)
    return next(code for code in WORST_FIRST if code in codes)


def require_meant(options: argparse.Namespace) -> None:
    if not (options.yes or says_yes()):
        raise Misused(NOT_MEANT)


def made_by(options: argparse.Namespace) -> dict[str, str]:
    return {"command": f"python -m scripts.archive {options.command}", "by": actor()}


async def note(
    services: Services, options: argparse.Namespace, result: str, facts: dict[str, Any]
) -> None:
    async with services.database.transaction() as connection:
        await write_audit(
            connection,
            actor=actor(),
            action=f"archive.{options.command}",
            subject=getattr(options, "table", None),
            reason=options.reason,
            result=result,
            facts=facts,
        )


if __name__ == "__main__":
    sys.exit(main())
