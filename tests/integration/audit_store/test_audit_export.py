"""Each day what is new of the audit log goes to the store: each row once, and read back."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from lib.commands import Code

DONE, REFUSED, WRONG, BUSY, AWAY, _ = Code
KILLED = -9
FIRST = "000000000001-000000000005.1"
SECOND = "000000000006-000000000008.2"
ALL = [f"audit/{part}{end}" for part in (FIRST, SECOND) for end in (".json", ".jsonl.gz")]


def as_written(positions: int, checkpoints: int) -> tuple[int, str]:
    said = f"{positions} positions, {checkpoints} checkpoints: everything is as it was written.\n"
    return DONE, said


@pytest.fixture
def exported(log, store):
    """Two days of it."""
    for count in (5, 3):
        log(count)
        assert store("export")[0] == DONE


def test_each_row_is_exported_once(log, store, locked_bucket):
    log(5)
    assert store("export") == (
        DONE,
        f"Positions 1 to 5 are in the store: {FIRST}.json\n",
    )
    assert store("export") == (DONE, "Everything that was signed is in the store already.\n")
    log(3)
    assert f": {SECOND}.json" in store("export")[1]

    assert locked_bucket.keys() == ALL
    assert store("verify", "--with-table") == as_written(8, 2)


def test_rows_without_a_signed_place_wait_for_the_next_one(log, store, database_url):
    log(5)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO audit (actor, action, result) VALUES ('Eve', 'x', 'ok')")
    store("export")
    assert store("verify", "--with-table") == as_written(5, 1)


def test_a_manifest_tells_of_the_one_before(exported, locked_bucket):
    first, second = locked_bucket.manifests()

    assert (first["previous"], second["previous"]) == ("", first["key"])
    assert (second["first"], second["last"], second["checkpoint"]) == (6, 8, 2)
    assert second["content"]["rows"] == 4  # three, and what signs them
    assert second["key_id"] == "now"


def test_nobody_can_delete_it_before_its_time(exported, locked_bucket):
    client = locked_bucket.client
    versions = locked_bucket.versions()
    assert len(versions) == len(ALL)
    for version in versions:
        named = {
            "Bucket": locked_bucket.name,
            "Key": version["Key"],
            "VersionId": version["VersionId"],
        }
        left = client.head_object(**named)["ObjectLockRetainUntilDate"] - datetime.now(UTC)
        assert left > timedelta(days=364)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(**named)


def test_how_long_is_a_setting(log, store, locked_bucket):
    log(1)
    store("export", AUDIT_EXPORT_LOCK_SECONDS="3600")
    head = locked_bucket.client.head_object(Bucket=locked_bucket.name, Key=locked_bucket.keys()[0])
    assert head["ObjectLockRetainUntilDate"] < datetime.now(UTC) + timedelta(hours=2)


def test_a_bucket_without_object_lock_works_too(log, store, bucket):
    log(1)
    assert store("export", AUDIT_EXPORT_BUCKET=bucket.name)[0] == DONE


def test_a_key_that_was_changed_is_exported_without_new_rows(exported, store, variables, audit):
    keys = f"later:{'z' * 32},{variables['AUDIT_KEYS']}"
    audit("seal", AUDIT_KEYS=keys)
    assert store("export", AUDIT_KEYS=keys)[0] == DONE
    assert store("verify", AUDIT_KEYS=keys) == as_written(8, 3)


@pytest.mark.parametrize("passed_on", [False, True])
def test_it_is_killed_at_each_request_and_goes_on(log, store, middle, passed_on, database_url):
    log(5)
    through = replace(store, variables=store.variables | {"ARCHIVE_ENDPOINT_URL": middle.url})
    running = []

    def act(number):
        if number == stop_at:
            running[-1].kill()
        return number == stop_at

    killed, stop_at = 0, 1
    while True:
        middle.requests.clear()
        middle.act, middle.acted = (lambda _: False, act) if passed_on else (act, lambda _: False)
        running.append(through.start("export"))
        code, said = running[-1].end()
        if code != KILLED:
            break
        killed, stop_at = killed + 1, stop_at + 1
        log(1)  # so that there is always something to do
    assert (code, killed >= 6) == (DONE, True), said

    middle.act = middle.acted = lambda _: False
    assert store("export")[0] == DONE
    assert store("verify", "--with-table")[0] == DONE
    with psycopg.connect(database_url) as connection:
        query = "SELECT position, (SELECT max(position) FROM audit_chain) FROM audit_exported"
        noted, newest = connection.execute(query).fetchone()
    assert noted == newest


def test_the_note_that_a_killed_one_did_not_make_is_made_by_the_next(exported, store, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM audit_exported")
    store("export")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT position FROM audit_exported").fetchone() == (8,)


def test_of_two_at_once_one_says_that_another_is_at_it(log, store, middle):
    log(5)
    second = []

    def act(number):
        if not second:
            second.append(store("export"))
        return False

    middle.act = act
    assert store("export", ARCHIVE_ENDPOINT_URL=middle.url)[0] == DONE
    assert second == [(BUSY, "Another export is at it. The same again later.\n")]
    assert store("verify", "--with-table") == as_written(5, 1)


def test_what_does_not_come_back_as_it_was_put_does_not_count(log, store, middle, locked_bucket):
    log(5)
    middle.spoil = lambda body: body.replace(b"\x1f\x8b", b"\x1f\x8c")
    code, said = store("export", ARCHIVE_ENDPOINT_URL=middle.url)

    assert (code, "is not what was put there" in said) == (REFUSED, True), said
    assert locked_bucket.keys(".json") == []


def test_a_log_that_is_not_as_it_was_written_is_exported_only_when_told_so(
    log, store, tamper, locked_bucket
):
    log(5)
    tamper("UPDATE audit SET actor = 'Eve' WHERE id = 2")
    code, said = store("export")
    assert (code, "Row 2 (position 2) was changed." in said) == (REFUSED, True)
    assert locked_bucket.keys() == []

    assert store("export", "--as-it-is")[0] == REFUSED
    assert "exported as it was: Row 2 (position 2) was changed." in store("verify")[1]
    log(1)
    assert store("export")[0] == DONE


def test_a_log_that_lost_what_was_exported_is_refused(exported, store, tamper):
    tamper("DELETE FROM audit_chain WHERE position > 5", "DELETE FROM audit_checkpoints")
    code, said = store("export")
    assert (code, "is not there any more" in said) == (REFUSED, True), said


def test_another_database_does_not_go_on_where_this_one_ended(exported, store, tamper, log):
    tamper("DELETE FROM audit", "DELETE FROM audit_chain", "DELETE FROM audit_checkpoints")
    log(9)
    code, said = store("export")
    assert (code, "is another now" in said) == (REFUSED, True), said


def test_a_large_log_goes_in_parts(log, store, locked_bucket):
    """A checkpoint comes after each 500; a part ends at one."""
    log(20_600)
    assert store("export")[0] == DONE
    ends = [(one["first"], one["last"]) for one in locked_bucket.manifests()]
    assert ends[0][0] == 1
    assert [last + 1 for _, last in ends[:-1]] == [first for first, _ in ends[1:]]
    assert store("verify", "--with-table")[0] == DONE


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ({"AUDIT_EXPORT_BUCKET": ""}, "Set AUDIT_EXPORT_BUCKET"),
        ({"AUDIT_KEYS": ""}, "Set AUDIT_KEYS"),
        ({"AUDIT_EXPORT_BUCKET": "none"}, "There is no bucket none"),
    ],
)
def test_what_is_missing_is_said(log, store, missing, says):
    code, said = store("export", **missing)
    assert (code, says in said) == (WRONG, True), said


def test_a_store_that_is_away_is_4(log, store, middle):
    log(1)
    middle.status = 503
    assert store("export", ARCHIVE_ENDPOINT_URL=middle.url)[0] == AWAY


def test_it_holds_whole_rows(exported, locked_bucket):
    data = gzip.decompress(locked_bucket.read(f"audit/{FIRST}.jsonl.gz")).splitlines()
    assert json.loads(data[0])["row"]["facts"] == '{"a": [1.50, null, "ü"]}'
