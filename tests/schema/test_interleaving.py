"""Both releases' code writing together, before, between and after: nothing is lost at any write.

What must follow is asked of the database by the authors' expressions, one value at a time, and not
of the trigger. After each write: the writer's code reads what it wrote; the other's reads what
follows from it or, where nothing does, what it read before, and the write is listed; and a value
that was replaced without its writer's side having been able to see it is kept.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lib.schema.models import Code

#: In `make test`, and in `make test-deep` for each server.
FEW, MANY = 15, int(os.environ.get("INTERLEAVING_EXAMPLES", "1000"))

OLD = """
CREATE TABLE events (id int PRIMARY KEY, starts text DEFAULT '09:00', person text NOT NULL,
  price numeric(8,2), coming text NOT NULL DEFAULT 'no');
INSERT INTO events VALUES (1, '16:00', 'Ann Lee', 1.50, 'yes'), (2, 'late', 'Cher', NULL, 'no')
"""
#: Older column, newer columns with their types, up (one per newer column), down, values of either.
FIELDS = (
    (
        "starts",
        {"begins": "time"},
        ("CASE WHEN starts ~ '^[0-9]+:[0-9]+$' THEN starts END::time",),
        "to_char(begins, 'HH24:MI')",
        (("17:00", "17:30", "25:99", "soon", None), ("17:00", "16:30:15", "18:00", None)),
    ),
    (
        "person",
        {"given": "text", "family": "text"},
        (
            "split_part(person, ' ', 1)",
            "nullif(substr(person, strpos(person || ' ', ' ') + 1), '')",
        ),
        "concat_ws(' ', given, family)",
        (("Ann Li", "Bo", "Di van Es", "", "ü'\\"), ("Ann", "van Es", "", None, "x y")),
    ),
    (
        "price",
        {"cents": "int"},
        ("round(price * 100)::int",),
        "cents / 100.0",
        (("1.25", "999999.99", "0", None), ("150", "7", "-1", "2000000000", None)),
    ),
    (
        "coming",
        {"comes": "boolean"},
        ("coming::boolean",),
        "CASE WHEN comes THEN 'yes' ELSE 'no' END",
        (("yes", "no", "maybe", "t"), ("true", "false", None)),
    ),
)
DEFAULTS = {"starts": "09:00", "coming": "no"}
NEWER = {name: kind for one in FIELDS for name, kind in one[1].items()}
UP = ";".join(
    [f"ALTER TABLE events ADD COLUMN {name} {kind}" for name, kind in NEWER.items()]
    # A row that the migration itself cannot convert stops the migration: it is corrected first.
    + ["UPDATE events SET starts = '16:00' WHERE starts IN ('late', 'soon', '25:99')"]
    + ["UPDATE events SET coming = 'no' WHERE coming = 'maybe'"]
    + [
        f"UPDATE events SET {name} = {value} WHERE {name} IS NULL"
        for one in FIELDS
        for name, value in zip(one[1], one[2], strict=True)
    ]
    + ["ALTER TABLE events ALTER COLUMN given SET NOT NULL"]
)
DOWN = ";".join(f"UPDATE events SET {one[0]} = {one[3]}" for one in FIELDS)

small = st.integers(0, 9)
KINDS = (
    "update",
    "update",
    "update",
    "two fields",
    "whole row",
    "insert",
    "upsert",
    "all",
    "delete",
)
writes = st.tuples(st.booleans(), st.sampled_from(KINDS), small, small, small)
histories = st.tuples(*(st.lists(writes, max_size=size) for size in (4, 6, 12, 6)))

Row = dict[str, str | None]


@dataclass
class Play:
    """Writes, and says after each what must be so. `is_kept`: the trigger stands."""

    connection: psycopg.Connection
    has_newer: bool = False
    is_kept: bool = False
    row: int = 10
    became: Counter[str] = field(default_factory=Counter)

    def rows(self) -> dict[str, Row]:
        names = ["id", *(one[0] for one in FIELDS), *(NEWER if self.has_newer else ())]
        texts = ", ".join(f"{name}::text" for name in names)
        cursor = self.connection.execute(f"SELECT {texts} FROM events".encode())
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor}

    def conflicts(self) -> list[tuple[str, ...]]:
        if not self.is_kept:
            return []
        return self.connection.execute(
            "SELECT key ->> 'id', column_name, why, kept FROM _rollback.conflicts ORDER BY number"
        ).fetchall()

    def follows(self, row: Row, expression: str, kind: str) -> tuple[bool, str | None]:
        """Whether a row has such a value, and which: by the author's expression alone."""
        given_ = ", ".join(
            f"CAST(%({name})s AS {of}) AS {name}"
            for name, of in (
                *((one[0], "numeric(8,2)" if one[0] == "price" else "text") for one in FIELDS),
                *NEWER.items(),
            )
        )
        try:
            with self.connection.transaction():
                found = self.connection.execute(
                    f"SELECT CAST({expression} AS {kind})::text FROM (SELECT {given_}) r", row
                ).fetchone()
        except psycopg.Error:
            return False, None
        assert found
        return True, found[0]

    def write(self, write: tuple[bool, str, int, int, int]) -> None:
        is_new, kind, number, which, value = write
        before, listed = self.rows(), len(self.conflicts())
        keys = sorted(before, key=int)
        key = keys[number % len(keys)] if keys else None
        one, other = FIELDS[which % 4], FIELDS[(which + 1) % 4]
        wanted: dict[str, Row] = {}
        match kind:
            case "delete" if key:
                self.run("DELETE FROM events WHERE id = %(id)s", {"id": key})
                return
            case "insert" | "upsert":
                self.row += 1
                key = key if kind == "upsert" and key else str(self.row)
                mine = self.values(one, value, is_new=is_new)
                if is_new:
                    mine |= {"given": "Gil"} if "given" not in mine else {}
                else:
                    mine |= {"person": "Gil Og"} if "person" not in mine else {}
                wanted[key] = mine
            case "all":
                mine = self.values(one, value, is_new=is_new)
                wanted = {key: dict(mine) for key in keys}
            case "two fields" if key:
                wanted[key] = self.values(one, value, is_new=is_new) | self.values(
                    other, value, is_new=is_new
                )
            case "whole row" if key:
                names = NEWER if is_new else [field_[0] for field_ in FIELDS]
                read = {name: before[key][name] for name in names}
                wanted[key] = read | self.values(one, value, is_new=is_new)
            case _ if key:
                wanted[key] = self.values(one, value, is_new=is_new)
        for at, mine in wanted.items():
            if not self.put(at, mine, kind, before):
                return
        self.check(before, wanted, listed)

    def values(self, one: tuple, value: int, *, is_new: bool) -> Row:
        if not is_new:
            return {one[0]: one[4][0][value % len(one[4][0])]}
        options = one[4][1]
        return {name: options[(value + n) % len(options)] for n, name in enumerate(one[1])}

    def put(self, key: str, mine: Row, kind: str, before: dict[str, Row]) -> bool:
        names = list(mine)
        sets = ", ".join(f"{name} = {cast(name)}" for name in names)
        values = mine | {"id": key}
        statement = f"UPDATE events SET {sets} WHERE id = %(id)s"
        if kind in ("insert", "upsert"):
            listed = ", ".join(map(cast, names))
            statement = f"INSERT INTO events (id, {', '.join(names)}) VALUES (%(id)s, {listed})"
            if kind == "upsert":
                excluded = ", ".join(f"{name} = excluded.{name}" for name in names)
                statement += f" ON CONFLICT (id) DO UPDATE SET {excluded}"
        return self.run(statement, values)

    def run(self, statement: str, values: Row) -> bool:
        """False: the schema itself forbids what was to be written."""
        try:
            with self.connection.transaction():
                self.connection.execute(statement.encode(), values)
        except psycopg.errors.NotNullViolation as error:
            if error.diag.column_name not in ("person", "coming", "given"):
                raise
            self.became["forbidden"] += 1
            return False
        return True

    def check(self, before: dict[str, Row], wanted: dict[str, Row], listed: int) -> None:
        after, new = self.rows(), self.conflicts()[listed:]
        assert set(after) == set(before) | set(wanted)
        for key, row in after.items():
            was, mine = before.get(key, {}), wanted.get(key, {})
            for one in FIELDS:
                self.check_field(key, one, was, row, mine, new)

    def check_field(self, key: str, one: tuple, was: Row, row: Row, mine: Row, new: list) -> None:
        older, newer = one[0], list(one[1])
        wrote_older, wrote_newer = older in mine, any(name in mine for name in newer)
        for name in (older, *newer):
            if name in mine:
                assert same(row[name], mine[name]), (key, name, row, mine)
        if not (wrote_older or wrote_newer) or not self.is_kept:
            others = [name for name in (older, *newer) if name in was and name not in mine]
            if was:
                assert [row[n] for n in others] == [was[n] for n in others], (key, was, row)
            return
        if all(row[n] == (was or DEFAULTS).get(n) for n in ((older,) if wrote_older else newer)):
            return  # what is written is what was there, or comes by itself: nobody wrote anything
        if wrote_older:
            for name, expression in zip(newer, one[2], strict=True):
                self.check_derived(key, name, NEWER[name], expression, was, row, new)
        else:
            kind = "numeric(8,2)" if older == "price" else "text"
            self.check_derived(key, older, kind, one[3], was, row, new)

    def check_derived(
        self, key: str, name: str, kind: str, expression: str, was: Row, row: Row, new: list
    ) -> None:
        exists, value = self.follows(row, expression, kind)
        required = name in ("person", "coming") and value is None
        had = was.get(name)
        if not exists or required:
            self.became["not converted"] += 1
            assert (key, name) in [(one[0], one[1]) for one in new], (name, row, new)
            if was:
                assert row[name] == had
            return
        assert row[name] == value, (key, name, was, row)
        if was and had is not None and had != value:
            could, seen = self.follows(was, expression, kind)
            if not could or seen != had:
                self.became["superseded"] += 1
                assert (key, name, "superseded", had) in new, (name, was, row, new)
                return
        self.became["followed"] += 1


def cast(name: str) -> str:
    return f"CAST(%({name})s AS {NEWER.get(name, 'numeric' if name == 'price' else 'text')})"


def same(stored: str | None, written: str | None) -> bool:
    """`t` is stored as `true`, 17:00 as 17:00:00, 1.5 as 1.50."""
    if stored is None or written is None:
        return stored == written
    if stored in (written, f"{written}:00", "true", "false"):
        return True
    try:
        return float(stored) == float(written)
    except ValueError:
        return False


def history(world, phases) -> Counter[str]:
    world.empty()
    world.texts.clear()
    world.migrate(OLD)
    with psycopg.connect(world.url, autocommit=True) as connection:
        play = Play(connection)
        for write in phases[0]:
            play.write((False, *write[1:]))
        world.migrate(UP, DOWN)
        play.has_newer = True
        for write in phases[1]:
            play.write(write)

        before = play.rows()
        run_id = uuid4()
        back = world.run(run_id, world.down())
        if back.state != "done":
            assert back.code is Code.CONTRADICTION, back
            assert play.rows() == before
            return Counter([f"refused: {back.sentence}"])
        after = play.rows()
        for key, row in after.items():
            for one in FIELDS:
                assert all(row[name] == before[key][name] for name in one[1])
                kind = "numeric(8,2)" if one[0] == "price" else "text"
                _, value = play.follows(before[key], one[3], kind)
                expected = before[key][one[0]] if value is None else value
                assert row[one[0]] == expected, (key, one[0], before[key], row)
        play.is_kept = True
        for write in phases[2]:
            play.write(write)

        before = play.rows()
        outcome = world.forward(run_id)
        assert play.rows() == before
        if outcome.state != "done":
            assert outcome.rows, outcome
            play.became["contradiction"] += 1
        for write in phases[3]:
            play.write(write)
        if outcome.state == "done":
            assert world.let_go().state == "done"
            play.is_kept = False
            play.write((True, "update", 0, 0, 0))
        return play.became


def in_numbers(count: int, **more):
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        database=None,
        **more,
    )


@in_numbers(FEW, derandomize=True)
@given(phases=histories)
def test_nothing_is_lost_at_any_write(world, phases):
    history(world, phases)


@pytest.mark.deep
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_a_thousand_histories(world, capsys):
    became: Counter[str] = Counter()
    started, done = time.monotonic(), Counter[str]()

    @in_numbers(MANY)
    @given(phases=histories)
    def run(phases):
        became.update(history(world, phases))
        done["histories"] += 1
        if done["histories"] % 100 == 0:
            with capsys.disabled():
                spent = time.monotonic() - started
                print(f"  {done['histories']} of {MANY}, {spent:.0f} s: {dict(became)}")

    run()
