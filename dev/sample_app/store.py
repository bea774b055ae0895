"""The wedding's rows.

A connection per request: the database may be restarted or replaced under a running deployment,
and at the traffic of a demonstration the few milliseconds do not matter.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

WEDDING = "SELECT id, couple, takes_place_on::text AS takes_place_on, venue FROM weddings LIMIT 1"

EVENTS = """
SELECT to_jsonb(events) - 'changed_at' - 'starts_at'
       || jsonb_build_object('starts_at', to_char(starts_at, 'HH24:MI')) AS event
  FROM events ORDER BY starts_at, id
"""

SHOTS = "SELECT id, event_id, subject, taken FROM shots ORDER BY event_id, id"

VENDORS = "SELECT id, name, role, phone FROM vendors ORDER BY name"

MOVE_EVENT = """
UPDATE events SET starts_at = %(starts_at)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, to_char(starts_at, 'HH24:MI') AS starts_at
"""

NOTE_EVENT = """
UPDATE events SET note = %(note)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, note
"""

TAKE_SHOT = """
UPDATE shots SET taken = %(taken)s WHERE id = %(id)s RETURNING id, event_id, subject, taken
"""


class Store:
    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[psycopg.AsyncConnection[Row]]:
        async with await psycopg.AsyncConnection.connect(
            self.database_url, row_factory=dict_row, connect_timeout=3, autocommit=True
        ) as connection:
            yield connection

    async def timeline(self) -> Row:
        async with self.connect() as connection:
            wedding = await (await connection.execute(WEDDING)).fetchone()
            events = await (await connection.execute(EVENTS)).fetchall()
            shots = await (await connection.execute(SHOTS)).fetchall()
        return {"wedding": wedding, "events": [row["event"] for row in events], "shots": shots}

    async def vendors(self) -> list[Row]:
        async with self.connect() as connection:
            return await (await connection.execute(VENDORS)).fetchall()

    async def move_event(self, event_id: str, starts_at: str) -> Row | None:
        return await self._one(MOVE_EVENT, id=event_id, starts_at=starts_at)

    async def note_event(self, event_id: str, note: str | None) -> Row | None:
        return await self._one(NOTE_EVENT, id=event_id, note=note)

    async def take_shot(self, shot_id: str, *, taken: bool) -> Row | None:
        return await self._one(TAKE_SHOT, id=shot_id, taken=taken)

    async def ping(self) -> None:
        async with self.connect() as connection:
            await connection.execute("SELECT 1")

    async def _one(self, query: LiteralString, **arguments: object) -> Row | None:
        async with self.connect() as connection:
            return await (await connection.execute(query, arguments)).fetchone()
