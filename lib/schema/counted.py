"""Rows that the way back changes, while nobody else writes; the journal is told how many. Pure."""

from collections.abc import Sequence

from lib.schema.models import DIRECTION, POSITION, RUN_ID, quote

#: Behind the statement whose rows are counted.
COUNT = "GET DIAGNOSTICS rollback_rows = ROW_COUNT;"
NOTE = f"""UPDATE _rollback.actions SET rows = rollback_rows
    WHERE run_id = '{RUN_ID}' AND direction = '{DIRECTION}' AND position = {POSITION};"""


def block(path: Sequence[str], body: str, *, first: str = "") -> str:
    """`path`: the schemas in which the authors' types are found. `first`: statements before it."""
    return f"""SET LOCAL search_path = {", ".join(["pg_catalog", *map(quote, path)])};
{first}DO $rollback$
#variable_conflict use_column
DECLARE rollback_rows bigint;
BEGIN
  {body}
END $rollback$;
SET LOCAL search_path = ''"""
