"""What a role of our database may do, as statements that make it so. Run as the tables' owner.

The owner can switch off what keeps the audit log as it is, drop a table or change one. Nothing that
answers requests needs that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from lib import errors
from lib.postgres import Connection

READ, APPEND, KEEP = ("SELECT",), ("INSERT", "SELECT"), ("INSERT", "SELECT", "UPDATE")
ALL = ("DELETE", "INSERT", "SELECT", "UPDATE")


@dataclass(frozen=True, slots=True)
class Profile:
    """`others`: on a table that is not named, also on those that a later migration makes."""

    tables: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()


#: What happened and who did it: added to, brought up to date, never taken away.
KEPT = (
    "alerts",
    "deployment_details",
    "deployment_history",
    "deployment_migrations",
    "feature_rollbacks",
    "ledger_events",
    "live_periods",
    "migration_scripts",
    "quarantine",
    "rollback_steps",
    "rollbacks",
    "tokens",
)
PROFILES = {
    "functions": Profile(
        {
            "audit": APPEND,
            "audit_chain": APPEND,
            "audit_checkpoints": APPEND,
            "audit_exported": READ,
            # Queued by a trigger, and emptied by who seals.
            "audit_unsealed": ("DELETE", "INSERT", "SELECT"),
            "clock_offset": READ,
            "environments": ("SELECT", "UPDATE"),
            "schema_migrations": READ,
            **dict.fromkeys(KEPT, KEEP),
        },
        others=ALL,
    ),
    "export": Profile(
        {
            "audit": READ,
            "audit_chain": READ,
            "audit_checkpoints": READ,
            "audit_exported": KEEP,
            "audit_unsealed": READ,
            "clock_offset": READ,
        }
    ),
}

#: Two runs take turns, and wait for a migration: its lock is the same.
ALONE = "SELECT pg_advisory_xact_lock(7726001)"
ROLE = """
SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication
         AS is_mighty,
       r.rolcanlogin AS can_login, current_user = r.rolname AS is_self,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
              WHERE m.member = r.oid) AS member_of,
       ARRAY(SELECT c.oid::regclass::text FROM pg_class c WHERE c.relowner = r.oid
             UNION ALL
             SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.proowner = r.oid
             UNION ALL
             SELECT 'schema ' || n.nspname FROM pg_namespace n WHERE n.nspowner = r.oid
             UNION ALL
             SELECT 'database ' || d.datname FROM pg_database d
              WHERE d.datdba = r.oid AND d.datname = current_database()) AS owns
  FROM pg_roles r WHERE r.rolname = %(role)s
"""
TABLES = """
SELECT c.relname AS name, pg_has_role(c.relowner, 'USAGE') AS is_ours,
       ARRAY(SELECT a.privilege_type FROM aclexplode(c.relacl) a
              WHERE a.grantee = to_regrole(quote_ident(%(role)s)) ORDER BY 1) AS held,
       ARRAY(SELECT DISTINCT a.privilege_type FROM pg_attribute n, aclexplode(n.attacl) a
              WHERE n.attrelid = c.oid AND a.grantee = to_regrole(quote_ident(%(role)s))
              ORDER BY 1) AS held_in_part,
       EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 0)
         OR EXISTS (SELECT FROM pg_attribute n, aclexplode(n.attacl) a
                     WHERE n.attrelid = c.oid AND a.grantee = 0) AS is_public,
       c.relkind = 'v' AS is_view
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
 ORDER BY c.relname
"""
SCHEMA = """
SELECT current_database()::text AS database,
       ARRAY(SELECT a.privilege_type FROM aclexplode(n.nspacl) a
              WHERE a.grantee = to_regrole(quote_ident(%(role)s)) ORDER BY 1) AS held,
       EXISTS (SELECT FROM aclexplode(n.nspacl) a
                WHERE a.grantee = 0 AND a.privilege_type = 'CREATE') AS is_open,
       ARRAY(SELECT a.privilege_type
               FROM pg_default_acl d, aclexplode(d.defaclacl) a
              WHERE d.defaclnamespace = n.oid AND d.defaclobjtype = 'r'
                AND d.defaclrole = to_regrole(quote_ident(current_user::text))
                AND a.grantee = to_regrole(quote_ident(%(role)s)) ORDER BY 1) AS by_default
  FROM pg_namespace n WHERE n.nspname = 'public'
"""


@dataclass(frozen=True, slots=True)
class Present:
    """`role` None: there is none of this name."""

    name: str
    role: Mapping[str, Any] | None
    schema: Mapping[str, Any]
    tables: list[Mapping[str, Any]]


async def look(connection: Connection, name: str) -> Present:
    """Raises BadSettings where this role is none to give rights to, or we are none to give them."""
    role = await (await connection.execute(ROLE, {"role": name})).fetchone()
    schema = await (await connection.execute(SCHEMA, {"role": name})).fetchone()
    assert schema is not None
    tables = await (await connection.execute(TABLES, {"role": name})).fetchall()
    present = Present(name, role, schema, list(tables))
    refuse(present)
    return present


def refuse(present: Present) -> None:
    role = present.role
    if not any(table["name"] == "audit" for table in present.tables):
        raise errors.BadSettings("The database has no tables yet: python -m scripts.migrate")
    if foreign := [table["name"] for table in present.tables if not table["is_ours"]]:
        raise errors.BadSettings(
            f"Only their owner can give rights to {', '.join(foreign)}: run this as who ran the"
            " migrations (DATABASE_URL_UNPOOLED)."
        )
    if role and role["is_self"]:
        raise errors.BadSettings(f"{present.name} is who runs this. Choose another name.")
    if role and role["owns"]:
        raise errors.BadSettings(
            f"{present.name} owns {', '.join(role['owns'])}: an owner has every right. Choose"
            " another name."
        )


def statements(present: Present, profile: Profile) -> Iterator[sql.Composed]:
    """Nothing where it is as it should be. Without a password: that is not for a plan."""
    name = sql.Identifier(present.name)
    yield from of_role(present, name)
    if present.schema["is_open"]:
        yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC").format()
    yield from difference("SCHEMA public", present.schema["held"], ("USAGE",), name)
    for table in present.tables:
        which = sql.SQL("TABLE public.{}").format(sql.Identifier(table["name"]))
        if table["is_public"]:
            yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(which)
        # Of columns alone; taking it back from the table takes it back from each of them.
        if partly := words(table["held_in_part"], (*table["held"], *wanted(table, profile))):
            yield sql.SQL("REVOKE {} ON {} FROM {}").format(partly, which, name)
        yield from difference(which, table["held"], wanted(table, profile), name)
    yield from by_default(present, profile, name)


def of_role(present: Present, name: sql.Identifier) -> Iterator[sql.Composed]:
    role = present.role
    if role is None:
        yield sql.SQL("CREATE ROLE {} LOGIN").format(name)
        return
    if role["is_mighty"]:
        yield sql.SQL(
            "ALTER ROLE {} NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS NOREPLICATION"
        ).format(name)
    if not role["can_login"]:
        yield sql.SQL("ALTER ROLE {} LOGIN").format(name)
    for group in role["member_of"]:
        yield sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group), name)


def wanted(table: Mapping[str, Any], profile: Profile) -> tuple[str, ...]:
    if table["is_view"]:
        return READ if profile.others else ()
    return profile.tables.get(table["name"], profile.others)


def by_default(present: Present, profile: Profile, name: sql.Identifier) -> Iterator[sql.Composed]:
    """So that what a later migration makes can be used before this is run again."""
    held = present.schema["by_default"]
    where = "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
    if excess := words(held, profile.others):
        yield sql.SQL("{} REVOKE {} ON TABLES FROM {}").format(sql.SQL(where), excess, name)
    if lacking := words(profile.others, held):
        yield sql.SQL("{} GRANT {} ON TABLES TO {}").format(sql.SQL(where), lacking, name)


def difference(
    what: str | sql.Composed, held: Iterable[str], wanted: Iterable[str], name: sql.Identifier
) -> Iterator[sql.Composed]:
    which = sql.SQL(what) if isinstance(what, str) else what
    if excess := words(held, wanted):
        yield sql.SQL("REVOKE {} ON {} FROM {}").format(excess, which, name)
    if lacking := words(wanted, held):
        yield sql.SQL("GRANT {} ON {} TO {}").format(lacking, which, name)


def words(those: Iterable[str], without: Iterable[str]) -> sql.SQL | None:
    left = sorted({*those} - {*without})
    return sql.SQL(", ".join(left)) if left else None
