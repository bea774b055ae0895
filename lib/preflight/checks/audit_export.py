"""The audit log is exported each day, so that it can be brought back, and proved without us."""

from datetime import timedelta

from lib.preflight.checks.cron import words
from lib.preflight.kit import Kit, not_used, ok, warning
from lib.preflight.models import Finding
from lib.rollback.models import Environment

#: One a day: the second in a row is missing.
LONGEST = timedelta(days=2)
AGE = "SELECT position, app_now() - at AS age FROM audit_exported"


async def check(kit: Kit, _: Environment) -> Finding:
    if kit.settings.audit_export_bucket is None:
        return not_used("The audit log is exported nowhere (AUDIT_EXPORT_BUCKET).")
    row = await kit.database.one(AGE)
    if row is None:
        return warning(
            "The audit log was never exported. Run once a day: python -m scripts.audit_store export"
        )
    if row["age"] > LONGEST:
        return warning(
            f"The audit log was last exported {words(row['age'])} ago, up to position"
            f" {row['position']}. Look at what the daily job says, and run it:"
            " python -m scripts.audit_store export"
        )
    return ok(f"The audit log was exported {words(row['age'])} ago.")
