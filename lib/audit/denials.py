"""Refused requests in the audit log: of somebody known a few rows, of anybody else counted.

Counted per address and minute, beside the log: whoever floods us makes a few rows larger, holds
one connection of each instance, and nothing that a rollback waits for. The sweep writes a row of
the log for each address once the minute is over.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from lib import errors
from lib.access.models import Caller
from lib.audit.origin import Attempt
from lib.audit.store import write_audit
from lib.postgres import Database

#: Of one instance, until they are written; and of a minute, in the log. The rest is one.
MOST_ADDRESSES = 50
OTHERS = "others"
#: Of one caller, by one instance in one minute: the chain is nobody's to fill. The rest is counted.
MOST_ROWS = 10
MINUTE_SECONDS = 60
#: Where it could not be written, those who wait do not each try in turn.
PAUSE_SECONDS = 5.0
#: One subscriber has as many addresses of IPv6 as he likes.
SUBSCRIBER_BITS = 64
NOBODY = "nobody known"

COUNT = """
INSERT INTO denied_attempts AS d (minute, address, problem, example, count)
VALUES (date_trunc('minute', app_now()), %(address)s, %(problem)s, %(example)s, %(count)s)
ON CONFLICT (minute, address, problem) DO UPDATE SET count = d.count + excluded.count
"""
#: Also what was counted late: it makes a row of its own.
OVER = """
DELETE FROM denied_attempts WHERE minute < date_trunc('minute', app_now())
RETURNING to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS minute,
          address, problem, example, count
"""


@dataclass(slots=True)
class Denials:
    database: Database
    pause_seconds: float = PAUSE_SECONDS
    #: Seconds that only grow.
    clock: Callable[[], float] = time.monotonic
    #: By the clock.
    _not_before: float = 0.0
    _pending: Counter[tuple[str, str]] = field(default_factory=Counter)
    _examples: dict[tuple[str, str], str] = field(default_factory=dict)
    _minute: float = 0.0
    _rows: Counter[str] = field(default_factory=Counter)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of_caller(self, caller: Caller, attempt: Attempt, why: str) -> None:
        if self._has_rows_enough(caller.name):
            await self.of_nobody(attempt)
            return
        async with self.database.transaction() as connection:
            await write_audit(
                connection,
                actor=caller.name,
                action="access.denied",
                subject=attempt.made,
                reason=why,
                result="denied",
            )

    async def of_nobody(self, attempt: Attempt) -> None:
        """Who comes while another writes waits, and writes what all of them have counted."""
        self._add((subscriber(attempt.address), attempt.problem), attempt.made, 1)
        async with self._writing:
            if self._pending and self.clock() >= self._not_before:
                await self._write()

    async def settle(self) -> None:
        """Into the log, of the minutes that are over."""
        async with self.database.transaction() as connection:
            rows = await (await connection.execute(OVER)).fetchall()
            rows.sort(key=lambda row: row["count"], reverse=True)
            for row in rows[:MOST_ADDRESSES]:
                await write_audit(
                    connection,
                    actor=NOBODY,
                    action="access.denied",
                    subject=row["example"],
                    reason=row["problem"],
                    result="denied",
                    address=row["address"] or None,
                    facts={"count": row["count"], "minute": row["minute"]},
                )
            if left := rows[MOST_ADDRESSES:]:
                await write_audit(
                    connection,
                    actor=NOBODY,
                    action="access.denied",
                    result="denied",
                    address=OTHERS,
                    facts={"count": sum(row["count"] for row in left), "rows": len(left)},
                )

    def _has_rows_enough(self, name: str) -> bool:
        minute = self.clock() // MINUTE_SECONDS
        if minute != self._minute:
            self._minute = minute
            self._rows.clear()
        self._rows[name] += 1
        return self._rows[name] > MOST_ROWS

    def _add(self, key: tuple[str, str], made: str, count: int) -> None:
        if key not in self._pending and len(self._pending) >= MOST_ADDRESSES:
            key = (OTHERS, key[1])
        self._pending[key] += count
        self._examples.setdefault(key, made)

    async def _write(self) -> None:
        """What cannot be written is kept for the next one; only then is it counted twice or never:
        a commit whose answer was lost, an instance that ends.
        """
        pending, examples = Counter(self._pending), dict(self._examples)
        self._pending.clear()
        self._examples.clear()
        try:
            async with self.database.transaction() as connection:
                # In one order everywhere, so that two instances never wait for each other.
                for (address, problem), count in sorted(pending.items()):
                    await connection.execute(
                        COUNT,
                        {
                            "address": address,
                            "problem": problem,
                            "example": examples[address, problem],
                            "count": count,
                        },
                    )
        except errors.DatabaseUnavailable:
            self._not_before = self.clock() + self.pause_seconds
            for key, count in pending.items():
                self._add(key, examples[key], count)
            raise


def subscriber(address: str | None) -> str:
    if address is None:
        return ""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed.packed, SUBSCRIBER_BITS), strict=False))
    return address
