"""A restored or branched database of the app, accepted by a person as it is now."""

from dataclasses import dataclass

from lib import errors
from lib.access.models import Caller
from lib.alerts import OTHER_DATABASE, resolve
from lib.operations.database_forward import standing_of
from lib.operations.models import AcceptDatabase, Result, done, so_already
from lib.operations.store import audit, lock
from lib.postgres import Database
from lib.schema import known
from lib.schema.app_database import AppDatabase

NO_DATABASE = "No database of the app is set here (APP_DATABASE_URL): there is none to accept."


@dataclass(frozen=True, slots=True)
class AcceptRoom:
    database: Database
    #: None: there is no database of the app to care for.
    app: AppDatabase | None

    async def accept(self, operation: AcceptDatabase, caller: Caller) -> Result:
        """Raises Conflict or AppDatabaseUnavailable."""
        if self.app is None:
            raise errors.Conflict(NO_DATABASE)
        mark = (await standing_of(self.app)).mark
        async with self.database.transaction() as connection:
            await lock(connection, operation)
            if not await known.accept(connection, operation.environment, mark):
                return so_already(f"{operation.environment.capitalize()} knows it already: {mark}.")
            await resolve(connection, operation.environment, [OTHER_DATABASE])
            await audit(
                connection, operation, caller, identity=mark.identity, newest_run=mark.newest
            )
        return done(f"{operation.environment.capitalize()} goes on with this database: {mark}.")
