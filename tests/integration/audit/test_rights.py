"""The role of the functions writes and seals, and can neither change nor delete what it wrote."""

import psycopg
import pytest

from tests.integration.audit.minter import ROOT, minter

#: Of a role for the functions: those of the page, and too many.
RIGHTS = {
    "documented": (ROOT / "docs" / "audit.md").read_text().split("```sql\n")[1].split("```")[0],
    "all": "GRANT ALL ON ALL TABLES IN SCHEMA public TO functions",
}
REFUSED = {
    "documented": psycopg.errors.InsufficientPrivilege,
    "all": psycopg.errors.RaiseException,
}


@pytest.fixture
async def functions(control, database_url):
    """The address for a role with these rights and no more."""

    async def functions(rights: str) -> str:
        await control.execute("DROP ROLE IF EXISTS functions")
        await control.execute("CREATE ROLE functions LOGIN")
        await control.execute(rights)
        return database_url.replace("postgres@", "functions@")

    yield functions
    await control.execute("DROP OWNED BY functions")
    await control.execute("DROP ROLE functions")


@pytest.mark.parametrize("table", ["audit", "audit_chain", "audit_checkpoints"])
@pytest.mark.parametrize("rights", REFUSED)
async def test_it_can_neither_update_nor_delete(functions, table, rights, write, sealer):
    await write(2)
    await sealer.seal()
    url = await functions(RIGHTS[rights])

    for change in (
        f"UPDATE {table} SET {'actor = actor' if table == 'audit' else 'position = position'}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        async with await psycopg.AsyncConnection.connect(url) as connection:
            with pytest.raises(REFUSED[rights]):
                await connection.execute(change)


async def test_it_can_write_and_seal(functions, verify):
    url = await functions(RIGHTS["documented"])
    running = minter(url, "Ada", 3)
    assert running.wait(60) == 0

    verifier = await verify()
    assert (verifier.findings, verifier.position) == ([], 3)
