"""The audit log: written in the transaction of the change it tells of; never changed.

No row waits for another: its place in the chain comes after its commit (`sealer.py`).
"""

from typing import Any

from psycopg.types.json import Jsonb

from lib.audit import origin
from lib.postgres import Connection

INSERT = """
INSERT INTO audit (actor, action, environment, subject, reason, result, facts,
                   role, authenticated_by, address, request_id)
VALUES (%(actor)s, %(action)s, %(environment)s, %(subject)s, %(reason)s, %(result)s, %(facts)s,
        %(role)s, %(authenticated_by)s, %(address)s, %(request_id)s)
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
    address: str | None = None,
) -> None:
    """`actor` is a person or a job by name; `facts` hold no secret.

    Role, way in and address are the request's only where the actor is who makes it: somebody's
    poll may carry on with a rollback that another started.
    """
    request = origin.CURRENT.get()
    caller = request.caller if request else None
    is_callers = caller is not None and caller.name == actor
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
            "role": caller.role if caller and is_callers else None,
            "authenticated_by": request.authenticated_by if request and is_callers else None,
            "address": request.address if request and is_callers else address,
            "request_id": request.request_id if request else None,
        },
    )
    if request:
        request.has_written = True
