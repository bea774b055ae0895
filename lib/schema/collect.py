"""The migrations of an app, collected from its repository, whichever tool they are written for.

Reads files and nothing else. What is collected has the versions that the tool writes into its
ledger, in its order, and knows for each text which file and line it came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.schema.sources import CannotCollect, Collected
from lib.schema.texts import TEXTS_AT_MOST, MigrationText
from lib.schema.tools import READERS, SIGNS, Tool

#: Where each tool keeps its migrations, unless told otherwise.
FOLDERS: dict[Tool, str] = {
    "prisma": "prisma/migrations",
    "drizzle": "drizzle",
    "dbmate": "db/migrations",
    "supabase": "supabase/migrations",
}


@dataclass(frozen=True, slots=True)
class Collection:
    tool: Tool
    folder: Path
    migrations: tuple[Collected, ...]

    @property
    def versions(self) -> list[str]:
        return [one.version for one in self.migrations]

    def after(self, version: str | None) -> tuple[Collected, ...]:
        """Those that come after this version; None: all. Raises CannotCollect without it."""
        if version is None:
            return self.migrations
        if version not in self.versions:
            raise CannotCollect(f"{self.folder} holds no migration with the version {version}.")
        return self.migrations[self.versions.index(version) + 1 :]


def newest_texts(migrations: Sequence[Collected]) -> list[MigrationText]:
    """As many as a release may bring."""
    return [one.text for one in migrations if one.text is not None][-TEXTS_AT_MOST:]


def collect(root: Path, *, tool: Tool | None = None, folder: Path | None = None) -> Collection:
    """The migrations of the app whose repository is at `root`, in order. Raises CannotCollect.

    `folder`, from `root`: where they are, if not where the tool keeps them by itself.
    """
    tool = tool or detect(root, folder)
    at = root / (folder or FOLDERS[tool])
    if not at.is_dir():
        raise CannotCollect(f"There is no folder {at}.")
    migrations = tuple(READERS[tool](at))
    if not migrations:
        raise CannotCollect(f"{at} holds no migration of {tool}.")
    check_versions(migrations)
    return Collection(tool, at, migrations)


def detect(root: Path, folder: Path | None = None) -> Tool:
    """Raises CannotCollect if no tool's files are there, or those of several."""
    found = [tool for tool in FOLDERS if SIGNS[tool](root / (folder or FOLDERS[tool]))]
    if len(found) == 1:
        return found[0]
    if not found:
        looked = f"in {root / folder}" if folder else f"in {', '.join(FOLDERS.values())} of {root}"
        raise CannotCollect(
            f"No migrations were found {looked}. Say where they are, and whose: --folder, --tool."
        )
    raise CannotCollect(
        f"Migrations of {' and '.join(found)} were found in {root}. Say which the app's database is"
        " migrated with: --tool."
    )


def check_versions(migrations: Sequence[Collected]) -> None:
    seen: dict[str, Collected] = {}
    for one in migrations:
        if (other := seen.setdefault(one.version, one)) is not one:
            raise CannotCollect(
                f"has the same version as {other.up.file}. Give one of them another.", one.up.file
            )
