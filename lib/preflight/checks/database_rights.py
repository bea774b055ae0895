"""The app's database lets a rollback change its tables: it answers, and the role may."""

import secrets
from collections.abc import Iterator

from psycopg.rows import DictRow

from lib.preflight.app_database import AppConnection, Unreachable, connected, one
from lib.preflight.kit import Kit, failed, not_used, ok
from lib.preflight.models import Finding
from lib.rollback.models import Environment

#: The app's tables are those that its code finds without naming a schema; an extension's are its
#: own affair.
RIGHTS = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
       current_user::text AS role,
       pg_is_in_recovery() AS is_replica,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       count(c) AS foreign_tables, min(c.oid::regclass::text) AS example,
       min(pg_get_userbyid(c.relowner)::text) AS owner
  FROM (SELECT) nothing
  LEFT JOIN pg_class c ON c.relkind IN ('r', 'p')
   AND c.relnamespace::regnamespace::name = ANY(current_schemas(false))
   AND NOT pg_has_role(c.relowner, 'USAGE')
   AND NOT EXISTS (SELECT 1 FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
#: A name of ours, so that no pooler keeps it per client.
SET_MARK = "SELECT set_config('wedsync.preflight', %(mark)s, false)"
READ_MARK = "SELECT current_setting('wedsync.preflight', true) AS mark"


async def check(kit: Kit, _: Environment) -> Finding:
    url = kit.app_database_url
    if url is None:
        return not_used(
            "No database of the app is set (APP_DATABASE_URL): rollbacks leave it alone."
        )
    try:
        async with connected(url) as connection, connected(url) as other:
            rights = await one(connection, RIGHTS)
            is_pooled = await share_sessions(connection, other)
    except Unreachable as error:
        return failed(
            f"The app's database takes no connection within 3 s ({error}), so no rollback can"
            " change it. Check APP_DATABASE_URL: address, user, password, and whether it is"
            " reachable from here."
        )
    server = f"PostgreSQL {rights['major']}"
    problems = [*refused(rights)]
    if is_pooled:
        problems.append(
            "APP_DATABASE_URL is a transaction pooler, which loses locks and settings between"
            " statements: use the unpooled (direct or session) address."
        )
    if problems:
        return failed(f"The app's database ({server}): {' '.join(problems)}")
    return ok(f"The app's database ({server}) answers, and {rights['role']} may change its tables.")


def refused(rights: DictRow) -> Iterator[str]:
    role = rights["role"]
    if rights["is_replica"]:
        yield "it is a read-only replica; APP_DATABASE_URL must lead to the primary."
    if not rights["may_create"]:
        yield (
            f"{role} may not make a schema of its own for what a rollback keeps:"
            f" GRANT CREATE ON DATABASE … TO {role}."
        )
    if rights["foreign_tables"]:
        yield (
            f"{role} may not change {rights['foreign_tables']} of its tables, such as"
            f" {rights['example']}: GRANT {rights['owner']} TO {role}, or use the role that owns"
            " them."
        )


async def share_sessions(connection: AppConnection, other: AppConnection) -> bool:
    """Whether what one client sets is lost to it or seen by another: a transaction pooler.

    While the second holds a server connection of the pool, the first must be given another.
    """
    mark = secrets.token_hex(8)
    await one(connection, SET_MARK, mark=mark)
    async with other.transaction():
        seen = (await one(other, READ_MARK))["mark"]
        kept = (await one(connection, READ_MARK))["mark"]
    await one(connection, SET_MARK, mark="")
    return bool(seen == mark or kept != mark)
