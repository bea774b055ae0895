"""The report of a rollback as Markdown: python -m scripts.incident [ID] > incident.md

Without an id it lists the newest rollbacks with theirs. Reads DATABASE_URL.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from uuid import UUID

from lib import errors
from lib.access.models import Caller, Role
from lib.incidents import words
from lib.incidents.markdown import markdown
from lib.incidents.models import Asked, IncidentRow
from lib.incidents.report import report
from lib.incidents.store import IncidentStore
from lib.postgres import Database
from lib.settings import settings

READER = Caller(name="the command line", role=Role.VIEWER)


async def told(rollback_id: UUID | None) -> str:
    """Raises NotFound or DatabaseUnavailable."""
    database = Database(settings().database_url.get_secret_value())
    store = IncidentStore(database)
    try:
        if rollback_id is not None:
            return markdown(report(await store.read(rollback_id)))
        page = await store.page(Asked(), READER)
        return "".join(listed(page.incidents)) or "There was no rollback yet.\n"
    finally:
        await database.close()


def listed(rows: list[IncidentRow]) -> Iterator[str]:
    for row in rows:
        way = f"{words.called(row.from_deployment)} to {words.called(row.target)}"
        yield (
            f"{row.rollback_id}  {words.utc(row.requested_at)}  {row.environment:<10}"
            f"  {row.status:<11}  {way}, {row.requested_by}\n"
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.incident", description=__doc__)
    parser.add_argument("id", nargs="?", type=UUID, help="of the rollback")
    try:
        sys.stdout.write(asyncio.run(told(parser.parse_args(arguments).id)))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
