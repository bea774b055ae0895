"""Reads what the planner needs of the app's catalogue, in one round trip."""

from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from lib.schema import batch
from lib.schema.models import Catalogue, Column, Constraint, Index, Table, Trigger

#: Before TABLES: definitions then name every schema.
QUALIFIED = "SET LOCAL search_path = ''"

OURS: LiteralString = """
    n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', '_rollback')"""

TABLES: LiteralString = f"""
WITH ours AS MATERIALIZED (
  SELECT c.oid, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {OURS}
), columns AS (
  SELECT a.attrelid AS oid, jsonb_agg(jsonb_build_object(
    'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
    'typmod', a.atttypmod, 'not_null', a.attnotnull,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'is_automatic', a.attidentity <> '' OR a.attgenerated <> '',
    'is_generated', a.attgenerated <> '', 'has_grants', a.attacl IS NOT NULL,
    'is_checked_domain', t.typtype = 'd' AND (t.typnotnull OR EXISTS (
        SELECT FROM pg_constraint c WHERE c.contypid = t.oid))
  ) ORDER BY a.attnum) AS items
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid IN (SELECT oid FROM ours) AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1
), constraints AS (
  SELECT conrelid AS oid, jsonb_agg(jsonb_build_object(
    'oid', oid::bigint, 'name', conname, 'kind', contype, 'definition', pg_get_constraintdef(oid),
    'columns', coalesce(conkey, '{{}}'), 'references', confrelid::bigint,
    'is_inherited', conparentid <> 0 OR coninhcount > 0, 'index', conindid::bigint,
    'timing', CASE WHEN condeferred THEN 'DEFERRABLE INITIALLY DEFERRED'
                   WHEN condeferrable THEN 'DEFERRABLE' ELSE '' END
  ) ORDER BY oid) AS items
  FROM pg_constraint WHERE conrelid IN (SELECT oid FROM ours) GROUP BY 1
), indexes AS (
  SELECT i.indrelid AS oid, jsonb_agg(jsonb_build_object(
    'oid', c.oid::bigint, 'name', c.relname, 'definition', pg_get_indexdef(c.oid),
    'columns', (i.indkey::int[])[0:i.indnkeyatts - 1], 'is_unique', i.indisunique,
    'nulls_conflict', i.indnullsnotdistinct, 'constraint', coalesce(con.oid::bigint, 0)
  ) ORDER BY c.oid) AS items
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint con ON con.conindid = c.oid AND con.contype IN ('p', 'u', 'x')
  WHERE i.indrelid IN (SELECT oid FROM ours) GROUP BY 1
), triggers AS (
  SELECT tgrelid AS oid, jsonb_agg(jsonb_build_object(
    'name', tgname, 'enabled', tgenabled,
    'is_before_row', (tgtype & 3) = 3 AND (tgtype & 20) <> 0,
    'columns', ARRAY(SELECT DISTINCT refobjsubid FROM pg_depend
      WHERE classid = 'pg_catalog.pg_trigger'::regclass AND objid = pg_trigger.oid
        AND refclassid = 'pg_catalog.pg_class'::regclass AND refobjid = tgrelid
        AND refobjsubid > 0 ORDER BY 1)) ORDER BY oid) AS items
  FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1
), parents AS (
  SELECT inhrelid AS oid, jsonb_agg(inhparent::bigint ORDER BY inhseqno) AS items
  FROM pg_inherits GROUP BY 1
)
SELECT c.oid::bigint, ours.nspname AS schema, c.relname AS name, c.relkind AS kind,
  greatest(c.reltuples, 0)::bigint AS rows, pg_has_role(c.relowner, 'USAGE') AS is_ours,
  greatest(c.relpages, 0)::bigint * 8192 AS size_bytes,
  columns.items AS columns, constraints.items AS constraints, indexes.items AS indexes,
  triggers.items AS triggers, parents.items AS parents
FROM pg_class c JOIN ours USING (oid)
LEFT JOIN columns ON columns.oid = c.oid LEFT JOIN constraints ON constraints.oid = c.oid
LEFT JOIN indexes ON indexes.oid = c.oid LEFT JOIN triggers ON triggers.oid = c.oid
LEFT JOIN parents ON parents.oid = c.oid
ORDER BY c.oid
"""

REST: LiteralString = f"""
SELECT
  (SELECT coalesce(array_agg(s), '{{}}') FROM unnest(current_schemas(false)) s) AS search_path,
  (SELECT coalesce(array_agg(DISTINCT proname::text), '{{}}') FROM (
     SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE {OURS} GROUP BY 1 HAVING count(*) > 1) twice) AS overloaded,
  (SELECT coalesce(array_agg(DISTINCT proname::text), '{{}}') FROM pg_proc
     WHERE provolatile = 'v' AND prorettype <> 'trigger'::regtype) AS volatile,
  (SELECT coalesce(array_agg(DISTINCT proname::text), '{{}}') FROM pg_proc p
     JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS}) AS functions,
  (SELECT coalesce(array_agg(n.nspname::text), '{{}}') FROM pg_publication_namespace p
     JOIN pg_namespace n ON n.oid = p.pnnspid) AS published
"""


async def read(connection: AsyncConnection[DictRow]) -> Catalogue:
    """The app's tables and what hangs on them, as of one moment."""
    (rest,), rows = await batch.ask(
        connection,
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "SET LOCAL jit = off",
        REST,
        QUALIFIED,
        TABLES,
        "COMMIT",
    )
    return Catalogue(
        tables=tuple(as_table(row) for row in rows),
        search_path=tuple(rest["search_path"]) or ("public",),
        overloaded=frozenset(rest["overloaded"]),
        volatile=frozenset(rest["volatile"]),
        functions=frozenset(rest["functions"]),
        published=frozenset(rest["published"]),
        server_version=connection.info.server_version,
    )


def as_table(row: DictRow) -> Table:
    return Table(
        oid=row["oid"],
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        columns=tuple(Column(**item) for item in row["columns"] or ()),
        constraints=tuple(Constraint(**listed(item)) for item in row["constraints"] or ()),
        indexes=tuple(Index(**listed(item)) for item in row["indexes"] or ()),
        triggers=tuple(Trigger(**listed(item)) for item in row["triggers"] or ()),
        parents=tuple(row["parents"] or ()),
        rows=row["rows"],
        size_bytes=row["size_bytes"],
        is_ours=row["is_ours"],
    )


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"columns": tuple(item["columns"])}
