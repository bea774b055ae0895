"""Rows that the audit log lost come back from its export, and only those that prove themselves."""

import asyncio
import gzip

import psycopg
import pytest

from lib.archive.log_restore import put_back
from lib.audit.chain import Place
from lib.audit.reading import EVERYTHING, read_span
from lib.commands import Stopped
from lib.postgres import Database
from tests.integration.archive.forked import Command

DONE, STATE, MISUSED, TO_DO, AWAY = range(5)
KILLED = -9
CUT_OFF = (
    "DELETE FROM audit WHERE id > 5",
    "DELETE FROM audit_chain WHERE position > 5",
    "DELETE FROM audit_checkpoints WHERE number > 1",
)


@pytest.fixture
def variables(variables, locked_bucket) -> dict[str, str]:
    return variables | {
        "AUDIT_EXPORT_BUCKET": locked_bucket.name,
        "ARCHIVE_ENDPOINT_URL": locked_bucket.url,
        "ARCHIVE_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "made",
        "AWS_SECRET_ACCESS_KEY": "up",
    }


@pytest.fixture
def store(variables) -> Command:
    return Command(variables, "scripts.audit_store")


@pytest.fixture
def exported(log, store):
    for count in (5, 3):
        log(count)
        assert store("export")[0] == DONE


@pytest.fixture
def content(database_url):
    def content() -> list[tuple]:
        with psycopg.connect(database_url) as connection:
            query = "SELECT a.* FROM audit a WHERE id <= 8 ORDER BY id"
            return connection.execute(query).fetchall()

    return content


LOST = {
    "rows": ("DELETE FROM audit WHERE id IN (2, 7)",),
    "places": ("DELETE FROM audit_chain WHERE position IN (3, 4)",),
    "both": ("DELETE FROM audit WHERE id = 4", "DELETE FROM audit_chain WHERE position = 4"),
    "checkpoints": ("DELETE FROM audit_checkpoints WHERE number = 1",),
    "the end": CUT_OFF,
    "all": (
        "DELETE FROM audit",
        "DELETE FROM audit_chain",
        "DELETE FROM audit_checkpoints",
        "ALTER SEQUENCE audit_id_seq RESTART",
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_what_was_lost_comes_back_as_it_was(exported, recover, store, audit, tamper, content, what):
    before = content()
    tamper(*LOST[what])
    code, said = recover()
    assert (code, "come back from the export" in said) == (TO_DO, True), said

    code, said = recover("--yes")
    assert (code, "are back from the export" in said) == (DONE, True), said
    assert content() == before
    assert audit("verify")[0] == DONE
    assert store("verify", "--with-table")[0] == DONE
    assert store("export")[0] == DONE

    code, said = recover("--yes")
    assert (code, "Everything is as it should be." in said, "are back" in said) == (
        DONE,
        True,
        False,
    )


def test_a_place_that_was_given_away_meanwhile_stops_it(log, tamper, database_url):
    """Others seal between the look and the mending."""

    async def places() -> list[Place]:
        database = Database(database_url)
        async with database.transaction() as connection:
            found = [one async for one in read_span(connection, EVERYTHING)]
        await database.close()
        return [one for one in found if isinstance(one, Place)]

    async def put(place: Place) -> None:
        database = Database(database_url)
        async with database.transaction() as connection:
            await put_back(connection, place)
        await database.close()

    log(5)
    *_, lost = asyncio.run(places())
    tamper(
        f"DELETE FROM audit WHERE id = {lost.audit_id}",
        f"DELETE FROM audit_chain WHERE position = {lost.position}",
        f"DELETE FROM audit_checkpoints WHERE position = {lost.position}",
    )
    log(1)

    with pytest.raises(Stopped, match="another one by now"):
        asyncio.run(put(lost))

    with psycopg.connect(database_url) as connection:
        assert (
            connection.execute("SELECT 1 FROM audit WHERE id = %s", [lost.audit_id]).rowcount == 0
        )


def test_it_is_in_the_log_who_put_back_what(exported, recover, tamper, database_url):
    tamper("DELETE FROM audit WHERE id IN (2, 7)")
    recover("--yes")
    with psycopg.connect(database_url) as connection:
        query = "SELECT actor, facts ->> 'rows' FROM audit WHERE action = 'audit.restore'"
        actor, restored = connection.execute(query).fetchone()
    assert ("(command line)" in actor, restored) == (True, "[2, 7]")


def test_a_folder_that_it_was_downloaded_to_is_enough(
    exported, recover, tamper, locked_bucket, tmp_path, audit
):
    keys = locked_bucket.keys()
    for key in keys:
        (tmp_path / key.removeprefix("audit/")).write_bytes(locked_bucket.read(key))
    tamper(*CUT_OFF)
    assert recover("--yes", "--folder", str(tmp_path), AUDIT_EXPORT_BUCKET="")[0] == DONE
    assert audit("verify")[0] == DONE


def test_an_export_that_does_not_prove_itself_puts_nothing_back(
    exported, recover, tamper, locked_bucket, content
):
    tamper("DELETE FROM audit WHERE id = 2")
    key = "audit/000000000001-000000000005.1.jsonl.gz"
    forged = gzip.decompress(locked_bucket.read(key)).replace(b"Ada", b"Eve")
    locked_bucket.write(key, gzip.compress(forged))
    code, said = recover("--yes")

    assert (code, "The export is not as it was written:" in said) == (STATE, True), said
    assert len(content()) == 7


def test_a_row_that_was_changed_is_told_and_left(exported, recover, tamper):
    """Nothing in the log is ever changed, not for its good either."""
    tamper("UPDATE audit SET actor = 'Eve' WHERE id = 7")
    code, said = recover("--yes")
    assert (code, "! Row 7 (position 7) was changed." in said) == (STATE, True), said


def test_a_table_that_went_on_from_an_older_state_is_told_and_left(exported, recover, tamper, log):
    """As a backup that was restored and used since: two logs, of which the export has the other."""
    tamper(*CUT_OFF, "SELECT setval('audit_id_seq', 5)")
    log(2)
    code, said = recover("--yes")
    assert (code, "rewritten there" in said) == (STATE, True), said


def test_a_row_that_has_its_number_by_now_stops_it(exported, recover, tamper, database_url):
    tamper(*CUT_OFF, "SELECT setval('audit_id_seq', 5)")
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO audit (actor, action, result) VALUES ('Eve', 'x', 'ok')")
    code, said = recover("--yes")
    assert (code, "Row 6 is another one by now" in said) == (STATE, True), said
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT max(position) FROM audit_chain").fetchone() == (5,)


def test_only_the_owner_puts_rows_back(exported, recover, tamper, limited, content):
    tamper("DELETE FROM audit WHERE id = 2")
    code, said = recover("--yes", DATABASE_URL=limited.url)
    assert (code, "Only the owner" in said, len(content())) == (STATE, True, 7), said


def test_of_two_at_once_each_leaves_it_whole(exported, recover, audit, tamper):
    tamper(*LOST["all"])
    ends = [running.end() for running in (recover.start("--yes"), recover.start("--yes"))]
    assert DONE in {code for code, _ in ends}, ends
    assert audit("verify")[0] == DONE


#: Each takes processes of its own: most of them in `make test-deep`.
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.deep)])
def test_it_is_killed_at_a_request_to_the_store(exported, recover, audit, tamper, middle, every):
    tamper(*CUT_OFF)
    running = []

    def act(number):
        if number == stop_at:
            running[-1].kill()
        return number == stop_at

    middle.act, stop_at, code = act, 1, KILLED
    while code == KILLED:
        middle.requests.clear()
        running.append(recover.start("--yes", ARCHIVE_ENDPOINT_URL=middle.url))
        code, said = running[-1].end()
        stop_at += every
    assert (code, stop_at > 6) == (DONE, True), said
    assert audit("verify")[0] == DONE


def test_it_is_ended_in_the_middle_of_putting_rows_back(
    exported, recover, audit, tamper, database_url, content
):
    tamper(*CUT_OFF)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.position = 7 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
            " RETURN NEW; END $$;"
            "CREATE TRIGGER strike BEFORE INSERT ON audit_chain"
            " FOR EACH ROW EXECUTE FUNCTION strike()"
        )
    assert recover("--yes")[0] == AWAY
    assert len(content()) == 5
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TRIGGER strike ON audit_chain")
    assert recover("--yes")[0] == DONE
    assert (len(content()), audit("verify")[0]) == (8, DONE)


def test_a_store_that_is_away_is_4(exported, recover, middle):
    middle.status = 503
    assert recover("--yes", ARCHIVE_ENDPOINT_URL=middle.url)[0] == AWAY
