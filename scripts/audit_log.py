"""What the commands that check the audit log share: scripts.audit, scripts.audit_store."""

import argparse
import asyncio
import re
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import psycopg

from lib import errors
from lib.audit.chain import Keys
from lib.audit.verify import Verifier
from lib.commands import Code, Misused, Stopped
from lib.settings import Settings
from scripts.command_line import fail

#: A whole log is read in one snapshot.
READING_SECONDS = 3600.0
HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def add_heads(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--head", type=a_head, action="append", default=[], metavar="POSITION:LINK", help=what
    )


def a_head(value: str) -> tuple[int, bytes]:
    if match := HEAD.fullmatch(value):
        return int(match[1]), bytes.fromhex(match[2])
    raise argparse.ArgumentTypeError("give it as it was printed: POSITION:LINK")


def keys_of(chosen: Settings, what: str) -> Keys:
    """Raises Misused."""
    if chosen.audit_keys is None:
        raise Misused(f"Set AUDIT_KEYS: without it nothing is signed, and {what} proves nothing.")
    return Keys.read(chosen.audit_keys.get_secret_value())


def run(work: Coroutine[Any, Any, int], file: Path | None = None) -> int:
    """Its exit code, after the reason where it failed. `file`: what it reads or writes."""
    try:
        return asyncio.run(work)
    except Stopped as stopped:
        return fail(str(stopped), stopped.code)
    except OSError as error:
        return fail(f"{error.filename or file}: {error.strerror}", Code.WRONG)
    except errors.DatabaseUnavailable as error:
        return fail(str(error), Code.AWAY)
    except errors.Error as error:
        return fail(str(error), Code.WRONG)
    except psycopg.errors.UndefinedTable:
        return fail("The database has no such tables yet: python -m scripts.migrate", Code.WRONG)


def tell(verifier: Verifier, findings: Sequence[str], waiting: int = 0) -> int:
    for finding in findings:
        fail(finding, Code.REFUSED)
    told = f"{verifier.position} positions, {verifier.checkpoints} checkpoints"
    if waiting:
        told += f"; {waiting} rows wait for their places"
    if findings:
        return fail(f"{told}: {len(findings)} findings, above.", Code.REFUSED)
    print(f"{told}: everything is as it was written.")
    return Code.DONE
