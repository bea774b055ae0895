"""The role of the functions writes and seals, and can neither change nor delete what it wrote."""

import psycopg
import pytest

from tests.integration.audit.minter import minter

REFUSED = {
    "its own": psycopg.errors.InsufficientPrivilege,
    "all": psycopg.errors.RaiseException,
}


@pytest.mark.parametrize("table", ["audit", "audit_chain", "audit_checkpoints"])
@pytest.mark.parametrize("rights", REFUSED)
async def test_it_can_neither_update_nor_delete(limited, control, table, rights, write, sealer):
    await write(2)
    await sealer.seal()
    if rights == "all":
        await control.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {limited.name}")

    for change in (
        f"UPDATE {table} SET {'actor = actor' if table == 'audit' else 'position = position'}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        async with await psycopg.AsyncConnection.connect(limited.url) as connection:
            with pytest.raises(REFUSED[rights]):
                await connection.execute(change)


async def test_it_can_write_and_seal(limited, verify):
    running = minter(limited.url, "Ada", 3)
    assert running.wait(60) == 0

    verifier = await verify()
    assert (verifier.findings, verifier.position) == ([], 3)
