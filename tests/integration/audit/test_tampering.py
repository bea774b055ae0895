"""Whatever is done to the tables by somebody without the key is found, and named."""

import hashlib
from dataclasses import replace

import psycopg
import pytest

from lib.audit.chain import START, Checkpoint, Keys, hash_row, link
from lib.audit.sealer import COLUMNS
from tests.integration.audit.conftest import KEYS, SECRET

OTHER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
async def sealed(write, sealer):
    """Ten rows, with checkpoints at positions 4, 7 and 10."""
    for count in (4, 3, 3):
        await write(count)
        await sealer.seal()


async def test_an_untouched_log_is_as_it_was_written(sealed, verify):
    verifier = await verify()

    assert (verifier.findings, verifier.position, verifier.checkpoints) == ([], 10, 3)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'Eve'",
        "at = at - interval '1 second'",
        "result = 'refused'",
        "reason = ''",
        "facts = '{}'",
        "facts = facts - 'none'",
        """facts = jsonb_set(facts, '{number}', '4.0')""",
        "address = '192.0.2.1'",
        "environment = 'staging'",
    ],
)
async def test_a_changed_row_is_named(sealed, tamper, findings, change):
    tamper(f"UPDATE audit SET {change} WHERE id = 5")

    assert await findings() == ["Row 5 (position 5) was changed."]


async def test_every_column_is_sealed(rows, write, sealer, database):
    await write()
    columns = await rows("SELECT * FROM audit")
    async with database.transaction() as connection:
        row = await (await connection.execute(f"SELECT {COLUMNS} FROM audit a")).fetchone()
        cursor = await connection.execute("SELECT * FROM audit")

    assert sorted(row) == sorted(column.name for column in cursor.description)
    assert len(columns[0]) == len(row)


async def test_a_removed_row_is_named(sealed, tamper, findings):
    tamper("DELETE FROM audit WHERE id = 5")

    assert await findings() == ["Row 5 (position 5) was removed."]


async def test_a_row_that_is_removed_with_its_place_is_named(sealed, tamper, findings):
    tamper("DELETE FROM audit WHERE id = 5", "DELETE FROM audit_chain WHERE position = 5")

    assert await findings() == ["Position 5 was removed from the chain."]


async def test_a_row_that_is_removed_and_the_rest_moved_up_is_found(sealed, tamper, findings):
    tamper(
        "DELETE FROM audit WHERE id = 5",
        "DELETE FROM audit_chain WHERE position = 5",
        "UPDATE audit_chain SET position = position + 1000 WHERE position > 5",
        "UPDATE audit_chain SET position = position - 1001 WHERE position > 1000",
    )

    found = await findings()
    assert any(one.startswith("Row 6 (position 5) does not follow") for one in found)
    assert "Position 10 was removed from the end: checkpoint 3 covers them." in found


async def test_a_row_that_was_put_in_past_the_chain_is_named(sealed, tamper, findings):
    tamper(
        "INSERT INTO audit (id, actor, action, result) OVERRIDING SYSTEM VALUE"
        " VALUES (-1, 'Eve', 'test', 'ok')"
    )

    assert await findings() == [
        "Row -1 has no place in the chain and waits for none: it was inserted past it."
    ]


async def test_a_row_that_says_it_was_earlier_is_named(sealed, control, sealer, findings):
    await control.execute(
        "INSERT INTO audit (at, actor, action, result)"
        " VALUES (app_now() - interval '1 day', 'Eve', 'test', 'ok')"
    )
    await sealer.seal()

    (found,) = await findings()
    assert found.startswith("Row 11 (position 11) says ")
    assert found.endswith("it was inserted later.")


async def test_a_row_that_was_put_into_the_chain_is_named(sealed, tamper, findings):
    tamper(
        "INSERT INTO audit (id, actor, action, result) OVERRIDING SYSTEM VALUE"
        " VALUES (99, 'Eve', 'test', 'ok')",
        "UPDATE audit_chain SET position = position + 1000 WHERE position > 5",
        "UPDATE audit_chain SET position = position - 999 WHERE position > 1000",
        "INSERT INTO audit_chain SELECT 6, 99, sha256('eve'), sha256('eve')",
    )

    found = await findings()
    assert "Row 99 (position 6) was changed." in found
    assert any(one.startswith("Row 99 (position 6) does not follow") for one in found)


async def test_rows_whose_contents_were_exchanged_are_named(sealed, tamper, findings):
    tamper(
        "ALTER TABLE audit ALTER id DROP IDENTITY",
        "UPDATE audit SET id = 99 WHERE id = 5",
        "UPDATE audit SET id = 5 WHERE id = 6",
        "UPDATE audit SET id = 6 WHERE id = 99",
    )

    assert await findings() == [
        "Row 5 (position 5) was changed.",
        "Row 6 (position 6) was changed.",
    ]


async def test_rows_whose_places_were_exchanged_are_named(sealed, tamper, findings):
    tamper(
        "UPDATE audit_chain SET audit_id = 99 WHERE position = 5",
        "UPDATE audit_chain SET audit_id = 5 WHERE position = 6",
        "UPDATE audit_chain SET audit_id = 6 WHERE position = 5",
    )

    assert await findings() == [
        "Row 6 (position 5) was reordered: it was sealed as Row 5 (position 6).",
        "Row 5 (position 6) was reordered: it was sealed as Row 6 (position 5).",
    ]


async def test_places_whose_hashes_were_exchanged_too_are_named(sealed, tamper, findings, rows):
    five, six = await rows(
        "SELECT encode(row_sha256, 'hex') FROM audit_chain WHERE position IN (5, 6)"
        " ORDER BY position"
    )
    tamper(
        "UPDATE audit_chain SET audit_id = 99 WHERE position = 5",
        f"UPDATE audit_chain SET audit_id = 5, row_sha256 = '\\x{five[0]}' WHERE position = 6",
        f"UPDATE audit_chain SET audit_id = 6, row_sha256 = '\\x{six[0]}' WHERE position = 5",
    )

    assert await findings() == [
        "Row 6 (position 5) was reordered: at this position row 5 was sealed.",
        "Row 5 (position 6) was reordered: at this position row 6 was sealed.",
    ]


class TestWhoKnowsHowItIsMade:
    """And has no key."""

    @pytest.fixture
    def rebuild(self, database_url, tamper):
        """Makes the chain anew as the log now is; what a position does not have is left out."""

        def rebuild() -> None:
            with psycopg.connect(database_url, row_factory=psycopg.rows.dict_row) as connection:
                rows = connection.execute(f"SELECT {COLUMNS} FROM audit a ORDER BY a.id").fetchall()
            before, made = START, []
            for position, row in enumerate(rows, 1):
                before = link(before, position, hash_row(row))
                made.append(
                    f"({position}, {row['id']}, '\\x{hash_row(row).hex()}', '\\x{before.hex()}')"
                )
            tamper("DELETE FROM audit_chain", f"INSERT INTO audit_chain VALUES {', '.join(made)}")

        return rebuild

    async def test_a_changed_row_is_between_two_checkpoints(
        self, sealed, tamper, rebuild, findings
    ):
        tamper("UPDATE audit SET actor = 'Eve' WHERE id = 6")
        rebuild()

        assert await findings() == [
            f"Positions 5 to {last} were rewritten, at one place or more: checkpoint {number} says"
            " that the chain was another."
            for last, number in ((7, 2), (10, 3))
        ]

    async def test_a_removed_row_is_missing_at_the_end(self, sealed, tamper, rebuild, findings):
        tamper("DELETE FROM audit WHERE id = 6")
        rebuild()

        found = await findings()
        assert found[0].startswith("Positions 5 to 7 were rewritten")
        assert found[1] == "Position 10 was removed from the end: checkpoint 3 covers them."

    async def test_a_checkpoint_of_his_own_is_not_believed(
        self, sealed, tamper, rebuild, findings, rows
    ):
        tamper("UPDATE audit SET actor = 'Eve' WHERE id = 9")
        rebuild()
        ((head,),) = await rows("SELECT link_sha256 FROM audit_chain WHERE position = 10")
        forged = Checkpoint(3, 10, head, "2026-11-26T00:00:00.000000Z", "now")
        forged = replace(forged, hmac=Keys.read(f"now:{OTHER}").sign(forged))
        tamper(
            "DELETE FROM audit_checkpoints WHERE number = 3",
            "INSERT INTO audit_checkpoints VALUES (3, 10,"
            f" '\\x{head.hex()}', '{forged.at}', 'now', '\\x{forged.hmac.hex()}')",
        )

        assert await findings() == ["Checkpoint 3 was changed, or 'now' is not the key it was."]


class TestTheEnd:
    async def test_rows_that_were_cut_off_are_named(self, sealed, tamper, findings):
        tamper("DELETE FROM audit WHERE id > 8")

        assert await findings() == [
            "Row 9 (position 9) was removed.",
            "Row 10 (position 10) was removed.",
        ]

    async def test_rows_that_were_cut_off_with_their_places_are_named(
        self, sealed, tamper, findings
    ):
        tamper("DELETE FROM audit WHERE id > 8", "DELETE FROM audit_chain WHERE position > 8")

        assert await findings() == [
            "Positions 9 to 10 were removed from the end: checkpoint 3 covers them.",
        ]

    async def test_with_the_checkpoint_the_rest_is_signed_by_none(self, sealed, tamper, findings):
        tamper(
            "DELETE FROM audit WHERE id > 8",
            "DELETE FROM audit_chain WHERE position > 8",
            "DELETE FROM audit_checkpoints WHERE number = 3",
        )

        (found,) = await findings()
        assert found.startswith("Position 8 is signed by no checkpoint")

    async def test_cut_off_at_a_checkpoint_it_is_found_by_a_head_that_was_noted(
        self, sealed, tamper, findings, verify
    ):
        noted = await verify()
        tamper(
            "DELETE FROM audit WHERE id > 7",
            "DELETE FROM audit_chain WHERE position > 7",
            "DELETE FROM audit_checkpoints WHERE number = 3",
        )

        (found,) = await findings(heads=[(10, noted.link)])
        assert found.startswith("Position 10 is not there, and once was: the log was cut off at 7")

    async def test_grown_again_it_is_found_by_a_head_that_was_noted(
        self, sealed, tamper, findings, verify, write, sealer
    ):
        noted = await verify()
        tamper(
            "DELETE FROM audit WHERE id > 7",
            "DELETE FROM audit_chain WHERE position > 7",
            "DELETE FROM audit_checkpoints WHERE number = 3",
        )
        await write(3)
        await sealer.seal()

        assert await findings() == []
        (found,) = await findings(heads=[(10, noted.link)])
        assert found.startswith("Position 10 ended otherwise when its head was noted")

    async def test_everything_that_was_removed_is_found_by_a_head(
        self, sealed, tamper, findings, verify
    ):
        noted = await verify()
        tamper(*(f"TRUNCATE {table}" for table in ("audit", "audit_chain", "audit_checkpoints")))

        (found,) = await findings(heads=[(10, noted.link)])
        assert "replaced by an older one" in found


class TestCheckpoints:
    @pytest.mark.parametrize(
        "change",
        [
            "position = 6",
            "at = at - interval '1 day'",
            "hmac_sha256 = sha256('eve')",
            "link_sha256 = sha256('eve')",
        ],
    )
    async def test_a_changed_one_is_named(self, sealed, tamper, findings, change):
        tamper(f"UPDATE audit_checkpoints SET {change} WHERE number = 2")

        assert "Checkpoint 2 was changed, or 'now' is not the key it was." in await findings()

    async def test_a_removed_one_is_named(self, sealed, tamper, findings):
        tamper("DELETE FROM audit_checkpoints WHERE number = 2")

        assert await findings() == ["Checkpoint 2 was removed."]

    async def test_one_of_an_unknown_key_is_named(self, sealed, tamper, findings):
        tamper("UPDATE audit_checkpoints SET key_id = 'eve' WHERE number = 2")

        assert await findings() == ["Checkpoint 2 was signed with the key 'eve', which is unknown."]

    async def test_without_the_key_all_that_it_signed_are_one_finding(self, sealed, findings):
        assert await findings(Keys()) == [
            "3 checkpoints, 1 to 3, were signed with the key 'now', which is unknown."
        ]

    async def test_none_fits_the_wrong_key(self, sealed, findings):
        found = await findings(Keys.read(f"now:{OTHER}"))

        assert found == [
            f"Checkpoint {number} was changed, or 'now' is not the key it was."
            for number in (1, 2, 3)
        ]


class TestKeys:
    async def test_a_new_one_signs_and_the_old_one_is_believed(
        self, sealed, database, findings, sealer, write
    ):
        keys = Keys.read(f"next:{OTHER}, now:{SECRET}")
        before = await findings(keys)
        sealer.keys = keys
        await sealer.sign()
        await sealer.sign()
        await write()
        await sealer.seal()

        assert [one.split(",")[0] for one in before] == [
            "The last checkpoint was signed with 'now'"
        ]
        assert await findings(keys) == []

    async def test_whoever_has_an_old_one_cannot_cut_off_what_the_new_one_signed(
        self, sealed, findings, sealer, tamper
    ):
        sealer.keys = Keys.read(f"next:{OTHER}, now:{SECRET}")
        await sealer.sign()
        tamper("DELETE FROM audit_checkpoints WHERE number = 4")

        (found,) = await findings(sealer.keys)
        assert "'next' is the key that signs" in found

    async def test_without_one_rows_have_places_and_the_first_key_signs_them_all(
        self, write, sealer, findings, verify, tamper
    ):
        sealer.keys = Keys()
        await write(3)
        await sealer.seal()
        unsigned = await findings()
        sealer.keys = KEYS
        await sealer.sign()

        assert unsigned[0].startswith("Positions 1 to 3 are signed by no checkpoint")
        assert await findings() == []


def test_a_link_can_be_made_by_other_means():
    row = {"id": "1", "actor": "Ada", "reason": None}
    row_sha256 = hashlib.sha256(b'{"actor":"Ada","id":"1"}').digest()

    assert hash_row(row) == row_sha256
    assert (
        link(START, 1, row_sha256)
        == hashlib.sha256(bytes(32) + b"\0\0\0\0\0\0\0\1" + row_sha256).digest()
    )
