"""An app with its database: migrations as its own tool runs them, statements of two releases."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from lib.schema import journal
from lib.schema.executor import Executor
from lib.schema.models import Down, Migration, Plan, Step
from lib.schema.outcome import Outcome
from lib.schema.planner import Facts, plan
from lib.schema.session import connect
from tests.waiting import PATIENCE_SECONDS

LEDGER = "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY)"


@dataclass
class World:
    url: str
    texts: dict[str, Migration] = field(default_factory=dict)
    _kept: psycopg.Connection[Any] | None = None

    @contextmanager
    def one_connection(self) -> Iterator[None]:
        """For all statements meanwhile: to connect takes longer than most of them."""
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=None) as connection:
            self._kept = connection
            try:
                yield
            finally:
                self._kept = None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        if self._kept is not None:
            yield self._kept
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection

    def empty(self) -> None:
        """As good as a database of its own, and a hundred times faster."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "SET client_min_messages = error",
            "DROP EVENT TRIGGER IF EXISTS sabotage_start",
            "DROP EVENT TRIGGER IF EXISTS sabotage_end",
            "DROP SCHEMA IF EXISTS public, _rollback, sabotage, elsewhere CASCADE",
            "CREATE SCHEMA public",
        )

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Each committed on its own; the rows of the last."""
        rows: list[tuple[Any, ...]] = []
        with self._connected() as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def value(self, statement: str) -> Any:
        return self.execute(statement)[0][0]

    def migrate(self, up: str, down: str | None = None, version: str | None = None) -> str:
        """As the app's tool does: the text and its ledger row in one transaction."""
        version = version or f"{len(self.texts) + 1:04}"
        self.texts[version] = Migration.of(version, up, down)
        self.execute(LEDGER)
        with self._connected() as connection, connection.transaction():
            connection.execute(up)
            connection.execute("INSERT INTO schema_migrations VALUES (%s)", [version])
        return version

    def make_journal(self) -> None:
        async def make() -> None:
            async with connect(self.url) as session:
                await session.run(journal.CREATE)

        asyncio.run(make())

    def status(self, run_id: UUID) -> str | None:
        found = asyncio.run(self.executor().status(run_id))
        return found.state if found else None

    def steps(self, run_id: UUID) -> tuple[Step, ...]:
        found = asyncio.run(self.executor().status(run_id))
        assert found
        return found.steps

    @property
    def applied(self) -> tuple[str, ...]:
        return tuple(
            row[0] for row in self.execute("SELECT version FROM schema_migrations ORDER BY 1")
        )

    def executor(self, seconds: float = PATIENCE_SECONDS, **options: Any) -> Executor:
        return Executor(self.url, timedelta(seconds=seconds), **options)

    def plan(self, to: str = "0001", **changed: Any) -> Plan:
        """For a target that contains everything up to `to`."""
        catalogue, standing = asyncio.run(self.executor().look())
        applied = changed.pop("applied", None) or self.applied
        facts: dict[str, Any] = {
            "applied": applied,
            "target": tuple(version for version in applied if version <= to),
            "texts": self.texts,
            "catalogue": catalogue,
            "rolled_back": standing.rolled_back,
            "standing": standing.fingerprint,
            "returning": standing.returning,
            "open_runs": standing.open_runs,
        }
        return plan(Facts(**(facts | changed)))

    def down(self, to: str = "0001") -> Down:
        found = self.plan(to)
        assert isinstance(found, Down), found
        return found

    def go_back(self, to: str = "0001", run_id: UUID | None = None, **options: Any) -> UUID:
        run_id = run_id or uuid4()
        outcome = self.run(run_id, self.down(to), **options)
        assert outcome.state == "done", outcome
        return run_id

    def run(
        self, run_id: UUID, down: Down, seconds: float = PATIENCE_SECONDS, **options: Any
    ) -> Outcome:
        return asyncio.run(self.executor(seconds).run(run_id, down, **options))

    def forward(self, run_id: UUID, seconds: float = PATIENCE_SECONDS) -> Outcome:
        return asyncio.run(self.executor(seconds).forward(run_id))

    def let_go(self) -> Outcome:
        return asyncio.run(self.executor().let_go())

    def shape(self) -> list[tuple[Any, ...]]:
        """Columns, constraints, indexes and triggers, as text: for comparing before and after.

        Without the triggers that keep values in step: these stay for a while.
        """
        return self.execute(SHAPE)


SHAPE = """
SELECT 'column', c.oid::regclass::text, a.attname::text || ' ' || format_type(atttypid, atttypmod)
  || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = attnum
WHERE relkind IN ('r', 'p', 'v')
  AND relnamespace::regnamespace::text !~ '^(pg_|information_|_rollback|sabotage)'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid <> 0
  AND connamespace::regnamespace::text !~ '^(pg_|information_|_rollback|sabotage)'
UNION ALL
SELECT 'index', indrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid::text
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
WHERE relnamespace::regnamespace::text !~ '^(pg_|information_|_rollback|sabotage)'
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname || tgenabled::text
FROM pg_trigger WHERE NOT tgisinternal AND tgname !~ '^(sabotage|~rollback)'
ORDER BY 1, 2, 3
"""
