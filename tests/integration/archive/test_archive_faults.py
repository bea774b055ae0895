"""Whatever dies, hangs or lies: nothing is dropped that was not read back, and the next goes on."""

import asyncio
import threading

import pytest

from lib.archive.database import alone
from lib.archive.models import StoreAway
from lib.commands import Code
from lib.schema.outcome import Again
from tests.integration.archive.app import LARGE, ODD
from tests.schema.sabotage import KILL, LosesCommit, steps, trap

DONE, REFUSED, WRONG, BUSY, AWAY, LOCKED = Code
KILLED = -9
#: Steps of setting the trap come before.
FIRST = 1000
ON_ARCHIVES = f"""
CREATE TRIGGER sabotage AFTER INSERT OR UPDATE ON _rollback.archives
  FOR EACH ROW EXECUTE FUNCTION sabotage.on_row();
CREATE CONSTRAINT TRIGGER sabotage_commit AFTER INSERT OR UPDATE ON _rollback.archives
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sabotage.on_row();
SELECT setval('sabotage.steps', {FIRST})
"""


#: Each takes processes of its own: most of them in `make test-deep`.
EVERY = pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.deep)])


def kill_at(middle, running, number, *, passed_on):
    def act(now):
        if now == number:
            running[-1].kill()
        return now == number

    middle.requests.clear()
    middle.act, middle.acted = (middle.acted, act) if passed_on else (act, middle.acted)


def never(number):
    return False


@pytest.mark.parametrize("passed_on", [False, True])
def test_purge_is_killed_at_each_request_to_the_store(app, command, bucket, middle, passed_on):
    app.put_aside(name="kept_0")
    rows = app.rows("kept_0")
    assert command("purge", "--yes", ARCHIVE_ENDPOINT_URL=middle.url)[0] == DONE
    count = len(middle.requests)
    assert count >= 5
    for number in range(1, count + 1):
        name = f"kept_{number}"
        run_id = app.put_aside(name=name)
        running = []
        kill_at(middle, running, number, passed_on=passed_on)
        running.append(command.start("purge", "--yes", ARCHIVE_ENDPOINT_URL=middle.url))
        assert running[0].end()[0] == KILLED
        middle.act = middle.acted = never
        assert app.rows(name) == rows

        code, said = command("purge", "--yes")
        assert (code, app.is_here(name), app.state(name)) == (DONE, False, "purged"), said
        assert command("restore", "--run", run_id, "--yes")[0] == DONE
        assert app.rows(name) == rows
    # What the killed ones began is not left behind.
    assert len(bucket.keys(".json")) == len(bucket.keys(".copy.gz")) == count + 1
    assert bucket.uploads() == []


def test_purge_is_killed_in_the_middle_of_an_upload_of_many_parts(app, command, bucket, middle):
    app.put_aside(LARGE)
    running = []

    def kill_after_a_part(number):
        is_part = "partNumber" in middle.requests[-1]
        if is_part:
            running[-1].kill()
        return is_part

    middle.acted = kill_after_a_part
    running.append(command.start("purge", "--yes", ARCHIVE_ENDPOINT_URL=middle.url))
    assert running[0].end()[0] == KILLED
    assert len(bucket.uploads()) == 1
    assert command("purge", "--yes")[0] == DONE
    assert bucket.uploads() == []


@pytest.mark.parametrize("passed_on", [False, True])
def test_restore_is_killed_at_each_request_to_the_store(app, command, middle, passed_on):
    run_id = app.put_aside()
    rows = app.rows()
    command("purge", "--yes")
    arguments = ("restore", "--run", run_id, "--yes")
    for number in (1, 2, 3):
        running = []
        kill_at(middle, running, number, passed_on=passed_on)
        running.append(command.start(*arguments, ARCHIVE_ENDPOINT_URL=middle.url))
        assert running[0].end()[0] == KILLED
        middle.act = middle.acted = never
        assert (app.is_here(), app.state()) == (False, "purged")
    assert command(*arguments)[0] == DONE
    assert app.rows() == rows


def in_trap(app, command, at, *arguments):
    """Exit code, and the steps that there were."""
    app.execute("DROP SCHEMA IF EXISTS sabotage CASCADE")
    with trap(app, FIRST + at, KILL):
        app.execute(ON_ARCHIVES)
        code, _ = command(*arguments)
        count = steps(app) - FIRST
        app.execute("DROP TRIGGER sabotage ON _rollback.archives")
        app.execute("DROP TRIGGER sabotage_commit ON _rollback.archives")
    return code, count


@EVERY
def test_the_backend_is_killed_at_each_statement_of_purge_and_restore(app, command, every):
    run_id = app.put_aside()
    rows = app.rows()
    purge, restore = ("purge", "--yes"), ("restore", "--run", run_id, "--yes")
    command(*purge)
    command(*restore)
    app.age()
    code, purging = in_trap(app, command, 0, *purge)
    assert (code, purging >= 8) == (DONE, True)
    code, restoring = in_trap(app, command, 0, *restore)
    assert (code, restoring >= 4) == (DONE, True)
    for at in range(1, purging + 1, every):
        app.age()
        code, _ = in_trap(app, command, at, *purge)
        assert code == AWAY, at
        assert app.rows() == rows
        assert command(*purge)[0] == DONE
        assert (app.is_here(), app.state()) == (False, "purged")
        command(*restore)
    for at in range(1, restoring + 1, every):
        app.age()
        command(*purge)
        code, _ = in_trap(app, command, at, *restore)
        assert (code, app.is_here(), app.state()) == (AWAY, False, "purged"), at
        assert command(*restore)[0] == DONE
        assert app.rows() == rows


@pytest.mark.parametrize("early", [False, True])
def test_the_answer_to_the_commit_that_drops_is_lost(app, server, command, middle, early):
    app.put_aside()
    loses = LosesCommit(server.port, before_it_arrives=early)
    loses.lost = 1

    def read_back(number):
        if "GET" in middle.requests[-1] and ".copy.gz" in middle.requests[-1]:
            loses.lost = 0
        return False

    middle.acted = read_back
    through = app.url.replace(str(server.port), str(loses.port))
    code, _ = command("purge", "--yes", APP_DATABASE_URL=through, ARCHIVE_ENDPOINT_URL=middle.url)
    loses.close()
    assert (code, loses.lost) == (AWAY, 1)
    assert (app.is_here(), app.state()) == ((True, "exported") if early else (False, "purged"))
    assert command("purge", "--yes")[0] == DONE
    assert (app.is_here(), command("verify")[0]) == (False, DONE)


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE = {
    "flipped": flip,
    "truncated": lambda data: data[:-9],
    "last byte": lambda data: data[:-1] + b"x",
    "longer": lambda data: data + b"x",
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_not_read_back_as_it_was_written_is_not_dropped(app, purge, middle, damage):
    app.put_aside()
    middle.spoil = lambda data: DAMAGE[damage](data) if data.startswith(b"\x1f\x8b") else data
    [told] = await purge(middle.url)
    assert (told.code, "is corrupted" in told.sentence) == (REFUSED, True)
    assert len(app.rows()) == 50
    middle.spoil = lambda data: data
    [told] = await purge()
    assert (told.code, app.is_here()) == (DONE, False)


def test_a_copy_that_was_damaged_later_is_found_and_not_restored(app, command, bucket):
    run_id = app.put_aside()
    command("purge", "--yes")
    [key] = bucket.keys(".copy.gz")
    whole = bucket.read(key)
    for damage in DAMAGE.values():
        bucket.write(key, damage(whole))
        code, said = command("verify")
        assert (code, "is corrupted" in said) == (REFUSED, True)
        code, said = command("restore", "--run", run_id, "--yes")
        assert (code, "kept_1 was not restored" in said, app.is_here()) == (REFUSED, True, False)


def test_a_copy_that_is_gone_and_a_manifest_of_something_else_are_found(app, command, bucket):
    app.put_aside()
    command("purge", "--yes")
    [key] = bucket.keys(".json")
    manifest = bucket.read(key)
    for written in (
        b"{}",
        b"no json",
        manifest.replace(b'"plain_sha256": "', b'"plain_sha256": "0'),
    ):
        bucket.write(key, written)
        assert command("verify")[0] == REFUSED
    bucket.write(key, manifest)
    assert command("verify") == (DONE, "kept_1: 50 rows are whole.\n")
    bucket.client.delete_object(Bucket=bucket.name, Key=bucket.keys(".copy.gz")[0])
    code, said = command("verify")
    assert (code, "is not in the store" in said) == (REFUSED, True)


def test_two_at_once_take_turns(app, command, bucket):
    app.put_aside()
    running = [command.start("purge", "--yes") for _ in range(2)]
    ends = [one.end() for one in running]
    assert [code for code, _ in ends] == [DONE, DONE], ends
    assert sum("50 rows are in the store" in said for _, said in ends) == 1
    assert len(bucket.keys(".json")) == 1


async def test_whoever_waits_too_long_for_its_turn_is_told(app):
    async with alone(app.url):
        with pytest.raises(Again, match="another purge, restore or erasure is under way"):
            async with alone(app.url, wait_seconds=0.1):
                pass
    async with alone(app.url):  # and then it comes
        pass


async def test_a_store_that_hangs_is_given_up_on(app, purge, middle):
    app.put_aside()
    answers = threading.Event()
    middle.act = lambda number: answers.wait()
    try:
        [told] = await purge(middle.url, read_seconds=0.2, attempts=2)
    finally:
        answers.set()
    assert (told.code, "did not answer in time" in told.sentence) == (AWAY, True)
    assert len(middle.requests) == 2
    assert app.is_here()


async def test_a_store_that_stops_in_the_middle_of_an_answer_is_given_up_on(app, purge, middle):
    app.put_aside()
    middle.acted = lambda number: ".copy.gz" in middle.requests[-1] and "GET" in middle.requests[-1]
    [told] = await purge(middle.url, attempts=1)
    assert (told.code, app.is_here()) == (AWAY, True)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_store_that_fails_is_away_and_the_rest_waits(app, purge, middle, status):
    app.put_aside()
    app.put_aside(name="kept_2")
    middle.status = status
    [told] = await purge(middle.url, attempts=2)
    assert (told.code, f"The store failed ({status}" in told.sentence) == (AWAY, True)
    assert len(middle.requests) == 2
    assert (app.is_here("kept_1"), app.is_here("kept_2")) == (True, True)


def test_a_store_that_nobody_serves_is_away(app, command):
    app.put_aside()
    code, said = command("purge", "--yes", ARCHIVE_ENDPOINT_URL="http://127.0.0.1:1")
    assert (code, "did not answer in time" in said) == (AWAY, True)


def test_wrong_credentials_are_said_in_a_sentence(app, command, closed_store):
    app.put_aside()
    code, said = command("purge", "--yes")
    assert (code, "The store refuses these credentials" in said) == (WRONG, True)
    assert ("AWS_ACCESS_KEY_ID" in said, "Traceback" in said, app.is_here()) == (True, False, True)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ARCHIVE_BUCKET": ""}, "Set ARCHIVE_BUCKET"),
        ({"ARCHIVE_BUCKET": "nowhere"}, "There is no bucket nowhere"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}, "no credentials"),
        ({"APP_DATABASE_URL": ""}, "Set APP_DATABASE_URL"),
        ({"ARCHIVE_ENDPOINT_URL": "s3.example"}, "ARCHIVE_ENDPOINT_URL"),
        ({"ARCHIVE_RETENTION_SECONDS": "soon"}, "ARCHIVE_RETENTION_SECONDS"),
    ],
)
def test_a_wrong_setting_is_said_and_nothing_is_dropped(
    app, command, variables, sentence, tmp_path
):
    app.put_aside()
    code, said = command("purge", "--yes", HOME=str(tmp_path), **variables)
    assert (code, sentence in said, app.is_here()) == (WRONG, True, True), said


@pytest.mark.parametrize("which", ["APP_DATABASE_URL", "DATABASE_URL"])
def test_a_database_that_is_away_is_said(app, command, which):
    app.put_aside()
    code, said = command("purge", "--yes", **{which: "postgresql://127.0.0.1:1/x"})
    assert (code, "Traceback" in said, app.is_here()) == (AWAY, False, True), said


def test_where_the_list_is_lost_the_manifest_is_enough(app, command):
    run_id = app.put_aside()
    rows = app.rows()
    command("purge", "--yes")
    app.execute("DROP SCHEMA _rollback CASCADE")

    assert command("restore", "--run", run_id, "--yes") == (DONE, "kept_1: 50 rows are back.\n")
    assert (app.rows(), app.state()) == (rows, "restored")
    assert "in the database until" in command("list")[1]
    app.age()
    assert "50 rows are in the store" in command("purge", "--yes")[1]


def test_what_nobody_has_is_said(app, command):
    run_id = app.old_run()
    code, said = command("restore", "--run", run_id, "--yes")
    assert (code, "Neither the database nor the store has that of run" in said) == (REFUSED, True)

    run_id = app.put_aside()
    assert command("restore", "--run", run_id, "--kept", "kept_9", "--yes")[0] == REFUSED
    assert "still in the database" in command("restore", "--run", run_id, "--yes")[1]
    app.execute("DROP TABLE _rollback.kept_1")
    assert "gone" in command("list")[1]
    assert command("verify")[0] == REFUSED
    assert command("restore", "--run", run_id, "--yes")[0] == REFUSED
    assert command("purge", "--yes")[0] == DONE


def test_a_type_that_is_gone_is_named(app, command):
    run_id = app.put_aside(ODD)
    command("purge", "--yes")
    app.execute("DROP TABLE guests; DROP TYPE mood")
    code, said = command("restore", "--run", run_id, "--yes")
    assert (code, "its column mood has the type public.mood" in said) == (REFUSED, True)
    app.execute("CREATE TYPE mood AS ENUM ('fine', 'not so; fine')")
    assert command("restore", "--run", run_id, "--yes")[0] == DONE


async def test_what_a_manifest_says_is_no_sql(app, command, bucket):
    run_id = app.put_aside()
    command("purge", "--yes")
    [key] = bucket.keys(".json")
    evil = b'"int); DROP SCHEMA public CASCADE; --"'
    bucket.write(key, bucket.read(key).replace(b'"integer"', evil))
    code, _ = await asyncio.to_thread(command, "restore", "--run", run_id, "--yes")
    assert (code, app.is_here()) == (REFUSED, False)
    assert app.value("SELECT to_regclass('guests') IS NOT NULL")


def test_the_store_is_given_up_on_with_a_sentence_of_its_own(open_store):
    with pytest.raises(StoreAway, match="The same again goes on"):
        open_store("http://127.0.0.1:1", attempts=1).get("x")
