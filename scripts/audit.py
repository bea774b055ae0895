"""The audit log as evidence: python -m scripts.audit verify | export | seal.

`verify` names every row that was changed, removed, inserted or reordered since it was sealed, and
every checkpoint that does not fit; `--file`: in an export instead of the database. `export` writes
the log as JSON lines, which `verify` reads without the database. `seal` does what each sweep does:
gives new rows their places, and signs. Reads DATABASE_URL, AUDIT_KEYS and Redis's settings. Exit
codes: 0, the log is as it was written, or it was exported or sealed; 1, it is not, and each finding
is said; 2, it was not asked rightly; 4, the database did not answer: the same again.
"""

import argparse
import os
import sys
from contextlib import aclosing
from pathlib import Path

from lib.audit.chain import Keys
from lib.audit.reading import as_line, read_lines, read_tables
from lib.audit.verify import Verifier
from lib.audit.witness import Witness
from lib.commands import Code
from lib.postgres import Database
from lib.redis import RedisUnavailable
from lib.settings import Settings, settings
from lib.wiring import build, make_redis
from scripts.audit_log import READING_SECONDS, add_heads, keys_of, run, tell


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    return run(carry_out(options), getattr(options, "file", None))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="is the log as it was written?")
    export = commands.add_parser("export", help="write it to a file")
    commands.add_parser("seal", help="give new rows their places now, and sign")
    verify.add_argument("--file", type=Path, help="an export; without: the database")
    add_heads(
        verify,
        "where it ended once, as `verify` and the log line audit_sealed say: finds that its"
        " end was cut off, as do the heads in Redis. May be given again",
    )
    export.add_argument("--file", type=a_new_file, required=True, help="never overwritten")
    return parser.parse_args(arguments)


def a_new_file(value: str) -> Path:
    if not os.path.lexists(value):
        return Path(value)
    raise argparse.ArgumentTypeError(f"{value} is there already")


async def carry_out(options: argparse.Namespace) -> int:
    chosen = settings()
    database = Database(chosen.database_url.get_secret_value(), READING_SECONDS)
    try:
        match options.command:
            case "export":
                return await export(database, options.file)
            case "seal":
                return await seal(chosen)
        return await verify(database, options, keys_of(chosen, "a chain"))
    finally:
        await database.close()


async def verify(database: Database, options: argparse.Namespace, keys: Keys) -> int:
    heads = options.head
    if options.file is None:
        # Before the snapshot: what is noted from now on is not in it.
        heads = [*heads, *await noted()]
    verifier = Verifier(keys, heads)
    if options.file:
        with options.file.open(encoding="utf-8", errors="replace") as file:
            for entry in read_lines(file):
                verifier.take(entry)
    else:
        async with aclosing(read_tables(database)) as entries:
            async for entry in entries:
                verifier.take(entry)
    verifier.end()
    code = tell(verifier, verifier.findings, verifier.waiting)
    if code == Code.DONE and verifier.position:
        print(f"Keep this elsewhere: --head {verifier.position}:{verifier.link.hex()}")
    return code


async def noted() -> list[tuple[int, bytes]]:
    """What Redis knows of where the chain ended."""
    redis = make_redis(settings())
    if redis is None:
        return []
    try:
        return await Witness(redis).heads()
    except RedisUnavailable:
        print("Redis did not answer: the heads that it keeps were not compared.", file=sys.stderr)
        return []
    finally:
        await redis.close()


async def export(database: Database, target: Path) -> int:
    """Whole, or not there: written beside, then named."""
    beside = target.with_name(f"{target.name}.part")
    count = 0
    with beside.open("w", encoding="utf-8") as file:
        async with aclosing(read_tables(database)) as entries:
            async for entry in entries:
                if (line := as_line(entry)) is not None:
                    file.write(f"{line}\n")
                    count += 1
        file.flush()
        os.fsync(file.fileno())
    beside.rename(target)
    print(f"{count} lines: {target}")
    return Code.DONE


async def seal(chosen: Settings) -> int:
    keys_of(chosen, "a chain")
    services = build(chosen)
    try:
        await services.keeper.sealer.sign()
        await services.keeper.sealer.seal()
    finally:
        await services.close()
    print("Sealed, unless another does it just now.")
    return Code.DONE


if __name__ == "__main__":
    sys.exit(main())
