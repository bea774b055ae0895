"""Reads the audit log, newest first: a page at a time, or a file."""

from dataclasses import dataclass
from datetime import datetime

from lib.access.models import Caller
from lib.audit.models import AuditEntry, AuditPage, Question
from lib.audit.table import TABLE_SIZE, Table, as_table
from lib.postgres import Database

PAGE_SIZE = 50

#: `now` stands in a row of its own, so that a page without entries has it as well.
READ = """
SELECT app_now() AS now, coalesce(json_agg(entry), '[]') AS entries FROM (
  SELECT id, at, actor, action, environment, subject, reason, result, facts FROM audit
   WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
     AND (%(actor)s::text IS NULL OR actor = %(actor)s)
     AND (%(action)s::text IS NULL OR action = %(action)s OR starts_with(action, %(action)s || '.'))
     AND (%(environment)s::text IS NULL OR environment = %(environment)s)
     AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
   ORDER BY id DESC LIMIT %(limit)s) entry
"""


@dataclass(frozen=True, slots=True)
class AuditReader:
    database: Database

    async def page(self, question: Question, viewer: Caller) -> AuditPage:
        now, entries = await self._read(question, PAGE_SIZE)
        shown = entries[:PAGE_SIZE]
        older = shown[-1].id if len(entries) > PAGE_SIZE else None
        return AuditPage(now=now, viewer=viewer, entries=shown, older=older)

    async def table(self, question: Question) -> Table:
        """As many entries as one file holds, as CSV."""
        now, entries = await self._read(question, TABLE_SIZE)
        return as_table(entries, now=now, limit=TABLE_SIZE)

    async def _read(self, question: Question, limit: int) -> tuple[datetime, list[AuditEntry]]:
        """One more than that, if there is one: then there is another page."""
        asked = question.model_dump(exclude={"format"})
        row = await self.database.one(READ, **asked, limit=limit + 1)
        assert row is not None
        return row["now"], [AuditEntry.model_validate(entry) for entry in row["entries"]]
