"""A column whose type was changed: each code reads and writes its own."""

from datetime import time

import pytest

from lib.schema.models import Mode, Refuse
from tests.schema.event_times import EVENTS


class TestAnotherType:
    """The column itself changed its type: each code gets one of its own."""

    @pytest.fixture(autouse=True)
    def migrated(self, world):
        world.migrate(EVENTS)
        world.migrate(
            "ALTER TABLE events ALTER COLUMN starts TYPE time USING starts::time",
            "ALTER TABLE events ALTER COLUMN starts TYPE text USING to_char(starts, 'HH24:MI')",
        )
        world.execute("UPDATE events SET starts = '16:30:15' WHERE id = 'ceremony'")

    def test_the_older_code_reads_and_writes_its_own(self, world):
        before = world.shape()
        assert world.down().mode is Mode.EXCLUSIVE
        run_id = world.go_back(exclusive=True)
        assert world.value("SELECT starts FROM events WHERE id = 'ceremony'") == "16:30"
        world.execute(
            "UPDATE events SET starts = '17:00' WHERE id = 'cake'",
            "INSERT INTO events (id, title, starts) VALUES ('a', 'Older', '09:00')",
        )

        assert world.forward(run_id).state == "done"
        assert world.execute("SELECT id, starts FROM events ORDER BY 1") == [
            ("a", time(9)),
            ("cake", time(17)),
            ("ceremony", time(16, 30, 15)),
        ]
        aside = [row for row in world.shape() if row not in before]
        assert [row[2].split()[1] for row in aside] == ["text"]
        assert set(before) <= set(world.shape())

    def test_what_the_newer_code_cannot_hold_is_refused_with_its_row(self, world):
        run_id = world.go_back(exclusive=True)
        back = world.shape()
        world.execute("INSERT INTO events (id, title, starts) VALUES ('a', 'Older', 'noonish')")
        assert world.forward(run_id).rows == ("events id=a",)
        assert world.shape() == back

        world.execute("UPDATE events SET starts = '12:00' WHERE id = 'a'")
        assert world.forward(run_id).state == "done"
        assert world.value("SELECT starts FROM events WHERE id = 'a'") == time(12)

    def test_again_and_again(self, world):
        for hour in ("18:00", "19:00"):
            run_id = world.go_back(exclusive=True)
            world.execute(f"UPDATE events SET starts = '{hour}' WHERE id = 'cake'")
            assert world.forward(run_id).state == "done"
        assert world.value("SELECT starts FROM events WHERE id = 'cake'") == time(19)

    def test_one_that_is_part_of_a_key_stays(self, world):
        world.execute("CREATE UNIQUE INDEX ON events (starts)")
        found = world.plan()
        assert isinstance(found, Refuse)
        assert found.reason == "events.starts is part of a key, and its type stays."


def test_a_type_of_the_apps_own_is_found(world):
    world.migrate(
        "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id int PRIMARY KEY, m mood);"
        "INSERT INTO t VALUES (1, 'good')"
    )
    world.migrate(
        "ALTER TABLE t ALTER COLUMN m TYPE text USING m::text",
        "ALTER TABLE t ALTER COLUMN m TYPE mood USING m::mood",
    )
    run_id = world.go_back(exclusive=True)
    world.execute("UPDATE t SET m = 'bad'::mood")
    assert world.forward(run_id).state == "done"
    assert world.execute("SELECT m FROM t") == [("bad",)]
