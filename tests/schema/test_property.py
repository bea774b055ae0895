"""Whatever the schema, the migrations and the writes: back and forward, nothing is lost.

Across each move, every value of every table is compared by table and column number, as text; what
is not where it was must be in the quarantine. After going back, the older code's statements fail
at most at what the older schema forbade, too; after coming forward, the newer code's likewise.
"""

import os
import time
from collections import Counter
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings

from lib.schema.models import Code, Down, Mode, Refuse
from tests.schema.scenario import App, Scenario, scenarios, try_to

#: In `make test`, and in `make test-deep` for each server.
FEW, MANY = 25, int(os.environ.get("PROPERTY_EXAMPLES", "3000"))

COLUMNS = """
SELECT c.oid::bigint, c.oid::regclass::text, array_agg(a.attnum::int ORDER BY a.attnum),
  array_agg(quote_ident(a.attname) ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  AND c.relname <> 'schema_migrations'
GROUP BY c.oid
"""
FORBIDS = """
SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint WHERE conrelid <> 0
UNION ALL SELECT indrelid::regclass::text || '.' || relname
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
UNION ALL SELECT attrelid::regclass::text || '.' || quote_ident(attname) || ' null'
FROM pg_attribute WHERE attnotnull AND attnum > 0 AND attrelid >= 16384
"""


def dump(world) -> Counter[tuple[object, ...]]:
    """Every row of every table: table, and number and text of each value."""
    rows: Counter[tuple[object, ...]] = Counter()
    for oid, table, numbers, names in world.execute(COLUMNS):
        texts = ", ".join(f"{name}::text" for name in names)
        for row in world.execute(f"SELECT {texts} FROM ONLY {table}"):
            rows[oid, tuple(zip(numbers, row, strict=True))] += 1
    return rows


def quarantined(world, tables: dict[str, int]) -> Counter[tuple[object, ...]]:
    rows: Counter[tuple[object, ...]] = Counter()
    for name, table in world.execute("SELECT kept_in, table_name FROM _rollback.quarantine"):
        names = world.execute(
            "SELECT array_agg(quote_ident(attname) ORDER BY attnum) FROM pg_attribute"
            f" WHERE attrelid = '_rollback.\"{name}\"'::regclass AND attnum > 0"
        )[0][0]
        numbers = tables[table]
        texts = ", ".join(f"{one}::text" for one in names)
        for row in world.execute(f'SELECT {texts} FROM _rollback."{name}"'):
            rows[numbers[0], tuple(zip(numbers[1], row, strict=True))] += 1
    return rows


def forbidden_by(error: psycopg.Error, forbids: set[str]) -> bool:
    """The schema itself says no: the statement's own fault."""
    diag = error.diag
    if diag.column_name and isinstance(error, psycopg.errors.NotNullViolation):
        wanted = (f".{diag.column_name} null", f'."{diag.column_name}" null')
        quoted = '."' + diag.column_name.replace('"', '""') + '" null'
        return any(one.endswith((*wanted, quoted)) for one in forbids)
    if diag.constraint_name:
        return any(one.endswith("." + diag.constraint_name) for one in forbids)
    return isinstance(error, psycopg.errors.GeneratedAlways)


def forbids(world) -> set[str]:
    return {row[0] for row in world.execute(FORBIDS)}


def play(connection, app: App, writes, allowed: set[str], who: str) -> None:
    """`who`: the code that is live, `old` or `new`, or `both`, each of its own writes."""
    for write in writes:
        is_new = write[0] if who == "both" else who == "new"
        statement = app.write(write, new=is_new)
        error = try_to(connection, statement)
        if error is not None and not forbidden_by(error, allowed):
            raise AssertionError(f"{statement}: {error}")


def check(world, scenario: Scenario) -> str:
    """Returns what became of it, for the run's statistics."""
    world.empty()
    world.texts.clear()
    app = App(scenario)
    world.migrate(app.create())
    by_old = forbids(world)
    with psycopg.connect(world.url, autocommit=True) as connection:
        play(connection, app, scenario.before, by_old, "old")
        for change in scenario.changes:
            kept = [seen.copy() for seen in app.new]
            text = app.change(change)
            if not text:
                continue
            try:
                world.migrate(text)
            except psycopg.Error:
                app.new = kept
                world.texts.popitem()
        by_new = forbids(world)
        play(connection, app, scenario.before, by_old | by_new, "new")

        plan = world.plan()
        if isinstance(plan, Refuse):
            return f"refused: {plan.code}"
        if not isinstance(plan, Down):
            play(connection, app, scenario.between, by_old, "old")
            return "skipped"
        shape, before = world.shape(), dump(world)
        run_id = uuid4()
        outcome = world.run(run_id, plan, exclusive=True)
        if outcome.state == "refused":
            assert (world.shape(), dump(world)) == (shape, before)
            return f"refused by the server: {outcome.sentence[:40]}"
        assert outcome.state == "done", outcome
        assert dump(world) == before
        shared = plan.mode is Mode.SHARED
        play(connection, app, scenario.between, by_old, "old")
        if shared:
            play(connection, app, scenario.between, by_old | by_new, "both")
        return come_forward(world, connection, app, scenario, run_id, shape, by_new) + plan.mode


def come_forward(world, connection, app, scenario, run_id, shape, by_new) -> str:
    rolled_back, before = world.shape(), dump(world)
    outcome = world.forward(run_id)
    if outcome.code is Code.CONTRADICTION:
        assert dump(world) == before
        assert world.shape() == rolled_back
        assert world.status(run_id) == "back"
        play(connection, app, scenario.between, forbids(world), "old")
        return "contradiction, "
    assert outcome.state == "done", outcome
    assert world.shape() == shape
    after = dump(world)
    tables = {
        name if not name.startswith('"') else name[1:-1].replace('""', '"'): (oid, numbers)
        for oid, name, numbers, _ in world.execute(COLUMNS)
    }
    assert before - after == quarantined(world, tables)
    play(connection, app, scenario.between, by_new, "new")
    return "forward with orphans, " if outcome.quarantined else "forward, "


@settings(
    max_examples=FEW,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
    database=None,
)
@given(scenario=scenarios)
def test_nothing_is_lost(world, scenario):
    event(check(world, scenario))


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_thousands_of_examples(world, capsys):
    became: Counter[str] = Counter()
    started = time.monotonic()

    @settings(
        max_examples=MANY,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        database=None,
    )
    @given(scenario=scenarios)
    def run(scenario):
        became[check(world, scenario)] += 1
        if became.total() % 100 == 0:
            with capsys.disabled():
                spent = time.monotonic() - started
                print(f"  {became.total()} of {MANY} examples, {spent:.0f} s: {dict(became)}")

    run()
