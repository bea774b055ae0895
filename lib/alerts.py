"""Alerts: what a person should know now. Stored, shown, and logged as an error."""

import logging
from uuid import UUID

from lib.postgres import Connection

log = logging.getLogger(__name__)

INSERT = """
INSERT INTO alerts (environment, kind, sentence, once, rollback_id)
VALUES (%(environment)s, %(kind)s, %(sentence)s, %(once)s, %(rollback_id)s)
ON CONFLICT (once) DO NOTHING RETURNING id
"""


async def raise_alert(
    connection: Connection,
    *,
    environment: str,
    kind: str,
    sentence: str,
    once: str,
    rollback_id: UUID | None = None,
) -> bool:
    """False if the same alert (`once`) was raised before: people are told once."""
    values = {
        "environment": environment,
        "kind": kind,
        "sentence": sentence,
        "once": once,
        "rollback_id": rollback_id,
    }
    raised = await (await connection.execute(INSERT, values)).fetchone() is not None
    if raised:
        log.error(
            "alert_raised", extra={"environment": environment, "kind": kind, "text": sentence}
        )
    return raised
