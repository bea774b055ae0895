"""Migration files: ours are well formed, and a bad one is named with what is wrong."""

import re

import pytest

from lib import errors
from lib.migrations.migrate import FOLDER, read_file, read_folder

GOOD = "-- why\n\n-- migrate:up\n\nCREATE TABLE a ();\n\n-- migrate:down\n\nDROP TABLE a;\n"
NAME = "20260101000000_create_a.sql"


def write(tmp_path, name=NAME, text=GOOD):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_a_file_is_read(tmp_path):
    migration = read_file(write(tmp_path))

    assert (migration.version, migration.name) == ("20260101000000", "create_a")
    assert migration.up == "CREATE TABLE a ();"
    assert migration.in_transaction


def test_a_file_may_refuse_a_transaction(tmp_path):
    text = GOOD.replace("migrate:up", "migrate:up transaction:false")

    assert not read_file(write(tmp_path, text=text)).in_transaction


@pytest.mark.parametrize(
    "name", ["create_a.sql", "2026_create_a.sql", "20260101000000.sql", "20260101000000-a.sql"]
)
def test_a_badly_named_file_is_told_how_to_be_named(tmp_path, name):
    with pytest.raises(errors.BadSettings, match=re.escape(name) + ": name it YYYYMMDD"):
        read_file(write(tmp_path, name))


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a ();",
        "-- migrate:up\nCREATE TABLE a ();",
        "CREATE TABLE a ();\n-- migrate:down\n",
        "-- migrate:down\nDROP TABLE a;\n-- migrate:up\nCREATE TABLE a ();",
        "",
    ],
    ids=["no-mark", "no-down", "no-up", "down-first", "empty"],
)
def test_a_file_without_both_ways_is_refused(tmp_path, text):
    with pytest.raises(errors.BadSettings, match=f"{NAME}: needs `-- migrate:up`, then"):
        read_file(write(tmp_path, text=text))


def test_two_files_of_one_version_are_refused(tmp_path):
    write(tmp_path)
    write(tmp_path, "20260101000000_create_b.sql")

    with pytest.raises(errors.BadSettings, match="same version"):
        read_folder(tmp_path)


def test_files_are_read_in_order_of_version(tmp_path):
    write(tmp_path, "20260102000000_b.sql")
    write(tmp_path, "20260101000000_z.sql")

    assert [migration.name for migration in read_folder(tmp_path)] == ["z", "b"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_each_of_ours_says_why_which_lock_it_takes_and_how_to_undo_it(path):
    text = path.read_text()
    comment, _, down = text.partition("-- migrate:up")[0], *text.partition("-- migrate:down")[1:]

    assert read_file(path).up
    assert down.strip()
    assert comment.startswith("-- ")
    assert "Locks:" in comment
