"""What was exported proves itself, without the database: in the store, and downloaded."""

import gzip
import hashlib
import json

import pytest

from lib.commands import Code

DONE, REFUSED, WRONG, BUSY, AWAY, _ = Code
AWAY_URL = "postgresql://127.0.0.1:9/none"
FIRST, SECOND, THIRD = (
    "000000000001-000000000005.1",
    "000000000006-000000000008.2",
    "000000000009-000000000010.3",
)


@pytest.fixture
def exported(log, store):
    for count in (5, 3, 2):
        log(count)
        assert store("export")[0] == DONE


@pytest.fixture
def downloaded(exported, locked_bucket, tmp_path):
    keys = locked_bucket.keys()
    for key in keys:
        (tmp_path / key.removeprefix("audit/")).write_bytes(locked_bucket.read(key))
    return tmp_path


@pytest.fixture
def verify(store, downloaded):
    """Of the folder, with no database and no store."""

    def verify(*more: str) -> tuple[int, str]:
        nowhere = {"DATABASE_URL": AWAY_URL, "AUDIT_EXPORT_BUCKET": "", "AWS_ACCESS_KEY_ID": ""}
        return store("verify", "--folder", str(downloaded), *more, **nowhere)

    return verify


def edit(file, change):
    lines = gzip.decompress(file.read_bytes()).splitlines()
    file.write_bytes(gzip.compress(b"".join(line + b"\n" for line in change(lines))))


def edit_whole(folder, part, change):
    """As somebody who makes the manifest anew as well."""
    data, manifest = folder / f"{part}.jsonl.gz", folder / f"{part}.json"
    edit(data, change)
    packed, facts = data.read_bytes(), json.loads(manifest.read_bytes())
    plain = gzip.decompress(packed)
    facts["content"] = {
        "rows": plain.count(b"\n"),
        "plain_bytes": len(plain),
        "plain_sha256": hashlib.sha256(plain).hexdigest(),
        "packed_bytes": len(packed),
        "packed_sha256": hashlib.sha256(packed).hexdigest(),
    }
    manifest.write_text(json.dumps(facts))


def test_a_folder_is_verified_by_itself(verify):
    assert verify() == (DONE, "10 positions, 3 checkpoints: everything is as it was written.\n")


def test_the_store_is_verified_without_the_database(exported, store):
    assert store("verify", DATABASE_URL=AWAY_URL)[0] == DONE


CHANGES = [
    (
        lambda lines: [lines[0].replace(b"Ada", b"Eve"), *lines[1:]],
        "Row 6 (position 6) was changed.",
    ),
    (lambda lines: lines[1:], "Position 6 was removed from the chain."),
    (lambda lines: [lines[0], *lines], "Row 6 (position 6) was inserted after position 6."),
    (lambda lines: [lines[1], lines[0], *lines[2:]], "Row 6 (position 6) was inserted after"),
    (lambda lines: [b"no line", *lines], f"{SECOND}.jsonl.gz, line 1, was changed"),
]


@pytest.mark.parametrize(("change", "finding"), CHANGES)
@pytest.mark.parametrize("how", [edit, edit_whole])
def test_a_row_that_was_changed_is_named(verify, downloaded, how, change, finding):
    if how is edit:
        edit(downloaded / f"{SECOND}.jsonl.gz", change)
    else:
        edit_whole(downloaded, SECOND, change)
    code, said = verify()
    assert (code, finding in said) == (REFUSED, True), said


@pytest.mark.parametrize("name", [f"{SECOND}.json", f"{SECOND}.jsonl.gz"])
def test_a_part_that_was_removed_is_named(verify, downloaded, name):
    (downloaded / name).unlink()
    code, said = verify()
    assert (code, "Positions 6 to 8 were removed from the chain." in said) == (REFUSED, True), said


def test_bytes_that_rotted_are_named(verify, downloaded):
    file = downloaded / f"{THIRD}.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-9])
    code, said = verify()
    assert (code, f"{THIRD}.jsonl.gz is corrupted" in said) == (REFUSED, True), said


@pytest.mark.parametrize(
    "changed", [b"{}", b"no json", b"", b'{"format": 2}'], ids=["empty", "text", "none", "newer"]
)
def test_a_manifest_that_was_changed_is_named(verify, downloaded, changed):
    (downloaded / f"{SECOND}.json").write_bytes(changed)
    code, said = verify()
    assert (code, f"{SECOND}.json" in said) == (REFUSED, True), said


def test_a_manifest_says_what_comes_before_it(verify, downloaded):
    facts = json.loads((downloaded / f"{FIRST}.json").read_bytes())
    (downloaded / f"{FIRST}.json").write_text(json.dumps(facts | {"made_by": {"by": "Eve"}}))
    code, said = verify()
    assert (code, f"{SECOND}.json was written after {FIRST}.json" in said) == (REFUSED, True), said


def test_parts_that_were_taken_from_the_end_are_found_by_a_head_and_by_the_table(
    verify, downloaded, audit, store
):
    head = audit("verify")[1].split("--head ")[1].strip()
    assert verify("--head", head)[0] == DONE
    for end in (".json", ".jsonl.gz"):
        (downloaded / f"{THIRD}{end}").unlink()
    assert verify()[0] == DONE
    assert "Position 10 is not there, and once was" in verify("--head", head)[1]
    code, said = store("verify", "--folder", str(downloaded), "--with-table")
    assert (code, "The export once reached position 10, and ends at 8" in said) == (REFUSED, True)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("UPDATE audit SET actor = 'Eve' WHERE id = 7", "Row 7 (position 7) is not in the table"),
        ("DELETE FROM audit WHERE id IN (7, 8)", "Positions 7 to 8 are in the export, and not in"),
        ("DELETE FROM audit_chain WHERE position = 3", "not in the table's chain."),
        ("DELETE FROM audit_checkpoints WHERE number = 2", "Checkpoint 2 is in the export"),
        ("UPDATE audit_chain SET link_sha256 = sha256('') WHERE position = 4", "rewritten there"),
        ("UPDATE audit_checkpoints SET key_id = 'x' WHERE number = 1", "Checkpoint 1 is not in"),
    ],
)
def test_the_table_is_held_against_the_export(exported, store, tamper, change, finding):
    tamper(change)
    assert store("verify")[0] == DONE
    code, said = store("verify", "--with-table")
    assert (code, finding in said) == (REFUSED, True), said


def test_an_object_that_was_written_over_is_found(exported, store, locked_bucket):
    """Object lock keeps the version that was: it is under the new one."""
    locked_bucket.write(f"audit/{FIRST}.jsonl.gz", gzip.compress(b""))
    assert "Positions 1 to 5 were removed from the chain." in store("verify")[1]
    assert len([v for v in locked_bucket.versions() if FIRST in v["Key"]]) == 3


def test_no_export_at_all_is_said(store, tmp_path):
    assert store("verify") == (REFUSED, "There is no export of the audit log here.\n")
    assert store("verify", "--folder", str(tmp_path / "none"))[0] == WRONG
