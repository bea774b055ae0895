"""Several statements in one round trip."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def ask(connection: AsyncConnection[DictRow], *statements: str) -> list[list[DictRow]]:
    """The rows of each statement that may return some.

    Simple protocol: each statement is under its own time-out, and sees what is committed.
    """
    cursor = await connection.execute(";\n".join(statements).encode())
    answers = []
    while True:
        if cursor.description:
            answers.append(await cursor.fetchall())
        if not cursor.nextset():
            return answers
