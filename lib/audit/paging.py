"""Reads the audit log: a page at a time, newest first."""

from dataclasses import dataclass

from lib.access.models import Caller
from lib.audit.models import AuditEntry, AuditPage, Question
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
        # One more than is shown: is there another page?
        row = await self.database.one(READ, **question.model_dump(), limit=PAGE_SIZE + 1)
        assert row is not None
        entries = [AuditEntry.model_validate(entry) for entry in row["entries"]]
        shown = entries[:PAGE_SIZE]
        older = shown[-1].id if len(entries) > PAGE_SIZE else None
        return AuditPage(now=row["now"], viewer=viewer, entries=shown, older=older)
