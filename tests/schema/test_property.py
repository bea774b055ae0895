"""Whatever the schema, the migrations and the writes: back and forward, nothing is lost.

Across each move, every value of every table is compared by table and column number, as text; a row
that is not as it was must be kept aside as it was. After going back, the older code's statements
fail at most at what the older schema forbade, too; after coming forward, the newer code's likewise.
"""

import os
import time
from collections import Counter
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings

from lib.schema.models import Code, Do, Down, Mode, Refuse
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


def kept_aside(world, tables: dict[str, tuple[int, list[int]]]) -> Counter[tuple[object, ...]]:
    """Every row of every table in the archive, as `dump` would have told it. `tables`: by name."""
    rows: Counter[tuple[object, ...]] = Counter()
    for name, table in world.execute("SELECT kept_in, table_name FROM _rollback.quarantine"):
        names = world.execute(
            "SELECT array_agg(quote_ident(attname) ORDER BY attnum) FROM pg_attribute"
            f" WHERE attrelid = '_rollback.\"{name}\"'::regclass AND attnum > 0"
        )[0][0]
        oid, numbers = tables[table]
        texts = ", ".join(f"{one}::text" for one in names)
        for row in world.execute(f'SELECT {texts} FROM _rollback."{name}"'):
            rows[oid, tuple(zip(numbers, row, strict=False))] += 1
    return rows


def tables_of(world) -> dict[str, tuple[int, list[int]]]:
    """By name, without the quotes: oid, and numbers of the columns."""
    return {
        name if not name.startswith('"') else name[1:-1].replace('""', '"'): (oid, numbers)
        for oid, name, numbers, _ in world.execute(COLUMNS)
    }


def only(rows: Counter[tuple[object, ...]], tables) -> Counter[tuple[object, ...]]:
    """Without columns that `tables` did not have: the older code's own, of another type."""
    numbers = dict(tables.values())
    found: Counter[tuple[object, ...]] = Counter()
    for (oid, row), count in rows.items():
        known = tuple(pair for pair in row if pair[0] in numbers.get(oid, ()))
        found[oid, known] += count
    return found


def check_kept(world, before, tables, newer) -> None:
    """Each row that is not as it was is in the archive as it was: by what the `newer` code calls
    its table."""
    numbers = dict(tables_of(world).values())
    names = {name: (oid, numbers[oid]) for name, (oid, _) in newer.items()}
    missing = before - only(dump(world), tables)
    assert not missing - only(kept_aside(world, names), tables), missing


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
                world.migrate(text, app.down or None)
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
        shape, before, tables = world.shape(), dump(world), tables_of(world)
        run_id = uuid4()
        outcome = world.run(run_id, plan, exclusive=True)
        if outcome.state == "refused":
            assert (world.shape(), dump(world)) == (shape, before)
            return f"refused by the server: {outcome.sentence[:40]}"
        assert outcome.state == "done", outcome
        check_kept(world, before, tables, newer=tables)
        shared = plan.mode is Mode.SHARED
        if not shared:  # what a session has prepared may not outlive another name or type
            connection.prepare_threshold = None
        play(connection, app, scenario.between, by_old, "old")
        if shared:
            play(connection, app, scenario.between, by_old | by_new, "both")
        return come_forward(world, connection, app, scenario, run_id, shape, by_new) + plan.mode


def come_forward(world, connection, app, scenario, run_id, shape, by_new) -> str:
    rolled_back, before, tables = world.shape(), dump(world), tables_of(world)
    outcome = world.forward(run_id)
    if outcome.code is Code.CONTRADICTION:
        assert dump(world) == before
        assert world.shape() == rolled_back
        assert world.status(run_id) == "back"
        play(connection, app, scenario.between, forbids(world), "old")
        return "contradiction, "
    assert outcome.state == "done", outcome
    assert set(shape) <= set(world.shape())
    assert all("_rb_" in str(row) for row in set(world.shape()) - set(shape))
    check_kept(world, before, tables, newer=tables_of(world))
    assert world.let_go().state == "done"
    play(connection, app, scenario.between, by_new, "new")
    kinds = {step.do for step in world.steps(run_id)}
    carried = "values, " if kinds & {Do.COPY_BACK, Do.RETYPE, Do.DELETE_ROWS} else ""
    return carried + ("forward with orphans, " if outcome.quarantined else "forward, ")


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
    with world.one_connection():
        event(check(world, scenario))


def progress(became: Counter[str], seconds: float) -> str:
    done = became.total()
    left = seconds / done * max(MANY - done, 0)
    return f"  {done} of {MANY} examples, {seconds:.0f} s, {left:.0f} s to go: {dict(became)}"


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
        with world.one_connection():
            became[check(world, scenario)] += 1
        if became.total() % 100 == 0:
            # The tests' servers do it never, and each example fills and empties the catalogue.
            world.execute("VACUUM")
            with capsys.disabled():
                print(progress(became, time.monotonic() - started), flush=True)

    run()
