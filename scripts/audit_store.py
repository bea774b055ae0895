"""The audit log in the store: python -m scripts.audit_store export | verify.

`export`, once a day, puts there what was signed since, reads it back and says how far it is.
`verify` reads what is there, or with `--folder` what was downloaded of it, and names every row that
was changed, removed, inserted or reordered; `--with-table` also what is otherwise in the database.
Reads AUDIT_KEYS, AUDIT_EXPORT_…, ARCHIVE_ENDPOINT_URL, ARCHIVE_REGION and the usual AWS_…
variables, and DATABASE_URL; needs scripts/requirements.txt. Exit codes: 0, exported, or everything
is as it was written; 1, it is not, and each finding is said; 2, it was not asked rightly; 3,
another export is at it; 4, the database or the store did not answer: the same again goes on.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from lib.archive.log_comparing import cut_off, differences, sentences
from lib.archive.log_export import LogExport
from lib.archive.log_reading import Folder, LogReading, Shelf
from lib.archive.s3 import Place, Store
from lib.audit.chain import Keys
from lib.audit.verify import Verifier
from lib.commands import Code, Misused, user
from lib.postgres import Database
from lib.settings import Settings, settings
from scripts.audit_log import READING_SECONDS, add_heads, keys_of, run, tell
from scripts.command_line import fail


def main(arguments: list[str] | None = None) -> int:
    return run(carry_out(read_arguments(arguments)))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.audit_store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="put there what is not there yet")
    export.add_argument(
        "--as-it-is",
        action="store_true",
        help="also where `verify` finds something; its findings stay in the manifest",
    )
    verify = commands.add_parser("verify", help="is what is there as it was written?")
    verify.add_argument("--folder", type=Path, help="downloaded; without: the store")
    verify.add_argument("--with-table", action="store_true", help="and is the table the same?")
    add_heads(verify, "where the log ended once; may be given again")
    return parser.parse_args(arguments)


async def carry_out(options: argparse.Namespace) -> int:
    chosen = settings()
    keys = keys_of(chosen, "an export")
    database = Database(chosen.database_url.get_secret_value(), READING_SECONDS)
    try:
        if options.command == "export":
            made_by = {"command": "python -m scripts.audit_store export", "by": user()}
            return await export(
                LogExport(database, store_of(chosen), keys, made_by, options.as_it_is)
            )
        return await verify(options, database, shelf_of(chosen, options.folder), keys)
    finally:
        await database.close()


def shelf_of(chosen: Settings, folder: Path | None) -> Shelf:
    return Folder(folder) if folder else store_of(chosen)


def store_of(chosen: Settings) -> Store:
    if chosen.audit_export_bucket is None:
        raise Misused("Set AUDIT_EXPORT_BUCKET: where is the audit log exported to?")
    return Store(
        Place(
            bucket=chosen.audit_export_bucket,
            prefix=chosen.audit_export_prefix,
            endpoint_url=chosen.archive_endpoint_url,
            region=chosen.archive_region,
            lock_for=chosen.audit_export_lock,
        )
    )


async def export(work: LogExport) -> int:
    parts = await work.go()
    for part in parts:
        print(f"Positions {part.first} to {part.last} are in the store: {part.key}")
        for finding in part.findings:
            fail(finding, Code.REFUSED)
    if not parts:
        print("Everything that was signed is in the store already.")
    return Code.REFUSED if any(part.findings for part in parts) else Code.DONE


async def verify(options: argparse.Namespace, database: Database, shelf: Shelf, keys: Keys) -> int:
    reading, verifier = LogReading(shelf), Verifier(keys, options.head)
    await asyncio.to_thread(reading.verify, verifier)
    findings = reading.findings
    if options.with_table:
        findings = [*findings, *await otherwise(database, shelf)]
    return tell(verifier, findings)


async def otherwise(database: Database, shelf: Shelf) -> list[str]:
    """What the table says otherwise; what is wrong with the export itself was said."""
    reading = LogReading(shelf)
    found = [one async for one in differences(database, reading)]
    shorter = await cut_off(database, reading)
    return [*sentences(found), *([shorter] if shorter else [])]


if __name__ == "__main__":
    sys.exit(main())
