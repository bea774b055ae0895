"""The audit log as CSV (RFC 4180, UTF-8), for a spreadsheet. Pure."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lib.audit.models import AuditEntry
from lib.moments import in_utc

COLUMNS = (
    "number",
    "at",
    "actor",
    "action",
    "environment",
    "subject",
    "reason",
    "result",
    "facts",
)
#: Of one file. The platform sends 4.5 MB at most: entries beyond either are in the next one.
TABLE_SIZE = 5000
TABLE_BYTES = 4_000_000
#: What a spreadsheet may take for a formula, the wide forms of East Asian keyboards included.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Table:
    text: str
    #: Without an ending.
    file_name: str
    #: `before` of the next file; None: this is the last one.
    older: int | None


def as_table(entries: Sequence[AuditEntry], *, now: datetime, limit: int) -> Table:
    """`entries`: one more than `limit`, if there are more."""
    parts, size, count = [row(COLUMNS)], 0, 0
    for entry in entries[:limit]:
        text = row(cells(entry))
        size += len(text.encode())
        # One that is larger than a file alone is sent all the same: whoever asks must get on.
        if count and size > TABLE_BYTES:
            break
        parts.append(text)
        count += 1
    older = entries[count - 1].id if count < len(entries) else None
    return Table("".join(parts), file_name(entries[:count], now), older)


def file_name(entries: Sequence[AuditEntry], now: datetime) -> str:
    """With the numbers of the first and last entry, so that files of one log are told apart."""
    numbers = f"-{entries[0].id}-to-{entries[-1].id}" if entries else ""
    return f"audit-{in_utc(now):%Y-%m-%d}{numbers}"


def row(values: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()


def cells(entry: AuditEntry) -> list[str]:
    return [
        str(entry.id),
        entry.at.isoformat().replace("+00:00", "Z"),
        harmless(entry.actor),
        harmless(entry.action),
        harmless(entry.environment),
        harmless(entry.subject),
        harmless(entry.reason),
        harmless(entry.result),
        json.dumps(entry.facts, ensure_ascii=False) if entry.facts else "",
    ]


def harmless(text: str | None) -> str:
    """An apostrophe before what a spreadsheet would calculate: it shows the rest as text.

    Also behind blanks, tabs and line breaks, which some of them cut off first.
    """
    if text is None:
        return ""
    is_formula = text.lstrip().startswith(FORMULA) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula else text
