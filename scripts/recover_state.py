"""After an incident: scripts/recover-state.sh says what is not as it should be, and mends it.

Takes rollbacks that were left unfinished to their end, writes to Redis what Postgres knows of
progress and counted requests, verifies the audit log, and puts back the rows that it lost from its
export. It reports first and asks; `--yes`: does not ask. Safe to run twice, two at once, and again
after it was killed. Reads the functions' settings and, for the audit log, what
`python -m scripts.audit_store` reads; DATABASE_URL_UNPOOLED is the owner of the tables. Needs
scripts/requirements.txt. Exit codes: 0, all is as it should be; 1, a person has to see to
something, and it is said what; 2, it was not asked rightly; 3, there is something to do and nothing
was changed: `--yes`; 4, our database or the store did not answer.
"""

import argparse
import asyncio
import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from lib import errors
from lib.archive.log_restore import LogRestore
from lib.audit.chain import Keys
from lib.audit.reading import read_tables
from lib.audit.store import write_audit
from lib.audit.verify import Verifier
from lib.audit.witness import Witness
from lib.commands import Misused, Stopped
from lib.postgres import Database
from lib.recovery.copies import CountedRequests, NotedHead, ProgressCopies
from lib.recovery.models import Look, Part
from lib.recovery.rollbacks import Rollbacks
from lib.redis import RedisUnavailable
from lib.settings import Settings, settings
from lib.wiring import Services, build
from scripts.audit_log import READING_SECONDS
from scripts.audit_store import shelf_of
from scripts.command_line import NO_TABLES, NOT_MEANT, actor, fail, says_yes

DONE, WRONG_STATE, MISUSED, TO_DO, AWAY = 0, 1, 2, 3, 4


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/recover-state.sh", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--folder", type=Path, help="the audit log's export, downloaded")
    options = parser.parse_args(arguments)
    try:
        return asyncio.run(recover(settings(), options.folder, is_meant=options.yes))
    except errors.DatabaseUnavailable as error:
        return fail(f"Our own database does not answer, and is the truth: {error}", AWAY)
    except Stopped as stopped:
        return fail(str(stopped), stopped.code)
    except errors.Error as error:
        return fail(str(error), MISUSED)
    except psycopg.errors.UndefinedTable:
        return fail(NO_TABLES, MISUSED)


@dataclass(slots=True)
class AuditLog:
    """The chain, and what its export has that it lost. `restore` None: there is no export."""

    database: Database
    keys: Keys
    witness: Witness
    restore: LogRestore | None
    is_whole: bool = field(default=False, init=False)
    name: str = "Audit log"

    async def look(self) -> Look:
        found, verifier = Look(), Verifier(self.keys, await self._heads())
        async with aclosing(read_tables(self.database)) as entries:
            async for entry in entries:
                verifier.take(entry)
        verifier.end()
        self.is_whole = not verifier.findings
        if not self.keys.secrets:
            found.beyond.append("Set AUDIT_KEYS: without it nothing proves anything.")
        if self.restore is not None:
            exported = await self.restore.look()
            found.beyond.extend(exported.wrong)
            if exported.lost:
                found.to_do.append(
                    f"{len(exported.lost)} rows, places and checkpoints come back from the export."
                )
        # What is lost makes findings too, and is over once it is back.
        (found.told if found.to_do else found.beyond).extend(verifier.findings)
        if self.is_whole:
            found.told.append(f"{verifier.position} positions are as they were written.")
        return found

    async def mend(self) -> list[str]:
        return await self.restore.go(actor()) if self.restore else []

    async def _heads(self) -> list[tuple[int, bytes]]:
        try:
            return await self.witness.heads()
        except RedisUnavailable:
            return []


async def recover(chosen: Settings, folder: Path | None, *, is_meant: bool) -> int:
    url = chosen.database_url_unpooled or chosen.database_url
    owner = Database(url.get_secret_value(), READING_SECONDS)
    services = build(chosen)
    try:
        parts = make_parts(chosen, services, owner, folder)
        looks = await report(parts)
        if not any(look.to_do for look in looks):
            if is_meant:
                # One that was killed may have left it.
                await services.keeper.sealer.seal()
            return end(looks)
        if not (is_meant or says_yes("Do what is marked with >?")):
            return fail(NOT_MEANT, TO_DO)
        for part, look in zip(parts, looks, strict=True):
            if look.to_do:
                # Whoever is killed in it has said what it was at. The log tells of itself, in one
                # transaction with what comes back: a row before would take a lost one's number.
                if not isinstance(part, AuditLog):
                    await note(services, part.name, "accepted", to_do=look.to_do)
                done = await part.mend()
                await note(services, part.name, "ok", done=done)
                print(*(f"{part.name}: {line}" for line in done), sep="\n", flush=True)
        await services.keeper.sealer.seal()
        print("\nNow:")
        return end(await report(parts))
    finally:
        await services.close()
        await owner.close()


def make_parts(
    chosen: Settings, services: Services, owner: Database, folder: Path | None
) -> list[Part]:
    sealer, engine = services.keeper.sealer, services.engine
    has_export = bool(folder or chosen.audit_export_bucket)
    if folder and not folder.is_dir():
        raise Misused(f"{folder} is no folder: give the one that the export was downloaded to.")
    restore = LogRestore(owner, shelf_of(chosen, folder), sealer.keys) if has_export else None
    log = AuditLog(owner, sealer.keys, sealer.witness, restore)
    # The log first: what the others write into it goes after what it lost.
    return [
        log,
        Rollbacks(engine, has_token=bool(chosen.vercel_token.get_secret_value())),
        ProgressCopies(engine.store, engine.progress),
        CountedRequests(services.database, services.counts),
        NotedHead(sealer, lambda: log.is_whole),
    ]


async def report(parts: list[Part]) -> list[Look]:
    looks = []
    for part in parts:
        look = await part.look()
        looks.append(look)
        print(part.name)
        for mark, lines in ((" ", look.told), (">", look.to_do), ("!", look.beyond)):
            for line in lines:
                print(f"  {mark} {line}")
    return looks


def end(looks: list[Look]) -> int:
    if any(look.to_do or look.beyond for look in looks):
        return fail("Not everything is as it should be: > and ! above.", WRONG_STATE)
    print("Everything is as it should be.")
    return DONE


async def note(services: Services, part: str, result: str, **facts: list[str]) -> None:
    async with services.database.transaction() as connection:
        await write_audit(
            connection,
            actor=actor(),
            action="state.recover",
            subject=part,
            result=result,
            facts=facts,
        )


if __name__ == "__main__":
    sys.exit(main())
