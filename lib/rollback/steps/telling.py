"""What a step did to the app's database, told in the audit log once."""

from typing import TYPE_CHECKING, Any

from lib.audit.store import write_audit
from lib.rollback.models import Claim
from lib.rollback.steps.base import Tools
from lib.schema import known

if TYPE_CHECKING:
    from lib.schema.identity import Mark

IS_AUDITED = """
SELECT FROM audit WHERE action = %(action)s AND facts ->> 'run_id' = %(run_id)s
"""


async def audit_once(
    claim: Claim, tools: Tools, action: str, facts: dict[str, Any], mark: "Mark | None" = None
) -> None:
    """Also if it is written down by whoever comes next; with which database it was, if it was."""
    rollback, run_id = claim.rollback, str(claim.rollback.id)
    async with tools.store.database.transaction() as connection:
        await known.note(connection, rollback.environment, mark)
        cursor = await connection.execute(IS_AUDITED, {"action": action, "run_id": run_id})
        if await cursor.fetchone() is None:
            await write_audit(
                connection,
                actor=rollback.requested_by,
                action=action,
                environment=rollback.environment,
                subject=rollback.target,
                reason=rollback.reason,
                result="done",
                facts={"run_id": run_id, **facts},
            )
