"""The wedding's rows.

A connection per request: the database may be restarted or replaced under a running deployment,
and at the traffic of a demonstration the few milliseconds do not matter.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from dev.sample_app.queries import queries_of

Row = dict[str, Any]


class Store:
    def __init__(self, database_url: str, migrations: tuple[str, ...]) -> None:
        """`migrations`: those that the version of this code contains."""
        self.database_url = database_url
        self.queries = queries_of(migrations)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[psycopg.AsyncConnection[Row]]:
        async with await psycopg.AsyncConnection.connect(
            self.database_url, row_factory=dict_row, connect_timeout=3, autocommit=True
        ) as connection:
            yield connection

    async def timeline(self) -> Row:
        async with self.connect() as connection:
            wedding = await (await connection.execute(self.queries.wedding)).fetchone()
            events = await (await connection.execute(self.queries.events)).fetchall()
            shots = await (await connection.execute(self.queries.shots)).fetchall()
        return {"wedding": wedding, "events": events, "shots": shots}

    async def vendors(self) -> list[Row]:
        async with self.connect() as connection:
            return await (await connection.execute(self.queries.vendors)).fetchall()

    async def move_event(self, event_id: str, starts_at: str) -> Row | None:
        return await self._one(self.queries.move_event, id=event_id, starts_at=starts_at)

    async def add_event(self, title: str, place: str, starts_at: str) -> Row | None:
        return await self._one(
            self.queries.add_event,
            id=secrets.token_hex(8),
            title=title,
            place=place,
            starts_at=starts_at,
        )

    async def note_event(self, event_id: str, note: str | None) -> Row | None:
        return await self._one(self.queries.note_event, id=event_id, note=note)

    async def take_shot(self, shot_id: str, *, taken: bool) -> Row | None:
        return await self._one(self.queries.take_shot, id=shot_id, taken=taken)

    async def add_shot(self, event_id: str, subject: str, minutes: int) -> Row | None:
        return await self._one(
            self.queries.add_shot,
            id=secrets.token_hex(8),
            event_id=event_id,
            subject=subject,
            minutes=minutes,
        )

    async def rename_vendor(self, vendor_id: str, **name: str) -> Row | None:
        """`name`: the parts that the version of this code knows."""
        return await self._one(self.queries.rename_vendor, id=vendor_id, **name)

    async def expect_vendor(self, vendor_id: str, arrives_at: str) -> Row | None:
        return await self._one(self.queries.expect_vendor, id=vendor_id, arrives_at=arrives_at)

    async def ping(self) -> None:
        async with self.connect() as connection:
            await connection.execute("SELECT 1")

    async def _one(self, query: LiteralString, **arguments: object) -> Row | None:
        async with self.connect() as connection:
            return await (await connection.execute(query, arguments)).fetchone()
