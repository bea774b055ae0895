"""Recording a release: who may bring what, and what is refused before anything is written."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from lib import errors
from lib.access.models import Caller, ProvenJob, Role
from lib.audit.store import write_audit
from lib.deployments.models import Release
from lib.deployments.store import DeploymentStore
from lib.migrations.records import Recorded, RecordStore
from lib.migrations.texts import Finding, Judge, MigrationText
from lib.postgres import Connection

#: More of them would hide the first.
NAMED_AT_MOST = 20

#: What was suspected of one live period only is from now on, whenever this release is live.
SUSPECT = """
INSERT INTO suspect_flags AS known (deployment, flag) VALUES (%(deployment)s, %(flag)s)
ON CONFLICT (deployment, flag) DO UPDATE SET period = NULL WHERE known.period IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Recorder:
    deployments: DeploymentStore
    records: RecordStore
    #: Says what cannot be recorded, and what nobody can go back past.
    judge: Judge

    async def record(self, release: Release, caller: Caller) -> tuple[bool, Recorded | None]:
        """Whether the deployment was new, and what its migrations came to, if any were told.

        Raises Forbidden, InvalidRequest, MigrationChanged or Conflict: then nothing is written.
        """
        findings: Sequence[Finding] = ()
        if release.migrations:
            check_may_bring_texts(caller)
            # Megabytes of text are seconds of work, and others are waiting.
            findings = await asyncio.to_thread(self.judge, release.migrations)
            check_recordable(release.migrations, findings)
        recorded: Recorded | None = None

        async def write(connection: Connection, deployment: UUID) -> None:
            nonlocal recorded
            for flag in release.suspect_flags:
                await connection.execute(SUSPECT, {"deployment": deployment, "flag": flag})
            if release.versions is not None:
                recorded = await self._write(connection, deployment, release, caller)

        is_new = await self.deployments.record(release, recorded_by=caller.name, also=write)
        return is_new, replace(recorded, findings=tuple(findings)) if recorded else None

    async def _write(
        self, connection: Connection, deployment: UUID, release: Release, caller: Caller
    ) -> Recorded:
        recorded = await self.records.record(
            connection,
            deployment,
            release.versions or [],
            release.migrations,
            recorded_by=caller.name,
        )
        if recorded.new_texts:
            await write_audit(
                connection,
                actor=caller.name,
                action="migrations.record",
                environment=release.environment,
                subject=release.vercel_deployment_id,
                result="ok",
                facts={"new_texts": list(recorded.new_texts)},
            )
        return recorded


def check_may_bring_texts(caller: Caller) -> None:
    """They are SQL that may one day run on the app's database. Raises Forbidden."""
    if not isinstance(caller, ProvenJob) and not caller.role.may(Role.ADMIN):
        raise errors.Forbidden(
            f"{caller.name} has the role {caller.role}, which may say which migrations a release"
            " contains, but not bring their texts: they are SQL that may one day run on the app's"
            " database. Bring them from a workflow of the app's repository with its OIDC token"
            " (docs/access.md) or with an admin's, or leave `migrations` out and send `versions`"
            " alone (--no-texts)."
        )


def check_recordable(migrations: Sequence[MigrationText], findings: Sequence[Finding]) -> None:
    """Raises InvalidRequest naming each place."""
    at = {one.version: number for number, one in enumerate(migrations)}
    refused = [finding for finding in findings if finding.is_refused]
    if refused:
        first = refused[0]
        raise errors.InvalidRequest(
            f"Migration {first.version} cannot be recorded. Its {first.way} text, line"
            f" {first.line}: {first.sentence}",
            [
                (f"#/migrations/{at[one.version]}/{one.way}", f"line {one.line}: {one.sentence}")
                for one in refused[:NAMED_AT_MOST]
            ],
        )
