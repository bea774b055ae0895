"""Releases that contain migrations which are rolled back: the database comes forward before them.

After B -> A the app's ledger still says that B's migrations are applied, so the tool of the next
release skips them, while the schema is relaxed or a name is away: that release would fail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.alerts import raise_alert, resolve
from lib.deployments.models import DeploymentRow, Promotion
from lib.deployments.store import LOCK
from lib.migrations.rolled_back import RolledBack
from lib.postgres import Database
from lib.rollback.models import Environment

KIND = "needs_database_forward"
NAMED_AT_MOST = 3

#: Only of releases whose list of versions was told.
CONTAINED = """
SELECT d.vercel_deployment_id AS deployment_id,
       array(SELECT m.version FROM deployment_migrations m
              WHERE m.deployment = d.id AND m.version = ANY(%(rolled_back)s)
              ORDER BY m.position) AS versions
  FROM deployment_details d
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = ANY(%(only)s)
   AND d.migrations_recorded_at IS NOT NULL
"""

#: While a rollback runs, the database may be back for the version that it goes to.
LIVE = """
SELECT p.id AS period, h.vercel_deployment_id AS deployment_id, h.git_sha
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s AND p.live_until IS NULL
   AND NOT EXISTS (SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress'))
"""

REMEDY = "Bring the database forward (database_forward)"


@dataclass(frozen=True, slots=True)
class NeedsForward:
    database: Database
    rolled_back: RolledBack

    async def of(
        self, environment: Environment, deployment_ids: Sequence[str]
    ) -> Mapping[str, list[str]]:
        """The versions that each contains and that are rolled back now, where its list was told.

        Empty where the app's database does not answer: then nothing is said.
        """
        rolled_back = await self.rolled_back.now()
        return await self._contained(environment, deployment_ids, rolled_back)

    async def _contained(
        self,
        environment: Environment,
        deployment_ids: Sequence[str],
        rolled_back: Sequence[str] | None,
    ) -> Mapping[str, list[str]]:
        if rolled_back is None:
            return {}
        rows = await self.database.all(
            CONTAINED,
            environment=environment,
            only=list(deployment_ids),
            rolled_back=list(rolled_back),
        )
        return {row["deployment_id"]: row["versions"] for row in rows}

    async def note(self, environment: Environment, deployment_id: str) -> str | None:
        """What to do before it goes live; None: nothing, as far as anybody knows."""
        versions = (await self.of(environment, [deployment_id])).get(deployment_id)
        return before_it(versions) if versions else None

    async def promotion(
        self, environment: Environment, rows: Sequence[DeploymentRow]
    ) -> Promotion | None:
        """Of the newest recorded release, while it was never live."""
        newest = max(rows, key=lambda row: row.recorded_at, default=None)
        if newest is None or newest.live_from is not None or newest.quarantined:
            return None
        shown = await self.rolled_back.versions()
        known = await self._contained(environment, [newest.deployment_id], shown)
        versions = known.get(newest.deployment_id)
        if versions is None:
            return None
        return Promotion(
            deployment_id=newest.deployment_id,
            is_safe=not versions,
            sentence=f"Release {newest.called} needs the database forward first: {off(versions)}."
            if versions
            else f"Release {newest.called} is safe to promote: none of its migrations is rolled"
            " back.",
        )

    async def look(self) -> None:
        """Alert where a release is live that needs what is rolled back, and end what is over."""
        rolled_back = await self.rolled_back.now()
        if rolled_back is None:
            return
        for environment in Environment:
            await self._look(environment, rolled_back)

    async def is_over(self) -> bool:
        """What keeps values in step with an older release may end: a newer one is live for good.

        By what `look` has read just before.
        """
        kept = set(self.rolled_back.in_step)
        if not kept:
            return False
        for environment in Environment:
            live = await self.database.one(LIVE, environment=environment)
            only = [live["deployment_id"]] if live else []
            known = await self._contained(environment, only, sorted(kept))
            if any(kept <= set(versions) for versions in known.values()):
                return True
        return False

    async def _look(self, environment: Environment, rolled_back: Sequence[str]) -> None:
        live = await self.database.one(LIVE, environment=environment)
        if live is None:
            return
        known = await self._contained(environment, [live["deployment_id"]], rolled_back)
        versions = known.get(live["deployment_id"])
        async with self.database.transaction() as connection:
            if not versions:
                await resolve(connection, environment, [KIND])
                return
            values = {"environment": environment}
            await connection.execute(LOCK, values)
            now = await (await connection.execute(LIVE, values)).fetchone()
            if now is None or now["period"] != live["period"]:
                return
            sha = live["git_sha"]
            called = live["deployment_id"] if sha == "unknown" else sha[:7]
            await raise_alert(
                connection,
                environment=environment,
                kind=KIND,
                sentence=f"{called} is live in {environment} and needs what is rolled back in the"
                f" app's database: {off(versions)}. {REMEDY}; nothing is lost by it.",
                once=f"{KIND}:{live['period']}",
            )


def off(versions: Sequence[str]) -> str:
    """ "0042 is rolled back", "0042, 0043, 0044 and 2 more are rolled back"."""
    named = ", ".join(versions[:NAMED_AT_MOST])
    more = len(versions) - NAMED_AT_MOST
    and_more = f" and {more} more" if more > 0 else ""
    return f"{named}{and_more} {'is' if len(versions) == 1 else 'are'} rolled back"


def before_it(versions: Sequence[str]) -> str:
    return (
        f"It needs the database forward first: {off(versions)}, and its own tool takes that for"
        f" applied. {REMEDY}, then promote it."
    )
