"""An app whose rollbacks put things aside: the list and the tables as the engine leaves them."""

from typing import Any
from uuid import uuid4

from tests.schema.world import World

#: Values that jsonb, a float's shorter text, or a careless escape would not bring back.
ODD = r'''
CREATE TYPE mood AS ENUM ('fine', 'not so; fine');
CREATE DOMAIN seats AS int CHECK (VALUE > 0);
CREATE TYPE place AS (hall text, "table" int);
CREATE TABLE guests (
  id int NOT NULL, note text, told json, half float8, small float4, many int[], raw bytea,
  price numeric, exact numeric(9,3), at timestamptz, day date, zone interval,
  "Odd ""name""" varchar(9), mood mood, seats seats, place place, span int4range, ip inet,
  bits bit varying(5), who uuid, padded char(6), money money
);
INSERT INTO guests VALUES
  (1, E'quote '' "double" \\ back\\slash \t tab \n line \r return \\N \\. ',
   '{"b":1,  "a": 1.0, "a":2}',
   '-0', '1.1', '[2:3]={1,NULL}', '\x00ff5c', 'NaN', '1.500', 'infinity', '-infinity',
   '1 mon -3 days', 'a', 'not so; fine', 3, ROW('x, "y"', NULL), '[1,5)', '10.0.0.1/8', '101',
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ab', '1.50'),
  (2, '', 'null', 'NaN', 'Infinity', '{}', '', '-0.00', '0', '0044-03-15 12:00:00.000001+00 BC',
   '4713-01-01 BC', '00:00:00.000001', '', 'fine', NULL, NULL, 'empty', '::1', '', NULL, '', NULL),
  (3, '\N', '"\u00e9"', 1e-320, 1e-40, '{{1},{2}}', NULL, 1e30, NULL, NULL, NULL, NULL, 'ü 名',
   NULL, NULL, ROW(NULL, NULL), '(,)', NULL, NULL, NULL, NULL, NULL)
'''
SIMPLE = """
CREATE TABLE guests (id int, name text);
INSERT INTO guests SELECT n, 'Guest ' || n FROM generate_series(1, 50) n
"""
#: Does not compress: more than one part of an upload.
LARGE = """
CREATE TABLE guests AS SELECT n AS id, (
  SELECT string_agg(encode(sha256((n * i)::text::bytea), 'base64'), '')
  FROM generate_series(1, 1000) i) AS text
FROM generate_series(1, 520) n
"""


class App(World):
    def old_run(self, *, state: str = "forward", days: int = 31) -> str:
        """A run that went back so long ago."""
        run_id = str(uuid4())
        self.execute(
            "INSERT INTO _rollback.runs (run_id, state, versions, plan, plan_sha256, went_back_at)"
            f" VALUES ('{run_id}', '{state}', '{{0042}}', '{{}}', '',"
            f" now() - interval '{days} days')"
        )
        return run_id

    def put_aside(
        self,
        made_by: str = SIMPLE,
        *,
        run_id: str = "",
        name: str = "kept_1",
        table: str = "guests",
        days: int = 31,
    ) -> str:
        """What `made_by` makes in `table` is kept as `name`; the run."""
        run_id = run_id or self.old_run(days=days)
        self.execute(
            f"DROP TABLE IF EXISTS {table}",
            made_by,
            f'CREATE TABLE _rollback."{name}" AS TABLE {table}',
            "INSERT INTO _rollback.quarantine"
            " (run_id, kept_in, table_name, constraint_name, rows, what, kept_at)"
            f" SELECT '{run_id}', '{name}', '{table}', 'seat', count(*), 'rows',"
            f" now() - interval '{days} days' FROM {table}",
        )
        return run_id

    def conflict(self, run_id: str, key: str, *, table: str = "guests", days: int = 31) -> None:
        """What a trigger logs of a row with this key."""
        self.execute(
            "INSERT INTO _rollback.conflicts"
            " (run_id, at, table_name, key, column_name, writer, why, kept, written) VALUES"
            f" ('{run_id}', now() - interval '{days} days', '{table}', '{key}', 'name', 'older',"
            " 'superseded', 'Ann', 'Anna')"
        )

    def age(self, days: int = 31) -> None:
        """So much later, as far as archives are concerned."""
        self.execute(
            f"UPDATE _rollback.quarantine SET kept_at = kept_at - interval '{days} days'",
            f"UPDATE _rollback.archives SET changed_at = changed_at - interval '{days} days'",
        )

    def is_here(self, name: str = "kept_1") -> bool:
        return self.value(f"""SELECT to_regclass('_rollback."{name}"') IS NOT NULL""")

    def state(self, name: str = "kept_1") -> str | None:
        if not self.value("SELECT to_regclass('_rollback.archives') IS NOT NULL"):
            return None
        rows = self.execute(f"SELECT state FROM _rollback.archives WHERE kept_in = '{name}'")
        return rows[0][0] if rows else None

    def rows(self, name: str = "kept_1") -> list[tuple[Any, ...]]:
        """Each row as the bytes that the server would send, so that nothing compares as equal."""
        return self.execute(f'SELECT record_send(kept) FROM _rollback."{name}" kept ORDER BY 1')

    def columns(self, name: str = "kept_1") -> list[tuple[Any, ...]]:
        return self.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            f""" WHERE attrelid = '_rollback."{name}"'::regclass AND attnum > 0 ORDER BY attnum"""
        )
