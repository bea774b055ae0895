"""What there is, and whether what is in the store is whole."""

from collections.abc import AsyncIterator

from lib.archive import copies
from lib.archive.models import Corrupted, Told
from lib.archive.s3 import Store
from lib.archive.state import Archive, State
from lib.commands import Code

PAST = "past its time: python -m scripts.archive purge"
GONE = "gone: somebody dropped it, and it was never exported"


def line(archive: Archive) -> str:
    kept = archive.kept
    return (
        f"{kept.run_id}  {kept.kept_in}  {kept.table}, {archive.rows} {kept.what}  {where(archive)}"
    )


def where(archive: Archive) -> str:
    if not archive.is_here:
        return GONE if not is_exported(archive) else f"in the store: {archive.manifest_key}"
    if archive.is_due:
        return PAST
    return f"in the database until {archive.due_at:%Y-%m-%d %H:%M} UTC"


def is_exported(archive: Archive) -> bool:
    return archive.state not in {None, State.EXPORTING}


async def verify(store: Store, archives: list[Archive]) -> AsyncIterator[Told]:
    for archive in archives:
        kept, name = archive.kept, archive.kept.kept_in
        if is_exported(archive):
            try:
                found = await copies.verify(store, archive.manifest_key, archive.sha256)
            except Corrupted as corrupted:
                yield Told(Code.REFUSED, str(corrupted), kept, archive.rows, archive.manifest_key)
            else:
                rows = found.content.rows
                yield Told(Code.DONE, f"{name}: {rows} rows are whole.", kept, rows, found.key)
        elif not archive.is_here:
            yield Told(Code.REFUSED, f"{name} is {GONE}.", kept, archive.rows)
