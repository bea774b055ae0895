"""Bodies of the log drain: whatever form they come in, no entry that can be read is lost."""

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import errors
from lib.traffic.entries import UNPACKED_LIMIT_BYTES, read_entries, unpack


def line(request_id="req_1", **changes):
    proxy = {"timestamp": 1_800_000_000_000, "statusCode": 200, "method": "GET", "path": "/"}
    return {"id": "1", "requestId": request_id, "proxy": proxy} | changes


LINES = [line("req_1"), line("req_2"), line("req_3", message='a line\nwith "},{" in it')]
FORMS = {
    "array": json.dumps(LINES),
    "pretty array": json.dumps(LINES, indent=2),
    "lines": "\n".join(map(json.dumps, LINES)),
    "lines with ends of Windows and gaps": "\r\n\r\n".join(map(json.dumps, LINES)) + "\r\n",
}


def ids(entries):
    return [entry.request_id for entry in entries]


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_entries(body):
    entries, broken = read_entries(body.encode())

    assert (ids(entries), broken) == (["req_1", "req_2", "req_3"], 0)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_object_is_one_entry(indent):
    entries, broken = read_entries(json.dumps(line(), indent=indent).encode())

    assert (ids(entries), broken) == (["req_1"], 0)


@pytest.mark.parametrize("body", [b"", b" \n ", b"[]"], ids=repr)
def test_nothing_is_no_entry(body):
    assert read_entries(body) == ([], 0)


def test_unknown_fields_and_empty_ones_are_no_matter():
    new = line(edgeType="x", nested={"a": [1]}, deploymentId=None, source=None, statusCode=None)
    new["proxy"] |= {"wafAction": "deny", "clientIp": None, "userAgent": None, "timestamp": 1.5}

    entries, broken = read_entries(json.dumps(new).encode())

    assert (ids(entries), broken) == (["req_1"], 0)


WRONG = {
    "text": '"text"',
    "number": "7",
    "wrong type": json.dumps(line(statusCode="500")),
    "huge number": json.dumps(line(statusCode=7)).replace("7", "1e400"),
    "proxy is text": json.dumps(line(proxy="yes")),
}
UNREADABLE = {"cut off": json.dumps(line())[:40], "no JSON": "{oops}", "unquoted": "oops"}


@pytest.mark.parametrize(
    "wrong", [*WRONG.values(), *UNREADABLE.values()], ids=[*WRONG, *UNREADABLE]
)
def test_a_broken_line_is_skipped_and_counted(wrong):
    first, *rest = map(json.dumps, LINES)

    entries, broken = read_entries("\n".join([first, wrong, *rest]).encode())

    assert (ids(entries), broken) == (["req_1", "req_2", "req_3"], 1)


@pytest.mark.parametrize("wrong", [*WRONG.values(), *UNREADABLE.values()])
def test_a_first_line_that_is_broken_does_not_take_the_rest_with_it(wrong):
    entries, broken = read_entries("\n".join([wrong, *map(json.dumps, LINES)]).encode())

    assert (ids(entries), broken) == (["req_1", "req_2", "req_3"], 1)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_broken_element_is_skipped_and_counted(wrong):
    first, *rest = map(json.dumps, LINES)

    entries, broken = read_entries(f"[{','.join([first, wrong, *rest])}]".encode())

    assert (ids(entries), broken) == (["req_1", "req_2", "req_3"], 1)


def test_of_an_array_that_is_cut_off_the_whole_entries_are_kept():
    entries, broken = read_entries(FORMS["array"].encode()[:-60])

    assert (ids(entries), broken) == (["req_1", "req_2"], 1)


def test_an_entry_that_is_no_json_does_not_take_an_array_with_it():
    first, *rest = map(json.dumps, LINES)

    entries, broken = read_entries(f"[{','.join([first, '{oops}', *rest])}]".encode())

    assert (ids(entries), broken) == (["req_1", "req_2", "req_3"], 1)


def test_a_line_that_is_no_text_is_skipped():
    entries, broken = read_entries(b'{"requestId": "\xff"}\n' + json.dumps(line()).encode())

    assert (ids(entries), broken) == (["req_1"], 1)


def test_deep_nesting_breaks_its_own_line_only():
    deep = b'{"requestId": ' + b"[" * 100_000 + b"}\n"
    entries, broken = read_entries(deep + json.dumps(line()).encode())

    assert (ids(entries), broken) == (["req_1"], 1)


def test_a_broken_array_that_nests_and_nests_is_given_up_on():
    """Each of its entries would be looked at to the end of all."""
    entries, broken = read_entries(b"[" + b'{"a":[{},' * 100_000)

    assert (entries, broken) == ([], 100)


@given(st.binary() | st.text().map(str.encode))
def test_whatever_comes_is_read(body):
    entries, broken = read_entries(body)

    assert broken >= 0
    assert len(entries) <= body.count(b"{")


BODY = FORMS["lines"].encode()


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", ""])
def test_a_gzip_file_is_unpacked_named_or_not(encoding):
    assert unpack(gzip.compress(BODY), encoding) == BODY


def test_a_gzip_file_of_several_members_is_unpacked_whole():
    assert unpack(gzip.compress(BODY) + gzip.compress(b"\n" + BODY), "gzip") == BODY + b"\n" + BODY


def test_a_body_that_somebody_unpacked_on_the_way_is_taken():
    assert unpack(BODY, "gzip") == BODY


def test_a_bomb_is_refused():
    bomb = gzip.compress(b" " * (UNPACKED_LIMIT_BYTES + 1))

    with pytest.raises(errors.InvalidRequest, match="unpacks to more than"):
        unpack(bomb, "gzip")


def test_a_bomb_of_many_members_is_refused():
    member = gzip.compress(b" " * (UNPACKED_LIMIT_BYTES // 4))

    with pytest.raises(errors.InvalidRequest, match="unpacks to more than"):
        unpack(member * 5, "gzip")


def test_a_bomb_of_empty_members_is_refused():
    """Each costs a copy of all that follow."""
    with pytest.raises(errors.InvalidRequest, match="more than 256 parts"):
        unpack(gzip.compress(b"") * 200_000, "gzip")


def test_a_nested_bomb_is_not_unpacked_twice():
    with pytest.raises(errors.InvalidRequest, match="packed twice"):
        unpack(gzip.compress(gzip.compress(b" " * UNPACKED_LIMIT_BYTES)), "gzip")


@pytest.mark.parametrize("body", [b"\x1f\x8bnonsense", gzip.compress(BODY)[:-9]], ids=["no", "cut"])
def test_what_is_no_whole_gzip_file_is_refused(body):
    with pytest.raises(errors.InvalidRequest, match="gzip file"):
        unpack(body, "gzip")


def test_other_encodings_are_refused():
    with pytest.raises(errors.InvalidRequest, match="Content-Encoding"):
        unpack(zlib.compress(BODY), "deflate")
