"""Apply our own migrations: python -m scripts.migrate.

Any number of times is once. Reads DATABASE_URL_UNPOOLED, or DATABASE_URL. Exit codes: 0, applied,
or there was nothing to apply; 1, not applied, and why is said.
"""

import argparse
import asyncio
import sys

from lib import errors
from lib.migrations.migrate import apply_pending
from lib.settings import settings


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python -m scripts.migrate", description=__doc__).parse_args(
        arguments
    )
    try:
        applied = asyncio.run(apply_pending(settings()))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"applied {version}" for version in applied) or "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main())
