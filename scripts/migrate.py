"""Apply our own migrations: python -m scripts.migrate. Reads DATABASE_URL."""

import asyncio
import sys

from lib import errors
from lib.migrations.migrate import apply_pending
from lib.settings import settings


def main() -> int:
    try:
        applied = asyncio.run(apply_pending(settings()))
    except errors.Error as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"applied {version}" for version in applied) or "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main())
