"""An app's migrations are found whichever tool they are for, and what is odd is named."""

import json
from pathlib import Path

import pytest

from lib.schema.collect import collect, detect, newest_texts
from lib.schema.refusals import judge_texts
from lib.schema.sources import CannotCollect
from lib.schema.texts import TEXT_LIMIT_BYTES, TEXTS_AT_MOST

DBMATE = """\
-- why
-- rollback: safe the old code never reads it
-- migrate:up
CREATE TABLE a ();

-- migrate:down
DROP TABLE a;
"""


@pytest.fixture
def write(tmp_path):
    def write(path: str, content: str | bytes = "SELECT 1;\n") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


@pytest.fixture
def prisma(write):
    write("prisma/migrations/migration_lock.toml", '# do not edit\nprovider = "postgresql"\n')
    write("prisma/migrations/20261101090000_create_a/migration.sql", "CREATE TABLE a ();\n")
    write("prisma/migrations/20261102090000_create_b/migration.sql", "CREATE TABLE b ();\n")


@pytest.fixture
def drizzle(write):
    def drizzle(dialect="postgresql", **more):
        entries = [
            {"idx": 1, "version": "7", "when": 1750695105582, "tag": "0001_b", "breakpoints": True},
            {"idx": 0, "version": "7", "when": 1750695105581, "tag": "0000_a", "breakpoints": True},
        ]
        journal = {"version": "7", "dialect": dialect, "entries": entries, **more}
        write("drizzle/meta/_journal.json", json.dumps(journal))
        write("drizzle/0000_a.sql", "CREATE TABLE a ();\n--> statement-breakpoint\nSELECT 1;")
        write("drizzle/0001_b.sql", "CREATE TABLE b ();")

    return drizzle


@pytest.fixture
def supabase(write):
    write("supabase/migrations/20261101090000_create_a.sql", "CREATE TABLE a ();\n")
    write("supabase/rollbacks/20261101090000_create_a.sql", "DROP TABLE a;\n")
    write("supabase/migrations/20261102090000_create_b.sql", "CREATE TABLE b ();\n")


def found(root):
    collection = collect(root)
    return collection.tool, [
        (one.version, one.text.name, one.text.up, one.text.down) for one in collection.migrations
    ]


class TestPrisma:
    def test_its_versions_are_its_folders(self, tmp_path, prisma):
        assert found(tmp_path) == (
            "prisma",
            [
                ("20261101090000_create_a", "create_a", "CREATE TABLE a ();\n", None),
                ("20261102090000_create_b", "create_b", "CREATE TABLE b ();\n", None),
            ],
        )

    def test_a_way_down_beside_the_migration_is_taken(self, tmp_path, prisma, write):
        write("prisma/migrations/20261102090000_create_b/down.sql", "DROP TABLE b;\n")

        assert [down for *_, down in found(tmp_path)[1]] == [None, "DROP TABLE b;\n"]

    def test_a_folder_without_its_file_is_named(self, tmp_path, prisma):
        (tmp_path / "prisma/migrations/20261103090000_empty").mkdir()

        with pytest.raises(
            CannotCollect, match=r"20261103090000_empty: there is no migration\.sql"
        ):
            collect(tmp_path)

    @pytest.mark.parametrize(("lock", "said"), [('provider = "mysql"', "mysql"), ("=", "TOML")])
    def test_another_database_is_refused(self, tmp_path, prisma, write, lock, said):
        write("prisma/migrations/migration_lock.toml", lock)

        with pytest.raises(CannotCollect, match=said):
            collect(tmp_path)


class TestDrizzle:
    def test_its_versions_are_the_times_in_its_journal(self, tmp_path, drizzle):
        drizzle()

        tool, migrations = found(tmp_path)
        assert tool == "drizzle"
        assert [(version, name) for version, name, *_ in migrations] == [
            ("1750695105581", "0000_a"),
            ("1750695105582", "0001_b"),
        ]

    def test_a_file_that_the_journal_names_and_is_not_there(self, tmp_path, drizzle):
        drizzle()
        (tmp_path / "drizzle/0001_b.sql").unlink()

        with pytest.raises(CannotCollect, match=r"_journal\.json: names 0001_b\.sql"):
            collect(tmp_path)

    @pytest.mark.parametrize(
        "journal",
        [
            *["{", "[]", "{}"],
            '{"dialect": "postgresql", "entries": [{"idx": 0, "tag": "a"}]}',
            '{"dialect": "postgresql", "entries": [{"idx": "0", "when": 1, "tag": "a"}]}',
        ],
    )
    def test_a_broken_journal_is_named(self, tmp_path, write, journal):
        write("drizzle/meta/_journal.json", journal)

        with pytest.raises(CannotCollect, match="is no journal of Drizzle"):
            collect(tmp_path)

    def test_another_database_is_refused(self, tmp_path, drizzle):
        drizzle("sqlite")

        with pytest.raises(CannotCollect, match="sqlite"):
            collect(tmp_path)


class TestDbmate:
    def test_the_top_of_the_file_belongs_to_the_way_up(self, tmp_path, write):
        write("db/migrations/20261101090000_create_a.sql", DBMATE)

        up, down = DBMATE.split("-- migrate:down")
        assert found(tmp_path) == (
            "dbmate",
            [("20261101090000", "create_a", up, "-- migrate:down" + down)],
        )

    @pytest.mark.parametrize("rest", ["", "-- migrate:down\n", "-- migrate:down\n-- none\n"])
    def test_no_way_down_is_none(self, tmp_path, write, rest):
        write("db/migrations/20261101090000_a.sql", f"-- migrate:up\nSELECT 1;\n{rest}")

        [(*_, down)] = found(tmp_path)[1]
        assert down is None

    def test_options_stay_in_the_text(self, tmp_path, write):
        text = DBMATE.replace("migrate:up", "migrate:up transaction:false")
        write("db/migrations/20261101090000_a.sql", text)

        assert "transaction:false" in collect(tmp_path).migrations[0].text.up

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("SELECT 1;\n-- migrate:up\nSELECT 1;", 1),
            ("-- a\n/* b\n*/\nSELECT 1;\n-- migrate:up\nSELECT 1;", 4),
            ("-- migrate:down\n-- migrate:up\n", 0),
            ("-- migrate:up\n-- migrate:up\n", 0),
        ],
    )
    def test_a_file_that_dbmate_would_not_run_is_named(self, tmp_path, write, text, line):
        file = write("db/migrations/20261101090000_a.sql", text)

        with pytest.raises(CannotCollect) as refused:
            collect(tmp_path)
        assert (refused.value.file, refused.value.line) == (file, line)

    def test_files_that_dbmate_passes_by_are_passed_by(self, tmp_path, write):
        write("db/migrations/20261101090000_a.sql", DBMATE)
        write("db/migrations/helpers.sql")
        write("db/migrations/.20261102090000_b.sql.swp")
        write("db/migrations/.20261102090000_b.sql")

        assert collect(tmp_path).versions == ["20261101090000"]

    def test_two_of_one_version_are_named(self, tmp_path, write):
        write("db/migrations/20261101090000_a.sql", DBMATE)
        write("db/migrations/20261101090000_b.sql", DBMATE)

        with pytest.raises(CannotCollect, match=r"_b\.sql: has the same version as .*_a\.sql"):
            collect(tmp_path)


class TestSupabase:
    def test_the_way_down_is_in_the_other_folder(self, tmp_path, supabase):
        assert found(tmp_path) == (
            "supabase",
            [
                ("20261101090000", "create_a", "CREATE TABLE a ();\n", "DROP TABLE a;\n"),
                ("20261102090000", "create_b", "CREATE TABLE b ();\n", None),
            ],
        )

    @pytest.mark.parametrize(
        ("name", "text", "line"),
        [
            ("20261103090000_c.down.sql", "SELECT 1;", 0),
            ("20261103090000_c.sql", "SELECT 1;\n-- migrate:down\nSELECT 1;", 2),
        ],
    )
    def test_a_way_down_that_would_be_applied_is_named(
        self, tmp_path, supabase, write, name, text, line
    ):
        write(f"supabase/migrations/{name}", text)

        with pytest.raises(CannotCollect, match="would be applied as a way up") as refused:
            collect(tmp_path)
        assert refused.value.line == line

    def test_a_way_down_of_nothing_is_named(self, tmp_path, supabase, write):
        write("supabase/rollbacks/20261102090000_create_bb.sql")

        with pytest.raises(CannotCollect, match="undoes no migration"):
            collect(tmp_path)


class TestDetection:
    def test_nothing_is_said_with_where_it_was_looked_for(self, tmp_path):
        with pytest.raises(CannotCollect, match=r"db/migrations.*supabase/migrations.*--folder"):
            detect(tmp_path)

    def test_several_are_named_and_one_is_asked_for(self, tmp_path, prisma, drizzle):
        drizzle()

        with pytest.raises(CannotCollect, match=r"prisma and drizzle .*--tool"):
            collect(tmp_path)
        assert collect(tmp_path, tool="drizzle").tool == "drizzle"

    def test_another_folder_is_looked_at(self, tmp_path, write):
        write("apps/web/sql/1_a.sql", DBMATE)

        assert collect(tmp_path, folder=Path("apps/web/sql")).versions == ["1"]
        with pytest.raises(CannotCollect, match=r"No migrations were found in .*other"):
            collect(tmp_path, folder=Path("other"))

    @pytest.mark.parametrize("tool", ["prisma", "dbmate", "supabase"])
    def test_an_empty_folder_is_no_release_without_migrations(self, tmp_path, tool):
        folder = {"dbmate": "db"}.get(tool, tool) + "/migrations"
        (tmp_path / folder).mkdir(parents=True)

        with pytest.raises(CannotCollect, match="holds no migration"):
            collect(tmp_path, tool=tool)

    def test_an_empty_journal_is_no_release_without_migrations(self, tmp_path, drizzle):
        drizzle(entries=[])

        with pytest.raises(CannotCollect, match="holds no migration"):
            collect(tmp_path)

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(CannotCollect, match="There is no folder"):
            collect(tmp_path, tool="prisma")


class TestTexts:
    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"SELECT 1;\nSELECT '\xff';\n", 2),
            ("-- migrate:up\nSELECT 1;".encode("utf-16"), 1),
            (b"SELECT 1;\n\nSELECT '\x00';\n", 3),
            (b"SELECT 'Brautstrau\xdf';\n", 1),
        ],
        ids=["no-utf-8", "utf-16", "nul", "latin-1"],
    )
    def test_what_is_no_utf_8_is_named_with_its_line(self, tmp_path, prisma, write, content, line):
        file = write("prisma/migrations/20261101090000_create_a/migration.sql", content)

        with pytest.raises(CannotCollect, match="UTF-8") as refused:
            collect(tmp_path)
        assert (refused.value.file, refused.value.line) == (file, line)

    def test_line_ends_and_byte_order_marks_are_made_one_kind(self, tmp_path, write):
        write("db/migrations/1_a.sql", b"\xef\xbb\xbf" + DBMATE.replace("\n", "\r\n").encode())
        other = collect(tmp_path).migrations[0].text
        write("db/migrations/1_a.sql", DBMATE)

        assert collect(tmp_path).migrations[0].text == other

    def test_one_that_is_too_large_is_listed_without_its_text(self, tmp_path, prisma, write):
        large = "-" * (TEXT_LIMIT_BYTES + 1)
        write("prisma/migrations/20261101090000_create_a/migration.sql", large)

        first, second = collect(tmp_path).migrations
        assert (first.version, first.text) == ("20261101090000_create_a", None)
        assert "262,145 bytes" in first.too_large
        assert second.text is not None

    def test_a_name_that_cannot_be_kept_is_named(self, tmp_path, prisma, write):
        write("prisma/migrations/20261103_a\nb/migration.sql")

        with pytest.raises(CannotCollect, match="cannot be recorded"):
            collect(tmp_path)

    def test_a_finding_is_at_its_line_of_its_file(self, tmp_path, write):
        file = write("db/migrations/1_a.sql", DBMATE.replace("DROP TABLE a;", "COMMIT;"))

        [one] = collect(tmp_path).migrations
        [finding] = judge_texts([one.text])
        place = one.place(finding)
        assert (place.file, place.line) == (file, 7)
        assert file.read_text().splitlines()[6] == "COMMIT;"

    def test_the_newest_are_brought(self, tmp_path, write):
        for number in range(TEXTS_AT_MOST + 5):
            write(f"db/migrations/{number:04}_a.sql", DBMATE)

        collection = collect(tmp_path)
        texts = newest_texts(collection.migrations)
        assert (texts[0].version, len(texts)) == ("0005", TEXTS_AT_MOST)
        assert [one.version for one in collection.after("0203")] == ["0204"]
        assert collection.after("0204") == ()
        with pytest.raises(CannotCollect, match="version 9999"):
            collection.after("9999")
