"""The migrations of releases, in Postgres: which versions each contains, and their texts.

A text that is known never changes: an older release must find what it was, whatever the files in
a repository say today. The one thing that may come later is a way down where there was none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from lib import errors
from lib.migrations.texts import Finding, Marked, MigrationText, checksum, promise_of
from lib.postgres import Connection, Database
from lib.rollback.models import Environment

#: In order of version: two that bring the same texts at once wait for each other, never in a ring.
INSERT_TEXTS = """
INSERT INTO migration_scripts
  (version, name, up_sql, down_sql, up_sha256, down_sha256, marked, marked_because, recorded_by)
SELECT version, name, up, down, up_sum, down_sum, marked, because, %(recorded_by)s
  FROM unnest(%(version)s::text[], %(name)s::text[], %(up)s::text[], %(down)s::text[],
              %(up_sum)s::bytea[], %(down_sum)s::bytea[], %(marked)s::text[], %(because)s::text[])
    AS given (version, name, up, down, up_sum, down_sum, marked, because)
 ORDER BY version
ON CONFLICT (version) DO NOTHING
RETURNING version
"""

ADD_DOWN = """
UPDATE migration_scripts SET down_sql = %(down)s, down_sha256 = %(down_sum)s
 WHERE version = %(version)s AND down_sql IS NULL
"""

CHECKSUMS = """
SELECT version, up_sha256, down_sha256 FROM migration_scripts WHERE version = ANY(%(versions)s)
"""

TEXTS = """
SELECT version, name, up_sql, down_sql, up_sha256, down_sha256, marked, marked_because
  FROM migration_scripts WHERE version = ANY(%(versions)s) ORDER BY version
"""

#: True: its list was told by nobody before, and is ours to tell.
TELL = """
UPDATE deployment_details
   SET migrations_recorded_at = app_now(), migrations_recorded_by = %(recorded_by)s
 WHERE id = %(deployment)s AND migrations_recorded_at IS NULL
RETURNING true AS told
"""

INSERT_VERSIONS = """
INSERT INTO deployment_migrations (deployment, version, position)
SELECT %(deployment)s, version, position
  FROM unnest(%(versions)s::text[]) WITH ORDINALITY AS given (version, position)
"""

VERSIONS = """
SELECT coalesce(array_agg(version ORDER BY position), '{}') AS versions
  FROM deployment_migrations WHERE deployment = %(deployment)s
"""

VERSIONS_OF = """
SELECT array(SELECT m.version FROM deployment_migrations m
              WHERE m.deployment = d.id ORDER BY m.position) AS versions
  FROM deployment_details d
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = %(deployment_id)s
   AND d.migrations_recorded_at IS NOT NULL
"""

#: Where nobody told, what the ledger held when the release first went live.
CONTAINED = """
SELECT d.vercel_deployment_id AS deployment_id,
       CASE WHEN d.migrations_recorded_at IS NOT NULL
            THEN array(SELECT m.version FROM deployment_migrations m
                        WHERE m.deployment = d.id ORDER BY m.position)
            ELSE (SELECT array(SELECT v FROM unnest(p.ledger) WITH ORDINALITY l (v, position)
                                WHERE v <> ALL (p.rolled_back) ORDER BY position)
                    FROM live_periods p
                   WHERE p.deployment = d.id AND p.ledger IS NOT NULL ORDER BY p.id LIMIT 1)
            END AS versions
  FROM deployment_details d
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = ANY(%(deployment_ids)s)
"""


@dataclass(frozen=True, slots=True)
class RecordedText:
    """As it was first recorded; `is_whole` is False if somebody has changed the row since."""

    version: str
    name: str
    up: str
    down: str | None
    up_sha256: bytes
    down_sha256: bytes | None
    marked: Marked | None
    marked_because: str | None

    @property
    def is_whole(self) -> bool:
        return checksum(self.up) == self.up_sha256 and sum_of(self.down) == self.down_sha256


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one recording came to. `without_text`: nobody can step back past these."""

    versions: tuple[str, ...]
    new_texts: tuple[str, ...]
    without_text: tuple[str, ...]
    #: What hinders going back past the texts that were brought.
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordStore:
    database: Database

    async def record(
        self,
        connection: Connection,
        deployment: UUID,
        versions: Sequence[str],
        migrations: Sequence[MigrationText],
        *,
        recorded_by: str,
    ) -> Recorded:
        """In the transaction that records the deployment; any number of times.

        Raises MigrationChanged, or Conflict if the deployment was recorded with another list.
        """
        await self._tell(connection, deployment, versions, recorded_by)
        new = await insert_texts(connection, migrations, recorded_by) if migrations else ()
        await check_unchanged(connection, migrations)
        known = await checksums(connection, versions)
        return Recorded(
            tuple(versions), new, tuple(version for version in versions if version not in known)
        )

    async def _tell(
        self, connection: Connection, deployment: UUID, versions: Sequence[str], recorded_by: str
    ) -> None:
        values = {
            "deployment": deployment,
            "versions": list(versions),
            "recorded_by": recorded_by,
        }
        if await (await connection.execute(TELL, values)).fetchone():
            await connection.execute(INSERT_VERSIONS, values)
            return
        row = await (await connection.execute(VERSIONS, values)).fetchone()
        if row is None or sorted(row["versions"]) != sorted(versions):
            raise errors.Conflict(
                "This deployment was recorded with another list of migrations, and what it was"
                " built with cannot change. Deploy again, and record the new deployment."
            )

    async def texts(self, versions: Sequence[str]) -> dict[str, RecordedText]:
        """By version; those that were never brought are missing."""
        rows = await self.database.all(TEXTS, versions=list(versions))
        return {
            row["version"]: RecordedText(
                version=row["version"],
                name=row["name"],
                up=row["up_sql"],
                down=row["down_sql"],
                up_sha256=row["up_sha256"],
                down_sha256=row["down_sha256"],
                marked=row["marked"],
                marked_because=row["marked_because"],
            )
            for row in rows
        }

    async def versions_of(
        self, environment: Environment, deployment_id: str
    ) -> tuple[str, ...] | None:
        """What the release contains, in its tool's order; None: nobody told."""
        row = await self.database.one(
            VERSIONS_OF, environment=environment, deployment_id=deployment_id
        )
        return tuple(row["versions"]) if row else None

    async def contained(
        self, environment: Environment, deployment_ids: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """By deployment, what it contains as far as anybody knows; the others are missing."""
        rows = await self.database.all(
            CONTAINED, environment=environment, deployment_ids=list(deployment_ids)
        )
        return {
            row["deployment_id"]: tuple(row["versions"])
            for row in rows
            if row["versions"] is not None
        }


async def insert_texts(
    connection: Connection, migrations: Sequence[MigrationText], recorded_by: str
) -> tuple[str, ...]:
    """The versions whose text was not known before; a missing way down is added to those known."""
    promises = [promise_of(one.up) for one in migrations]
    values = {
        "version": [one.version for one in migrations],
        "name": [one.name for one in migrations],
        "up": [one.up for one in migrations],
        "down": [one.down for one in migrations],
        "up_sum": [checksum(one.up) for one in migrations],
        "down_sum": [sum_of(one.down) for one in migrations],
        "marked": [promise and promise.marked for promise in promises],
        "because": [promise and promise.reason for promise in promises],
        "recorded_by": recorded_by,
    }
    rows = await (await connection.execute(INSERT_TEXTS, values)).fetchall()
    new = {row["version"] for row in rows}
    for one in sorted(migrations, key=lambda one: one.version):
        if one.down is not None and one.version not in new:
            added = {"version": one.version, "down": one.down, "down_sum": checksum(one.down)}
            await connection.execute(ADD_DOWN, added)
    return tuple(one.version for one in migrations if one.version in new)


async def check_unchanged(connection: Connection, migrations: Sequence[MigrationText]) -> None:
    """Raises MigrationChanged naming the first that is not as it was recorded."""
    known = await checksums(connection, [one.version for one in migrations])
    for one in migrations:
        up, down = known[one.version]
        for way, was, sent in (
            ("up", up, checksum(one.up)),
            ("down", down, sum_of(one.down)),
        ):
            if was != sent:
                raise changed(one.version, way, was, sent)


async def checksums(
    connection: Connection, versions: Sequence[str]
) -> Mapping[str, tuple[bytes, bytes | None]]:
    cursor = await connection.execute(CHECKSUMS, {"versions": list(versions)})
    return {
        row["version"]: (row["up_sha256"], row["down_sha256"]) for row in await cursor.fetchall()
    }


def changed(
    version: str, way: str, was: bytes | None, sent: bytes | None
) -> errors.MigrationChanged:
    recorded, brought = (one.hex() if one else "none" for one in (was, sent))
    return errors.MigrationChanged(
        f"The {way} text of migration {version} is not the one that was recorded: SHA-256"
        f" {recorded} then, {brought} now. Put the file back as it was, and make the change in a"
        " new migration.",
        version=version,
        way=way,
        recorded_sha256=recorded,
        sent_sha256=brought,
    )


def sum_of(text: str | None) -> bytes | None:
    return None if text is None else checksum(text)
