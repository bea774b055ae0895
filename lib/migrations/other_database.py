"""Told as soon as the app's database is another one than its environment knows: restored, a branch.

A rollback of it would be refused, and nobody should learn that from the rollback.
"""

from dataclasses import dataclass

from lib.alerts import OTHER_DATABASE, raise_alert, resolve
from lib.postgres import Database
from lib.rollback.models import Environment
from lib.schema import known
from lib.schema.app_database import AppDatabase, Away


@dataclass(frozen=True, slots=True)
class OtherDatabase:
    database: Database

    async def look(self, app: AppDatabase) -> None:
        """Loads the engine only where a run was ever made, as only then a database is known."""
        before = await known.read(self.database)
        if not before.marks:
            return
        try:
            standing = await app.standing()
        except Away:
            return
        for environment in Environment:
            refused = await before.refusal(environment, standing)
            async with self.database.transaction() as connection:
                if refused is None:
                    await resolve(connection, environment, [OTHER_DATABASE])
                    continue
                await raise_alert(
                    connection,
                    environment=environment,
                    kind=OTHER_DATABASE,
                    sentence=f"The app's database is not the one that {environment} knows:"
                    f" {refused.reason} {refused.remedy}",
                    once=f"{OTHER_DATABASE}:{environment}",
                )
