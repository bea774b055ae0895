"""How each migration tool lays out its files, and which versions it writes into its ledger."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from lib.schema.lexing import tokens
from lib.schema.sources import (
    CannotCollect,
    Collected,
    Source,
    line_at,
    migration,
    numbered_files,
    read,
    sql_files,
    whole_files,
)

Tool = Literal["prisma", "drizzle", "dbmate", "supabase"]
JOURNAL = Path("meta", "_journal.json")
#: A way down that Prisma's manual tells people to keep beside the migration.
PRISMA_DOWN = "down.sql"
UP = re.compile(r"^--[ \t]*migrate:up\b.*$", re.MULTILINE)
DOWN = re.compile(r"^--[ \t]*migrate:down\b.*$", re.MULTILINE)

# --- whose files are these


def is_prisma(folder: Path) -> bool:
    return (folder / "migration_lock.toml").exists() or any(folder.glob("*/migration.sql"))


def is_drizzle(folder: Path) -> bool:
    return (folder / JOURNAL).exists()


def is_dbmate(folder: Path) -> bool:
    return any(UP.search(file.read_text("utf-8", "replace")) for file in sql_files(folder))


def is_supabase(folder: Path) -> bool:
    """Its files look like anybody's; its folder does not."""
    return folder.parent.name == "supabase" and any(sql_files(folder))


# --- reading them


def read_prisma(folder: Path) -> Iterator[Collected]:
    check_prisma_provider(folder / "migration_lock.toml")
    for at in sorted(path for path in folder.iterdir() if path.is_dir()):
        up, down = at / "migration.sql", at / PRISMA_DOWN
        if at.name.startswith("."):
            continue
        if not up.exists():
            raise CannotCollect("there is no migration.sql in this folder.", at)
        name = at.name.partition("_")[2] or at.name
        yield whole_files(at.name, name, up, down if down.exists() else None)


def check_prisma_provider(lock: Path) -> None:
    if not lock.exists():
        return
    try:
        provider = tomllib.loads(read(lock)).get("provider")
    except tomllib.TOMLDecodeError as error:
        raise CannotCollect(f"is no TOML: {error}", lock) from error
    if provider not in ("postgresql", "cockroachdb"):
        raise CannotCollect(f"is for {provider}; only PostgreSQL can be rolled back.", lock)


def read_drizzle(folder: Path) -> Iterator[Collected]:
    """Its ledger knows a migration by the journal's `when`, in milliseconds."""
    journal = folder / JOURNAL
    for entry in sorted(journal_entries(journal), key=lambda entry: int(entry["idx"])):
        up = folder / f"{entry['tag']}.sql"
        if not up.exists():
            raise CannotCollect(f"names {up.name}, which is not there.", journal)
        yield whole_files(str(entry["when"]), str(entry["tag"]), up, None)


def journal_entries(journal: Path) -> list[dict[str, str | int]]:
    try:
        content = json.loads(read(journal))
        dialect, entries = content["dialect"], content["entries"]
        known = [{key: entry[key] for key in ("idx", "when", "tag")} for entry in entries]
        is_sound = all(type(one["idx"]) is type(one["when"]) is int for one in known)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotCollect("is no journal of Drizzle.", journal) from error
    if not is_sound:
        raise CannotCollect("is no journal of Drizzle: `idx` and `when` are numbers.", journal)
    if dialect != "postgresql":
        raise CannotCollect(f"is for {dialect}; only PostgreSQL can be rolled back.", journal)
    return known


def read_dbmate(folder: Path) -> Iterator[Collected]:
    for file, version, name in numbered_files(folder):
        text = read(file)
        if len(UP.findall(text)) > 1 or len(DOWN.findall(text)) > 1:
            raise CannotCollect("has several parts. Make each a file of its own.", file)
        up, down = UP.search(text), DOWN.search(text)
        if up is None or (down is not None and down.start() < up.start()):
            raise CannotCollect("needs `-- migrate:up`, then `-- migrate:down`.", file)
        check_only_comments(text[: up.start()], file)
        # With the top of the file: its comments are part of it, and its lines stay its lines.
        up_text = text[: down.start()] if down else text
        down_text = text[down.start() :] if down else ""
        has_down = bool(down) and has_statements(down_text)
        line = up_text.count("\n") + 1
        yield migration(
            version,
            name,
            up=(up_text, Source(file)),
            down=(down_text, Source(file, line)) if has_down else None,
        )


def check_only_comments(text: str, file: Path) -> None:
    for token in tokens(text):
        if token.kind not in ("space", "comment", "block"):
            raise CannotCollect("only comments may stand above `-- migrate:up`.", file, token.line)


def has_statements(text: str) -> bool:
    return any(token.kind not in ("space", "comment", "block") for token in tokens(text))


def read_supabase(folder: Path) -> Iterator[Collected]:
    """A way down lives in `rollbacks`, for Supabase applies whatever it finds in `migrations`."""
    rollbacks = folder.parent / "rollbacks"
    ups, downs = sql_files(folder), {file.name for file in sql_files(rollbacks)}
    for file, version, name in numbered_files(folder):
        mark = DOWN.search(read(file))
        if mark or ".down." in file.name:
            raise CannotCollect(
                f"would be applied as a way up. Move the way down to {rollbacks / file.name}.",
                file,
                line_at(read(file), mark.start()) if mark else 0,
            )
        yield whole_files(
            version, name, file, rollbacks / file.name if file.name in downs else None
        )
    for name in sorted(downs - {file.name for file in ups}):
        raise CannotCollect(f"undoes no migration: there is no {folder / name}.", rollbacks / name)


READERS: dict[Tool, Callable[[Path], Iterator[Collected]]] = {
    "prisma": read_prisma,
    "drizzle": read_drizzle,
    "dbmate": read_dbmate,
    "supabase": read_supabase,
}
SIGNS: dict[Tool, Callable[[Path], bool]] = {
    "prisma": is_prisma,
    "drizzle": is_drizzle,
    "dbmate": is_dbmate,
    "supabase": is_supabase,
}
