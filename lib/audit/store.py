"""The audit log: written in the transaction of the change it tells of; never changed."""

from typing import Any

from psycopg.types.json import Jsonb

from lib.postgres import Connection

INSERT = """
INSERT INTO audit (actor, action, environment, subject, reason, result, facts)
VALUES (%(actor)s, %(action)s, %(environment)s, %(subject)s, %(reason)s, %(result)s, %(facts)s)
"""


async def write_audit(
    connection: Connection,
    *,
    actor: str,
    action: str,
    result: str,
    environment: str | None = None,
    subject: str | None = None,
    reason: str | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """`actor` is a person or a job by name; `facts` hold no secret."""
    await connection.execute(
        INSERT,
        {
            "actor": actor,
            "action": action,
            "environment": environment,
            "subject": subject,
            "reason": reason,
            "result": result,
            "facts": Jsonb(facts or {}),
        },
    )
