"""Tells what happens in a running stack: what the platform says, rollbacks, feature switches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
from psycopg.rows import dict_row

from dev.control import Control

#: The platform's first line is for its own readers.
QUIET = "platform ready"
ENDED = {"completed", "failed"}

RECENT = """
SELECT id::text, environment, status, automatic, requested_by, reason, error, visitors_get,
       target, from_deployment,
       extract(epoch FROM finished_at - requested_at)::float AS seconds
FROM rollbacks
WHERE requested_at > app_now() - interval '10 minutes'
ORDER BY requested_at
"""

FLIPS = """
SELECT r.id::text, d.environment, coalesce(f.title, r.feature_name) AS feature,
       r.rolled_back_by, r.reason, r.restored_at IS NOT NULL AS is_restored,
       d.restored_by, d.restored_because
FROM feature_rollbacks r JOIN feature_rollback_details d USING (id)
LEFT JOIN flags f ON f.key = r.feature_name
WHERE greatest(r.rolled_back_at, r.restored_at) > app_now() - interval '10 minutes'
ORDER BY r.rolled_back_at
"""


class PlatformNews:
    """The lines that the platform has added to its log since the last look."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = log.stat().st_size
        self._rest = b""

    def tell(self, say: Callable[[str], None]) -> None:
        with self._log.open("rb") as opened:
            opened.seek(self._at)
            added = opened.read()
        self._at += len(added)
        *whole, self._rest = (self._rest + added).split(b"\n")
        for line in whole:
            text = line.decode(errors="replace")
            if text.strip() and not text.startswith(QUIET):
                say(text)


class Tables:
    """The control plane's own, read again and again."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def read(self, query: LiteralString) -> list[dict[str, Any]]:
        """Nothing while the database is away: whoever keeps it running tells of that."""
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._url, autocommit=True, row_factory=dict_row, connect_timeout=1
                )
            return self._connection.execute(query).fetchall()
        except psycopg.OperationalError:
            self.close()
            return []

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


class SwitchNews:
    """Each feature as it is turned off and as it is turned on again."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._told = {row["id"]: bool(row["is_restored"]) for row in tables.read(FLIPS)}

    def tell(self, say: Callable[[str], None]) -> None:
        for row in self._tables.read(FLIPS):
            before, now = self._told.get(row["id"]), bool(row["is_restored"])
            self._told[row["id"]] = now
            feature = f"{row['feature']} on {row['environment']}"
            if before is None:
                say(f"turned off {feature}, by {row['rolled_back_by']}: {row['reason']}")
            if now and not before:
                say(f"turned on {feature}, by {row['restored_by']}: {row['restored_because']}")


class RollbackNews:
    """Each rollback as it begins and as it ends."""

    def __init__(self, tables: Tables, control: Control) -> None:
        self._tables = tables
        self._control = control
        self._told = {row["id"]: str(row["status"]) for row in tables.read(RECENT)}

    def tell(self, say: Callable[[str], None]) -> None:
        for row in self._tables.read(RECENT):
            before, now = self._told.get(row["id"]), row["status"]
            self._told[row["id"]] = now
            if before is None and now not in ENDED:
                say(f"rolling {self._way(row)}: {row['reason']}")
            if before is None and now in ENDED:
                say(f"{self._ended(row)}; {self._start(row)}: {row['reason']}")
            elif now in ENDED and before != now:
                say(self._ended(row))

    def _way(self, row: dict[str, Any]) -> str:
        source, target = self._name(row["from_deployment"]), self._name(row["target"])
        return f"{row['environment']} back from {source} to {target}, {self._start(row)}"

    def _start(self, row: dict[str, Any]) -> str:
        return "started by itself" if row["automatic"] else f"started by {row['requested_by']}"

    def _ended(self, row: dict[str, Any]) -> str:
        target, seconds = self._name(row["target"]), f"{row['seconds']:.1f} s"
        if row["status"] == "completed":
            return f"rolled {row['environment']} back to {target} in {seconds}"
        return f"rollback to {target} failed after {seconds}: {row['error']}"

    def _name(self, deployment_id: str | None) -> str:
        try:
            deployments = self._control.ask("GET", "state")["deployments"]
        except httpx.TransportError:  # the platform is being started again
            deployments = []
        known = {each["id"]: each for each in deployments}
        if deployment_id not in known:
            return deployment_id or "an unknown deployment"
        each = known[deployment_id]
        return f"v{each['number']} ({each['sha'][:7]}, {each['version']})"
