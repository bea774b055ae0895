"""What was decided about a case, written down in the transaction of what was done."""

from uuid import UUID

from lib.automatic.case import Case
from lib.automatic.store import write_decision
from lib.postgres import Connection


async def note(
    connection: Connection,
    case: Case,
    outcome: str,
    sentence: str,
    *,
    rollback_id: UUID | None = None,
) -> None:
    await write_decision(
        connection,
        environment=case.environment,
        period=case.facts.period,
        source=case.suspicion.source,
        path=case.suspicion.path,
        until=case.suspicion.until,
        outcome=outcome,
        sentence=sentence,
        gate=[passage.facts() for passage in case.seen],
        target=case.newest.target.deployment_id if case.seen else None,
        rollback_id=rollback_id,
    )
