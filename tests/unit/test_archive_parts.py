"""Packing, sifting and conditions: any rows in any blocks, and any damage is found."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.archive.condition import Condition, read_condition
from lib.archive.erase import whole_lines
from lib.archive.models import Column, Corrupted
from lib.archive.packing import Packer, unpack
from lib.commands import Misused, Stopped

BLOCKS = st.lists(st.binary(max_size=40), max_size=8)


def packed(blocks):
    packer = Packer()
    data = b"".join([*(packer.pack(block) for block in blocks), packer.end()])
    return data, packer.content


def unpacked(data, content, size=7):
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(unpack("key", blocks, content))


@given(BLOCKS)
def test_what_is_packed_is_unpacked_and_measured(blocks):
    data, content = packed(blocks)
    plain = b"".join(blocks)
    assert unpacked(data, content) == plain
    assert (content.rows, content.plain_bytes) == (plain.count(b"\n"), len(plain))
    assert content.packed_bytes == len(data)


@given(BLOCKS, st.data())
def test_any_damage_is_found(blocks, drawn):
    data, content = packed(blocks)
    at = drawn.draw(st.integers(0, len(data)))
    damaged = (
        data[:at] + drawn.draw(st.binary(max_size=3)) + data[at + drawn.draw(st.integers(0, 3)) :]
    )
    assume(damaged != data)
    with pytest.raises(Corrupted, match="key is corrupted"):
        unpacked(damaged, content)


@given(st.lists(st.sampled_from([b"1", b"\n", b"22", b"\n3\n"]), max_size=30))
def test_chunks_end_where_rows_end(blocks):
    chunks = [*whole_lines(iter(blocks), chunk_bytes=3)]
    assert b"".join(chunks) == b"".join(blocks)
    assert all(chunk.endswith(b"\n") for chunk in chunks[:-1])


COLUMNS = (Column("id", "integer", not_null=True), Column('o"dd', "public.mood", not_null=False))


def test_values_are_quoted_and_typed():
    condition = read_condition(["id=1", "o\"dd=a\\b'; DROP", "id=2"])
    assert condition.sql(COLUMNS) == (
        """"id"::integer IN (E'1'::integer, E'2'::integer)"""
        """ AND "o""dd"::public.mood IN (E'a\\\\b''; DROP'::public.mood)"""
    )


def test_an_equals_sign_in_a_value_belongs_to_it():
    assert read_condition(["id=a=b"]) == Condition((("id", ("a=b",)),))


@pytest.mark.parametrize("word", ["id", "=1", ""])
def test_what_is_no_condition_is_said(word):
    with pytest.raises(Misused, match="COLUMN=VALUE"):
        read_condition([word])


def test_a_column_that_is_lacking_is_named():
    with pytest.raises(Stopped, match="no column email"):
        read_condition(["email=x"]).sql(COLUMNS)


def test_values_are_in_no_message():
    assert "secret" not in repr(read_condition(["id=secret"]))
