"""A person's rows leave everything that was put aside: the app's database, and the store."""

import gzip
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from lib.commands import Code
from tests.integration.archive.app import LARGE, ODD

DONE, REFUSED, WRONG, BUSY, AWAY, LOCKED = Code
#: Each takes processes of its own: most of them in `make test-deep`.
EVERY = pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.deep)])
GUEST = ("erase", "--table", "guests", "--where", "id=42")


def plain(bucket) -> bytes:
    """All that the store has of anybody."""
    return b"".join(gzip.decompress(bucket.read(key)) for key in bucket.keys(".copy.gz"))


@pytest.fixture
def both(app, command):
    """One archive was purged, and one is still in the database; each of its own run."""
    purged = app.put_aside()
    command("purge", "--yes")
    app.put_aside(name="kept_2", days=1)
    return purged


def test_a_guest_is_erased_from_the_database_and_from_the_store(app, command, bucket, both):
    code, said = command(*GUEST, "--yes")
    assert (code, said.splitlines()) == (
        DONE,
        [
            "kept_2: 1 rows were erased in the database.",
            "kept_1: 1 rows were erased in the store.",
        ],
    )
    assert app.value("SELECT count(*) FROM _rollback.kept_2") == 49
    assert b"42" not in plain(bucket)
    assert (len(bucket.keys(".json")), len(bucket.keys(".copy.gz"))) == (1, 1)

    assert command("restore", "--run", both, "--yes") == (DONE, "kept_1: 49 rows are back.\n")
    assert app.value("SELECT array_agg(id) FROM _rollback.kept_1") == [
        n for n in range(1, 51) if n != 42
    ]


def test_a_dry_run_counts_and_changes_nothing(app, command, bucket, both):
    before = bucket.keys()
    code, said = command(*GUEST, "--dry-run")
    assert (code, said.splitlines()) == (
        DONE,
        [
            "kept_2: 1 rows would be erased in the database.",
            "kept_1: 1 rows would be erased in the store.",
        ],
    )
    assert bucket.keys() == before
    assert app.value("SELECT count(*) FROM _rollback.kept_2") == 50


def test_several_values_are_any_and_several_columns_are_all(app, command, both):
    where = ["--where", "id=1", "--where", "id=2", "--where", "name=Guest 2", "--where", "name=x"]
    code, said = command("erase", "--table", "guests", *where, "--yes")
    assert (code, said.count("1 rows were erased")) == (DONE, 2)
    assert app.value("SELECT min(id) FROM _rollback.kept_2") == 1


def test_other_tables_are_left_alone_and_twice_is_once(app, command, bucket, both):
    keys = bucket.keys()
    assert command("erase", "--table", "gifts", "--where", "id=42", "--yes") == (DONE, "")
    assert bucket.keys() == keys
    command(*GUEST, "--yes")
    keys = bucket.keys()
    code, said = command(*GUEST, "--yes")
    assert (code, said.count("0 rows were erased")) == (DONE, 2)
    assert bucket.keys() == keys


def test_values_are_compared_as_their_type_does_and_the_rest_stays_to_the_byte(app, command):
    run_id = app.put_aside(ODD)
    command("purge", "--yes")
    found = {
        "id=01": 1,
        "price=0": 1,
        "half=0": 1,
        "padded=ab": 1,
        "at=2000-01-01": 0,
        "who=A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11": 1,
        "mood=fine": 1,
        "note=\\N": 1,
        "note=": 1,
        'Odd "name"=ü 名': 1,
        "day=-infinity": 1,
        "many={{1},{2}}": 1,
    }
    guests = ("erase", "--table", "guests")
    for where, rows in found.items():
        assert f"{rows} rows would" in command(*guests, "--where", where, "--dry-run")[1], where
    command(*guests, "--where", "price=0", "--yes")
    command("restore", "--run", run_id, "--yes")
    app.execute("DELETE FROM guests WHERE id = 2", "CREATE TABLE _rollback.rest AS TABLE guests")
    assert (len(app.rows()), app.rows()) == (2, app.rows("rest"))


def test_what_is_compared_as_the_app_compares_it(app, command):
    """A type of its own, whose operators are in a schema of the app's search path."""
    app.execute(
        "CREATE SCHEMA elsewhere",
        "CREATE TYPE elsewhere.colour AS ENUM ('red', 'RED')",
        "CREATE FUNCTION elsewhere.same(a elsewhere.colour, b elsewhere.colour) RETURNS bool"
        " IMMUTABLE LANGUAGE sql AS 'SELECT lower(a::text) = lower(b::text)'",
        "CREATE OPERATOR elsewhere.= (LEFTARG = elsewhere.colour, RIGHTARG = elsewhere.colour,"
        " FUNCTION = elsewhere.same)",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = elsewhere, public',"
        " current_database()); END $$",
    )
    made = "CREATE TABLE guests (c elsewhere.colour); INSERT INTO guests VALUES ('red'), ('RED')"
    app.put_aside(made)
    app.put_aside(made, name="kept_2", days=1)
    command("purge", "--yes")
    code, said = command("erase", "--table", "guests", "--where", "c=red", "--yes")
    assert (code, said.count("2 rows were erased")) == (DONE, 2)


def test_large_exports_are_sifted_in_chunks(app, command, bucket):
    """More than a chunk, and more than a part."""
    run_id = app.put_aside(LARGE)
    command("purge", "--yes")
    code, said = command(*GUEST, "--where", "id=500", "--yes")
    assert (code, "2 rows were erased" in said) == (DONE, True)
    app.execute("DELETE FROM guests WHERE id IN (42, 500)")
    command("restore", "--run", run_id, "--yes")
    assert app.value("SELECT count(*) FROM (TABLE _rollback.kept_1 EXCEPT ALL TABLE guests) x") == 0
    assert app.value("SELECT count(*) FROM _rollback.kept_1") == 518


def test_the_log_of_conflicts_is_erased_by_key_wherever_it_is(app, command, bucket):
    run_id = app.old_run()
    app.execute("CREATE TABLE guests (id int PRIMARY KEY)")
    for days in (31, 1):
        for guest in (42, 43):
            app.conflict(run_id, f'{{"id": {guest}}}', days=days)
        app.conflict(run_id, '{"id": "a"}', table="gifts", days=days)
    command("purge", "--yes")

    code, said = command("erase", "--table", "guests", "--where", "id=042", "--yes")
    assert code == DONE, said
    assert "conflicts: 1 rows were erased in the database." in said
    assert said.count("1 rows were erased in the store.") == 1
    assert app.value("SELECT array_agg(key ->> 'id' ORDER BY 1) FROM _rollback.conflicts") == [
        "43",
        "a",
    ]
    assert b'{"id": 42}' not in plain(bucket)
    assert plain(bucket).count(b"\n") == 2


def test_conflicts_whose_key_does_not_tell_are_named(app, command):
    app.conflict(app.old_run(), '{"id": 42}')
    code, said = command("erase", "--table", "guests", "--where", "email=a", "--yes")
    assert (code, "1 conflicts of guests do not tell email" in said) == (REFUSED, True)


def test_no_personal_data_is_kept_about_it(app, command, bucket, both, database_url):
    command(
        "erase", "--table", "guests", "--where", "name=Guest 42", "--yes", "--reason", "art. 17"
    )
    with psycopg.connect(database_url) as connection:
        audit = connection.execute(
            "SELECT result, reason, subject, facts FROM audit WHERE action = 'archive.erase'"
            " ORDER BY id"
        ).fetchall()
    assert audit[0] == ("accepted", "art. 17", "guests", {"where": ["name"]})
    assert [(row[0], row[3]["rows"]) for row in audit[1:]] == [("done", 1), ("done", 1)]
    assert "Guest 42" not in str(audit)
    assert b"Guest 42" not in b"".join(bucket.read(key) for key in bucket.keys(".json"))


@pytest.mark.parametrize(
    ("where", "code", "sentence"),
    [
        ("id", WRONG, "COLUMN=VALUE"),
        ("=42", WRONG, "COLUMN=VALUE"),
        ("id=many", REFUSED, "a value is not of its column's type"),
        ("id=1) OR (1=1", REFUSED, "a value is not of its column's type"),
        ("email=a", REFUSED, "kept_2: nothing was erased: it has no column email"),
    ],
)
def test_what_cannot_be_compared_erases_nothing(app, command, bucket, both, where, code, sentence):
    keys = bucket.keys()
    ended, said = command("erase", "--table", "guests", "--where", where, "--yes")
    assert (ended, sentence in said) == (code, True), said
    assert (bucket.keys(), len(app.rows("kept_2"))) == (keys, 50)


def test_values_without_an_order_are_said_to_be_such(app, command):
    app.put_aside("CREATE TABLE guests (told json)")
    code, said = command("erase", "--table", "guests", "--where", "told={}", "--yes")
    assert (code, "cannot be compared" in said) == (REFUSED, True)


def test_an_export_that_was_not_dropped_yet_is_made_anew(app, command, bucket, middle):
    """Erased between the export and the drop: neither copy has the guest."""
    app.put_aside()
    middle.act = lambda number: "GET" in middle.requests[-1] and ".copy.gz" in middle.requests[-1]
    assert command("purge", "--yes", ARCHIVE_ENDPOINT_URL=middle.url)[0] == AWAY
    assert app.state() == "exported"

    assert command(*GUEST, "--yes")[0] == DONE
    assert b"Guest 42" not in plain(bucket)
    assert "49 rows are in the store" in command("purge", "--yes")[1]
    assert b"Guest 42" not in plain(bucket)


def test_what_a_killed_purge_left_goes_too(app, command, bucket):
    app.put_aside()
    command("purge", "--yes")
    stray = bucket.keys(".json")[0].replace(".json", "0.copy.gz")
    bucket.write(stray, gzip.compress(b"42\tGuest 42\n"))
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key=stray)
    command(*GUEST, "--yes")
    assert b"Guest 42" not in plain(bucket)
    assert bucket.uploads() == []


def test_a_manifest_that_cannot_be_read_is_named(app, command, bucket, both):
    key = bucket.keys(".json")[0].replace(".json", "0.json")
    bucket.write(key, b"?")
    code, said = command(*GUEST, "--yes")
    assert (code, "nobody can tell whose rows it holds" in said) == (REFUSED, True)
    assert b"Guest 42" not in plain(bucket)


def test_a_damaged_export_is_not_written_again(app, command, bucket, both):
    [key] = bucket.keys(".copy.gz")
    bucket.write(key, bucket.read(key)[:-9])
    code, said = command(*GUEST, "--yes")
    assert (code, "is corrupted" in said, bucket.keys(".copy.gz")) == (REFUSED, True, [key])


@EVERY
@pytest.mark.parametrize("passed_on", [False, True])
def test_erasing_is_killed_at_each_request_to_the_store(
    app, command, bucket, middle, passed_on, every
):
    run_id = app.put_aside()
    command("purge", "--yes")
    assert command(*GUEST, "--yes", ARCHIVE_ENDPOINT_URL=middle.url)[0] == DONE
    count = len(middle.requests)
    assert count >= 10
    numbers = range(1, count + 1, every)
    for number in numbers:
        guest = ("erase", "--table", "guests", "--where", f"id={number}")
        running = []

        def act(now, number=number, running=running):
            if now == number:
                running[-1].kill()
            return now == number

        middle.requests.clear()
        middle.act, middle.acted = (middle.acted, act) if passed_on else (act, middle.acted)
        running.append(command.start(*guest, "--yes", ARCHIVE_ENDPOINT_URL=middle.url))
        assert running[0].end()[0] == -9
        middle.act = middle.acted = lambda number: False

        code, said = command(*guest, "--yes")
        assert code == DONE, said
        assert f"Guest {number}\n".encode() not in plain(bucket)
        assert (len(bucket.keys(".json")), len(bucket.keys(".copy.gz"))) == (1, 1)
        assert command("verify")[0] == DONE
    assert command("restore", "--run", run_id, "--yes")[0] == DONE
    assert len(app.rows()) == 49 - len(numbers)


def test_under_object_lock_it_says_until_when_and_a_later_run_finishes(
    app, command, locked_bucket, database_url
):
    app.put_aside()
    into = {"ARCHIVE_BUCKET": locked_bucket.name}
    assert command("purge", "--yes", **into)[0] == DONE
    [old] = locked_bucket.keys(".copy.gz")
    head = locked_bucket.client.head_object(Bucket=locked_bucket.name, Key=old)
    until = head["ObjectLockRetainUntilDate"]
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert abs(until - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)

    code, said = command(*GUEST, "--yes", **into)
    assert code == LOCKED
    assert (
        f"{old.removeprefix('rollbacks/')} cannot be deleted until {until:%Y-%m-%d %H:%M}" in said
    )
    assert command("verify", **into) == (DONE, "kept_1: 49 rows are whole.\n")
    assert command(*GUEST, "--yes", **into)[0] == LOCKED
    assert len(locked_bucket.keys(".json")) == 2

    unlock(locked_bucket)
    assert command(*GUEST, "--yes", **into)[0] == DONE
    assert len(locked_bucket.versions()) == 2
    assert command("verify", **into)[0] == DONE


def test_a_database_from_a_backup_finds_the_export_that_was_written_anew(app, command, both):
    before = app.value("SELECT manifest_key FROM _rollback.archives")
    command(*GUEST, "--yes")
    app.execute(f"UPDATE _rollback.archives SET manifest_key = '{before}', sha256 = 'of before'")
    assert command("restore", "--run", both, "--yes") == (DONE, "kept_1: 49 rows are back.\n")


def unlock(bucket) -> None:
    """So much later that no lock is in force."""
    for version in bucket.versions():
        bucket.client.put_object_retention(
            Bucket=bucket.name,
            Key=version["Key"],
            VersionId=version["VersionId"],
            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2020, 1, 1, tzinfo=UTC)},
            BypassGovernanceRetention=True,
        )


def test_a_legal_hold_is_said(app, command, locked_bucket):
    app.put_aside()
    into = {"ARCHIVE_BUCKET": locked_bucket.name}
    command("purge", "--yes", **into)
    unlock(locked_bucket)
    [key] = locked_bucket.keys(".copy.gz")
    locked_bucket.client.put_object_legal_hold(
        Bucket=locked_bucket.name, Key=key, LegalHold={"Status": "ON"}
    )
    code, said = command(*GUEST, "--yes", **into)
    assert (code, "until its legal hold is lifted" in said) == (LOCKED, True)


def test_older_versions_of_an_object_go_too(app, command, bucket):
    bucket.client.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    app.put_aside()
    command("purge", "--yes")
    [key] = bucket.keys(".copy.gz")
    bucket.write(key, bucket.read(key))
    assert len(bucket.versions()) == 3
    assert command(*GUEST, "--yes")[0] == DONE
    assert [version["Key"] == key for version in bucket.versions()] == [False, False]


def test_exports_of_a_database_that_lost_its_list_are_named_by_its_id(app, command, bucket):
    app.put_aside()
    command("purge", "--yes")
    identity = app.value("SELECT id::text FROM _rollback.identity")
    app.execute("DROP SCHEMA _rollback CASCADE")
    assert command(*GUEST, "--yes") == (DONE, "")
    assert command(*GUEST, "--yes", "--database", identity)[0] == DONE
    assert b"Guest 42" not in plain(bucket)
