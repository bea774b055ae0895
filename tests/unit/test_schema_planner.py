"""The planner alone: no database, same input, same answer."""

from dataclasses import replace

import pytest

from lib.schema.models import (
    Catalogue,
    Code,
    Column,
    Constraint,
    Down,
    Index,
    Migration,
    Mode,
    Refuse,
    Skip,
    Table,
)
from lib.schema.planner import MAX_LOCKS, Facts, plan

OLD = Migration.of("0041", "CREATE TABLE guests (id int PRIMARY KEY, name text)")
GUESTS = Table(
    oid=1,
    schema="public",
    name="guests",
    columns=(Column(1, "id", "integer", not_null=True), Column(2, "name", "text")),
)


def facts(up: str, *tables: Table, **changed: object) -> Facts:
    new = Migration.of("0042", up)
    found = Facts(
        applied=("0041", "0042"),
        target=("0041",),
        texts={"0041": OLD, "0042": new},
        catalogue=Catalogue(tables or (GUESTS,)),
    )
    return replace(found, **changed)


REQUIRED = "ALTER TABLE guests ALTER COLUMN name SET NOT NULL"
REQUIRED_NAME = replace(
    GUESTS, columns=(GUESTS.columns[0], replace(GUESTS.columns[1], not_null=True))
)


def test_nothing_ran_since():
    found = plan(facts("", target=("0041", "0042")))
    assert isinstance(found, Skip)
    assert found.sentence == "Database stays as it is."


def test_it_goes_back_one_step():
    found = plan(facts(REQUIRED, REQUIRED_NAME))
    assert isinstance(found, Down)
    assert found.sentence == "Goes back one step (0042 to 0041). Nothing is deleted."
    assert found.mode is Mode.SHARED
    (step,) = found.steps
    assert step.sql == 'ALTER TABLE "public"."guests" ALTER COLUMN "name" DROP NOT NULL'
    (lock,) = found.locks
    assert (lock.table, lock.mode) == (1, "ACCESS EXCLUSIVE")
    (read,) = found.reads
    assert read.columns == ("id", "name")


def test_the_same_facts_have_the_same_plan_and_others_another():
    one = plan(facts(REQUIRED, REQUIRED_NAME))
    same = plan(facts(REQUIRED, REQUIRED_NAME))
    other = plan(facts(REQUIRED, replace(REQUIRED_NAME, name="visitors", oid=1), standing="x"))
    assert isinstance(one, Down)
    assert one == same
    assert one.sha256 == same.sha256
    assert not isinstance(other, Down) or other.sha256 != one.sha256
    assert replace(one, ledger=("0042",)).sealed().sha256 != one.sha256


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"target": None}, Code.UNRECORDED, id="no-list-of-the-target"),
        pytest.param({"texts": {"0041": OLD}}, Code.UNRECORDED, id="no-text"),
        pytest.param({"target": ("0040", "0041")}, Code.UNRECORDED, id="target-has-more"),
        pytest.param({"target": ("0042",)}, Code.NOT_NEWEST, id="a-later-one-stays"),
        pytest.param({"rolled_back": ("0041",)}, Code.LEFT_OVER, id="needs-what-is-rolled-back"),
    ],
)
def test_refusals_of_versions(changed, code):
    found = plan(facts(REQUIRED, REQUIRED_NAME, **changed))
    assert isinstance(found, Refuse)
    assert found.code is code
    assert found.remedy
    assert found.sentence.startswith("Database cannot go back: ")


def test_a_text_that_is_not_the_recorded_one_is_refused():
    texts = {"0041": OLD, "0042": replace(Migration.of("0042", REQUIRED), up="SELECT 1")}
    found = plan(facts("", texts=texts))
    assert isinstance(found, Refuse)
    assert found.code is Code.TAMPERED


def test_what_is_rolled_back_already_is_not_rolled_back_twice():
    found = plan(facts("DROP TABLE guests", rolled_back=("0042",)))
    assert isinstance(found, Skip)


def test_a_dropped_and_made_again_column_is_gone():
    text = "ALTER TABLE guests DROP COLUMN name; ALTER TABLE guests ADD COLUMN name text"
    found = plan(facts(text))
    assert isinstance(found, Refuse)
    assert found.code is Code.DESTROYED
    assert "0042 really dropped guests.name" in found.reason


def test_what_a_version_in_between_made_may_go():
    text = (
        "CREATE TABLE gifts (id int); ALTER TABLE guests ADD COLUMN x int;"
        "ALTER TABLE guests DROP COLUMN x; DROP TABLE gifts; CREATE FUNCTION f() RETURNS int"
        " LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f()"
    )
    assert isinstance(plan(facts(text)), Skip)


def test_what_if_not_exists_found_may_be_older():
    text = "CREATE TABLE IF NOT EXISTS guests (id int); DROP TABLE guests"
    found = plan(facts(text, replace(GUESTS, name="others")))
    assert isinstance(found, Refuse)
    assert found.code is Code.DESTROYED


def test_the_authors_word_counts():
    text = "-- rollback: safe nobody reads it\nALTER TABLE guests DROP COLUMN note"
    assert isinstance(plan(facts(text)), Skip)


class TestWhatTheNewerCodeMayMiss:
    """ON CONFLICT needs the key that it names, and that rests."""

    KEY = Constraint(5, "guests_once", "u", "UNIQUE (name)", (2,), index=6)
    INDEX = Index(6, "guests_once", "CREATE UNIQUE INDEX ...", (2,), is_unique=True)

    def down(self, up: str, **of_the_table: object) -> Down:
        found = plan(facts(up, replace(GUESTS, **of_the_table)))
        assert isinstance(found, Down)
        assert found.mode is Mode.SHARED
        return found

    def test_is_said_of_a_unique_key(self):
        up = "ALTER TABLE guests ADD CONSTRAINT guests_once UNIQUE (name)"
        found = self.down(up, constraints=(self.KEY,), indexes=(replace(self.INDEX, constraint=5),))
        assert "may see errors where it inserts with ON CONFLICT on guests_once." in found.warning

    def test_is_said_of_an_exclusion_constraint(self):
        key = replace(self.KEY, kind="x")
        up = "ALTER TABLE guests ADD CONSTRAINT guests_once EXCLUDE (name WITH =)"
        assert "guests_once" in self.down(up, constraints=(key,)).warning

    def test_is_said_of_all_that_rest(self):
        other = replace(self.INDEX, oid=7, name="another")
        up = (
            "CREATE UNIQUE INDEX guests_once ON guests (name);"
            "CREATE UNIQUE INDEX another ON guests (name)"
        )
        found = self.down(up, indexes=(self.INDEX, other))
        assert "ON CONFLICT on another and guests_once." in found.warning

    def test_is_nothing_where_on_conflict_cannot_take_the_key(self):
        key = replace(self.KEY, timing="DEFERRABLE")
        up = "ALTER TABLE guests ADD CONSTRAINT guests_once UNIQUE (name) DEFERRABLE"
        assert self.down(up, constraints=(key,)).warning == ""

    def test_is_nothing_where_no_key_rests(self):
        check = Constraint(5, "named", "c", "CHECK (name <> '')", (2,))
        up = "ALTER TABLE guests ADD CONSTRAINT named CHECK (name <> '')"
        assert self.down(up, constraints=(check,)).warning == ""


class TestWhatOnlyTryingShows:
    """Refused, as nobody can tell; and whether there is more against it than that."""

    VIEW = "CREATE OR REPLACE VIEW names AS SELECT name FROM guests"
    MADE_BEFORE = Migration.of("0041", f"{OLD.up}; {VIEW}")

    def refused(self, up: str, *tables: Table, more: tuple[Migration, ...] = ()) -> Refuse:
        """`up` is 0042's text; `more` came before it, and after the target."""
        versions = [one.version for one in more]
        new = Migration.of("0049", up)
        found = plan(
            facts(
                "",
                *tables,
                applied=("0041", *versions, "0049"),
                texts={one.version: one for one in (self.MADE_BEFORE, *more, new)},
            )
        )
        assert isinstance(found, Refuse)
        return found

    @pytest.mark.parametrize(
        "up",
        [
            pytest.param(VIEW, id="replaced"),
            pytest.param("ALTER TYPE mood ADD VALUE 'calm'", id="a-value-of-an-enum"),
            pytest.param("ALTER TABLE guests DROP CONSTRAINT guests_name_key", id="a-key"),
            pytest.param("DROP INDEX guests_name", id="an-index"),
            pytest.param(f"ALTER TABLE guests ADD COLUMN note text; {VIEW}", id="and-an-addition"),
            pytest.param(
                f"ALTER TABLE guests ADD COLUMN note text; UPDATE guests SET note = ''; {VIEW}",
                id="and-a-column-is-filled",
            ),
        ],
    )
    def test_is_left_to_trying(self, up):
        noted = replace(GUESTS, columns=(*GUESTS.columns, Column(3, "note", "text")))
        assert self.refused(up, noted).is_only_unproven

    @pytest.mark.parametrize(
        "up",
        [
            pytest.param("ALTER TABLE guests DROP COLUMN note", id="a-column-is-gone"),
            pytest.param("DROP TABLE guests", id="a-table-is-gone"),
            pytest.param("TRUNCATE guests", id="a-table-is-emptied"),
            pytest.param("UPDATE guests SET name = ''", id="values-are-overwritten"),
            pytest.param("DELETE FROM guests", id="rows-are-deleted"),
            pytest.param("DO $$ BEGIN EXECUTE 'DROP TABLE gifts'; END $$", id="a-do-block"),
            pytest.param("CREATE BANANA x", id="nobody-can-read-it"),
            pytest.param(
                "ALTER TABLE guests ALTER name TYPE text USING left(name, 3)", id="cut-off"
            ),
            pytest.param("DROP VIEW names", id="another-object-is-gone"),
            pytest.param("ALTER TABLE guests ENABLE ROW LEVEL SECURITY", id="who-may-see-what"),
            pytest.param("DROP TRIGGER t ON guests", id="what-a-write-does"),
            pytest.param("-- rollback: irreversible it is paid\n", id="its-author-says-so"),
        ],
    )
    def test_never_after_what_destroys_or_is_not_known(self, up):
        more = (Migration.of("0042", self.VIEW),)
        assert not self.refused(f"{up};{self.VIEW}", more=more).is_only_unproven
        assert not self.refused(self.VIEW, more=(Migration.of("0042", up),)).is_only_unproven

    def test_never_where_something_is_known_to_hinder_the_older_code(self):
        """It could be relaxed, were it not for what nobody can tell."""
        assert not self.refused(f"{REQUIRED}; {self.VIEW}", REQUIRED_NAME).is_only_unproven

    def test_never_on_an_authors_word(self):
        more = (Migration.of("0042", "-- rollback: safe unread\nALTER TABLE guests DROP note"),)
        assert not self.refused(self.VIEW, more=more).is_only_unproven


def test_a_table_of_somebody_else_is_refused():
    found = plan(facts(REQUIRED, replace(REQUIRED_NAME, is_ours=False)))
    assert isinstance(found, Refuse)
    assert found.code is Code.PRIVILEGE


def test_too_many_partitions_are_refused():
    parts = [Table(oid, "public", f"p{oid}", parents=(1,)) for oid in range(2, MAX_LOCKS + 2)]
    found = plan(facts(REQUIRED, REQUIRED_NAME, *parts))
    assert isinstance(found, Refuse)
    assert found.code is Code.BUDGET


def test_partitions_are_locked_in_the_order_of_their_oids():
    parts = [Table(oid, "public", f"p{oid}", parents=(7,)) for oid in (9, 3)]
    found = plan(facts(REQUIRED, replace(REQUIRED_NAME, oid=7), *parts))
    assert isinstance(found, Down)
    assert [lock.table for lock in found.locks] == [3, 7, 9]


def test_an_unnamed_constraint_that_cannot_be_told_is_refused():
    found = plan(facts("ALTER TABLE guests ADD CHECK (name <> '')"))
    assert isinstance(found, Refuse)
    assert "cannot be found" in found.reason


def test_of_two_unnamed_constraints_the_newer_one_rests():
    checks = tuple(
        Constraint(oid, f"guests_name_check{oid}", "c", "CHECK (true)", (2,)) for oid in (5, 6)
    )
    found = plan(
        facts("ALTER TABLE guests ADD CHECK (name <> '')", replace(GUESTS, constraints=checks))
    )
    assert isinstance(found, Down)
    assert [step.name for step in found.steps] == ["guests_name_check6"]


def test_the_same_unnamed_constraint_twice_rests_twice():
    checks = tuple(
        Constraint(oid, f"guests_name_check{oid}", "c", "CHECK (true)", (2,)) for oid in (5, 6)
    )
    twice = "ALTER TABLE guests ADD CHECK (name <> '');" * 2
    found = plan(facts(twice, replace(GUESTS, constraints=checks)))
    assert isinstance(found, Down)
    assert len(found.steps) == 2
