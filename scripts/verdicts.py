"""Why did it decide so? python -m scripts.verdicts lists the newest verdicts and what followed.

With a number it prints what that verdict was reached by, for the backtest:
python -m scripts.verdicts 17 > verdict.jsonl && python -m lib.health.backtest verdict.jsonl
Reads DATABASE_URL.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from lib import errors
from lib.automatic.store import RECORDINGS_KEPT, read_recording
from lib.moments import in_utc
from lib.postgres import Database
from lib.settings import settings

#: Verdicts, and what followed from them, in the order in which they came.
NEWEST = """
SELECT * FROM (
  SELECT at, v.id, environment, state AS what, sentence, recording IS NOT NULL AS is_kept
    FROM verdicts v
  UNION ALL
  SELECT at, NULL, environment, outcome, sentence, false FROM decisions
) both_kinds ORDER BY at DESC LIMIT %(limit)s
"""
RECORDING = "SELECT recording FROM verdicts WHERE id = %(id)s"


async def ask(query: Any, **values: object) -> list[dict[str, Any]]:
    database = Database(settings().database_url.get_secret_value())
    try:
        return await database.all(query, **values)
    finally:
        await database.close()


def listed(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in reversed(rows):
        number = f"{row['id']:>6}" if row["is_kept"] else " " * 6
        yield (
            f"{number}  {in_utc(row['at']):%Y-%m-%d %H:%M:%S} UTC  {row['environment']:<10}"
            f"  {row['what']:<16}  {row['sentence']}"
        )


def recorded(rows: list[dict[str, Any]]) -> list[str]:
    """Raises NotFound."""
    if not rows:
        raise errors.NotFound("No verdict has this number. Without one, this lists them.")
    if rows[0]["recording"] is None:
        raise errors.NotFound(f"Its buckets are gone: they are kept {RECORDINGS_KEPT.days} days.")
    return read_recording(rows[0]["recording"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.verdicts", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, help="of the verdict to print")
    parser.add_argument("--limit", type=int, default=40, help="how many are listed")
    options = parser.parse_args(arguments)
    try:
        if options.number is None:
            rows = asyncio.run(ask(NEWEST, limit=options.limit))
            lines = list(listed(rows)) or ["There are no verdicts yet."]
        else:
            lines = recorded(asyncio.run(ask(RECORDING, id=options.number)))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
