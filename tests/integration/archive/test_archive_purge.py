"""Past their time, archives go to the store and come back as they were, to the byte."""

import gzip
import hashlib
import subprocess
import sys
from uuid import UUID

import psycopg

from lib.commands import Code
from lib.schema import journal
from lib.schema.purged import purged
from lib.schema.session import connect
from tests.integration.archive.app import LARGE, ODD

DONE, REFUSED, WRONG, BUSY, AWAY, LOCKED = Code


async def of_run(app, run_id):
    async with connect(app.url) as session:
        return await purged(session.connection, UUID(run_id))


async def test_a_purged_archive_comes_back_to_the_byte(app, command, bucket):
    run_id = app.put_aside(ODD)
    rows, columns = app.rows(), app.columns()

    code, said = command("purge", "--yes")
    assert (code, "kept_1: 3 rows are in the store." in said) == (DONE, True), said
    assert (app.is_here(), app.state()) == (False, "purged")

    assert command("restore", "--run", run_id, "--yes") == (DONE, "kept_1: 3 rows are back.\n")
    assert (app.rows(), app.columns(), app.state()) == (rows, columns, "restored")


def test_the_manifest_tells_all_that_is_needed(app, command, bucket):
    run_id = app.put_aside(
        "CREATE TABLE guests (id int, name varchar(9)); INSERT INTO guests VALUES (1)"
    )
    app.execute("ALTER TABLE _rollback.kept_1 ALTER COLUMN id SET NOT NULL")
    identity = app.value("SELECT id::text FROM _rollback.identity")

    command("purge", "--yes")

    [manifest] = bucket.manifests()
    data = bucket.read(f"rollbacks/{manifest['data_key']}")
    plain = gzip.decompress(data)
    assert plain == b"1\t\\N\n"
    assert manifest["key"].startswith(f"{identity}/{run_id}/kept_1/")
    assert (manifest["format"], manifest["database"]) == (1, identity)
    assert manifest["columns"] == [
        {"name": "id", "type": "integer", "not_null": True},
        {"name": "name", "type": "character varying(9)", "not_null": False},
    ]
    assert manifest["content"] == {
        "rows": 1,
        "plain_bytes": len(plain),
        "plain_sha256": hashlib.sha256(plain).hexdigest(),
        "packed_bytes": len(data),
        "packed_sha256": hashlib.sha256(data).hexdigest(),
    }
    assert manifest["made_by"]["command"] == "python -m scripts.archive purge"


def test_what_is_not_past_its_time_stays(app, command):
    app.put_aside(days=29)
    assert command("purge", "--yes") == (DONE, "0 archives and 0 conflicts are past their time.\n")
    assert app.is_here()
    assert "in the database until" in command("list")[1]


def test_what_was_put_aside_late_lives_from_then(app, command):
    """Its run went back long ago, and came forward a day ago."""
    run_id = app.old_run(state="forward", days=90)
    app.put_aside(run_id=run_id, days=1)
    command("purge", "--yes")
    assert app.is_here()


def test_a_run_that_is_not_forward_yet_is_purged_only_when_it_is_older_itself(app, command):
    run_id = app.old_run(state="back", days=3)
    app.put_aside(run_id=run_id, days=31)
    command("purge", "--yes")
    assert app.is_here()

    app.execute("UPDATE _rollback.runs SET went_back_at = now() - interval '31 days'")
    assert command("purge", "--yes")[0] == DONE
    assert (app.is_here(), app.state()) == (False, "purged")


def test_the_way_forward_says_what_was_purged_and_how_to_restore_it(app, command):
    app.migrate("CREATE TABLE guests (id int, name text)")
    app.migrate("ALTER TABLE guests ALTER COLUMN name SET NOT NULL")
    run_id = app.go_back()
    app.execute("UPDATE _rollback.runs SET went_back_at = now() - interval '31 days'")
    app.put_aside("CREATE TABLE gifts (id int)", table="gifts", run_id=str(run_id))
    command("purge", "--yes")

    outcome = app.forward(run_id)
    assert (outcome.state, "exported and dropped: kept_1" in outcome.sentence) == ("refused", True)
    assert f"restore --run {run_id} --yes" in outcome.remedy
    assert app.status(run_id) == "back"

    assert command("restore", "--run", str(run_id), "--yes")[0] == DONE
    assert app.forward(run_id).state == "done"


def test_conflicts_past_their_time_become_an_archive(app, command):
    run_id = app.old_run()
    app.conflict(run_id, '{"id": 1}')
    app.conflict(run_id, '{"id": 2}')
    app.conflict(run_id, '{"id": 3}', days=29)
    app.conflict(app.old_run(state="back", days=29), '{"id": 4}')
    before = app.execute("SELECT * FROM _rollback.conflicts WHERE number <= 2 ORDER BY number")

    assert "0 archives and 2 conflicts are past" in command("purge", "--dry-run")[1]
    assert app.value("SELECT count(*) FROM _rollback.conflicts") == 4
    code, said = command("purge", "--yes")

    name = f"conflicts_{run_id.replace('-', '')[:12]}_2"
    assert (code, said) == (DONE, f"{name}: 2 rows are in the store.\n")
    assert app.value("SELECT array_agg(number) FROM _rollback.conflicts") == [3, 4]
    assert command("restore", "--run", run_id, "--yes")[0] == DONE
    assert app.execute(f"SELECT * FROM _rollback.{name} ORDER BY number") == before


async def test_the_way_forward_can_ask_what_was_purged(app, command):
    run_id = app.put_aside()
    assert await of_run(app, run_id) is None
    command("purge", "--yes")
    gone = await of_run(app, run_id)
    assert gone.tables == ("kept_1",)
    assert f"restore --run {run_id} --yes" in gone.remedy
    command("restore", "--run", run_id, "--yes")
    assert await of_run(app, run_id) is None


def test_what_was_restored_lives_as_long_again(app, command, bucket):
    run_id = app.put_aside()
    command("purge", "--yes")
    command("restore", "--run", run_id, "--yes")
    app.execute("DELETE FROM _rollback.kept_1 WHERE id > 10")

    command("purge", "--yes")
    assert app.is_here()

    app.age()
    assert "kept_1: 10 rows are in the store." in command("purge", "--yes")[1]
    assert len(bucket.manifests()) == 2
    command("restore", "--run", run_id, "--yes")
    assert app.value("SELECT count(*) FROM _rollback.kept_1") == 10


def test_a_dry_run_says_what_is_past_its_time_and_changes_nothing(app, command, bucket):
    app.put_aside()
    code, said = command("purge", "--dry-run")
    assert (code, "1 archives and 0 conflicts are past their time." in said) == (DONE, True)
    assert (app.is_here(), bucket.keys()) == (True, [])


def test_whoever_cannot_be_asked_has_to_say_yes(app, command, bucket):
    run_id = app.put_aside()
    for arguments in (
        ["purge"],
        ["restore", "--run", run_id],
        ["erase", "--table", "guests", "--where", "id=1"],
    ):
        code, said = command(*arguments)
        assert (code, "--yes" in said) == (WRONG, True)
    assert (app.is_here(), bucket.keys()) == (True, [])


def test_many_parts_are_as_good_as_one(app, command, bucket):
    run_id = app.put_aside(LARGE)
    rows = app.value(
        "SELECT md5(string_agg(kept::text, '' ORDER BY id)) FROM _rollback.kept_1 kept"
    )

    assert command("purge", "--yes")[0] == DONE
    assert bucket.manifests()[0]["content"]["packed_bytes"] > 16 * 2**20
    assert bucket.uploads() == []
    assert command("restore", "--run", run_id, "--yes")[0] == DONE
    assert rows == app.value(
        "SELECT md5(string_agg(kept::text, '' ORDER BY id)) FROM _rollback.kept_1 kept"
    )


def test_a_table_with_an_odd_name_and_no_row(app, command):
    name = 'kept "1"/../%s'
    run_id = app.put_aside('CREATE TABLE guests (";" int)', name=name.replace('"', '""'))
    app.execute("UPDATE _rollback.quarantine SET kept_in = replace(kept_in, '\"\"', '\"')")
    assert command("purge", "--yes")[0] == DONE
    assert command("restore", "--run", run_id, "--yes") == (DONE, f"{name}: 0 rows are back.\n")


def test_who_purged_what_is_in_the_audit_log(app, command, database_url):
    run_id = app.put_aside()
    command("purge", "--yes", "--reason", "daily")
    command("restore", "--run", run_id, "--yes")
    with psycopg.connect(database_url) as connection:
        audit = connection.execute(
            "SELECT action, result, reason, facts ->> 'archive', facts ->> 'rows'"
            " FROM audit ORDER BY id"
        ).fetchall()
    assert audit == [
        ("archive.purge", "accepted", "daily", None, None),
        ("archive.purge", "done", "daily", "kept_1", "50"),
        ("archive.restore", "accepted", None, None, None),
        ("archive.restore", "done", None, "kept_1", "50"),
    ]


def test_what_still_changes_is_not_dropped_before_it_was_exported_as_it_is(app, command, middle):
    """The app writes to it by a trigger, between the export and the drop."""
    run_id = app.put_aside(run_id=app.old_run(state="back"))

    def write_once(number):
        if middle.requests[-1].startswith("GET") and ".copy.gz" in middle.requests[-1]:
            middle.act = lambda number: False
            app.execute("INSERT INTO _rollback.kept_1 VALUES (51, 'late')")
        return False

    middle.act = write_once
    code, said = command("purge", "--yes", ARCHIVE_ENDPOINT_URL=middle.url)
    assert (code, "has changed since it was exported" in said) == (REFUSED, True)
    assert app.is_here()

    assert command("purge", "--yes")[0] == DONE
    command("restore", "--run", run_id, "--yes")
    assert app.value("SELECT count(*) FROM _rollback.kept_1") == 51


def test_the_app_waits_no_longer_for_a_comparison_than_for_a_rollback(app, command):
    """Its triggers may write to what is kept while the run is rolled back."""
    app.put_aside(
        "CREATE TABLE guests AS SELECT n AS id, array_fill(1.1::float8, ARRAY[1000]) AS slow"
        " FROM generate_series(1, 20000) n",
        run_id=app.old_run(state="back"),
    )
    code, said = command("purge", "--yes")
    assert (code, "Bring the run forward first" in said, app.is_here()) == (REFUSED, True, True)

    app.execute("UPDATE _rollback.runs SET state = 'forward'")
    assert command("purge", "--yes")[0] == DONE


def test_it_is_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.archive", "list", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "python -m scripts.archive list" in done.stdout


async def test_a_lock_that_others_hold_is_tried_again_and_then_left(app, command, purge):
    app.put_aside()
    with psycopg.connect(app.url) as reader:
        reader.execute("SELECT FROM _rollback.kept_1 LIMIT 1")
        [told] = await purge()
    assert (told.code, "kept_1 was not dropped: others held" in told.sentence) == (BUSY, True)
    assert app.state() == "exported"
    assert command("purge", "--yes")[0] == DONE


async def test_nothing_is_dropped_while_somebody_comes_forward(app, purge):
    app.put_aside()
    with psycopg.connect(app.url) as forward:
        forward.execute("SELECT pg_advisory_lock(%s)", [journal.FORWARD_KEY])
        [told] = await purge()
    assert (told.code, "a way forward is under way" in told.sentence) == (BUSY, True)
    assert app.is_here()


def test_what_others_hang_on_is_not_dropped(app, command):
    app.put_aside()
    app.execute("CREATE VIEW seen AS SELECT * FROM _rollback.kept_1")
    code, said = command("purge", "--yes")
    assert (code, "other objects depend on it" in said) == (REFUSED, True)
    assert app.is_here()


def test_where_no_rollback_ever_was_there_is_nothing_to_do(app, command):
    app.execute("DROP SCHEMA _rollback CASCADE")
    assert command("list") == (DONE, "Nothing was put aside.\n")
    assert command("purge", "--yes") == (DONE, "Nothing was put aside.\n")
    assert app.value("SELECT to_regnamespace('_rollback')") is None


def test_a_list_from_before_archives_had_an_age_begins_to_age(app, command):
    app.put_aside(days=90)
    app.execute("ALTER TABLE _rollback.quarantine DROP COLUMN kept_at")
    assert command("purge", "--yes") == (DONE, "0 archives and 0 conflicts are past their time.\n")
    app.age()
    assert "50 rows are in the store" in command("purge", "--yes")[1]
