"""What signs the audit log and break-glass's journal, and where the log is exported to."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic.functional_validators import AfterValidator

from lib.settings.kinds import Group, Seconds, folder, signing_keys


class Audit(Group):
    audit_keys: Annotated[SecretStr, AfterValidator(signing_keys)] | None = Field(
        None,
        validation_alias="AUDIT_KEYS",
        description="Signs the audit log, so that nobody rewrites it who can write our database: "
        "`2026-11:` and the output of `openssl rand -hex 32`. Of several, commas between them, the "
        "first signs and all are believed (docs/audit.md). Unset: nothing is signed.",
    )
    break_glass_keys: Annotated[SecretStr, AfterValidator(signing_keys)] | None = Field(
        None,
        validation_alias="BREAK_GLASS_KEYS",
        description="Signs the journal of `python -m lib.breakglass`, for `python -m "
        "scripts.reconcile`; written as `AUDIT_KEYS` are. Unset: such a journal proves nothing.",
    )
    audit_export_bucket: str | None = Field(
        None,
        validation_alias="AUDIT_EXPORT_BUCKET",
        description="Where `python -m scripts.audit_store export` puts the audit log each "
        "day, at `ARCHIVE_ENDPOINT_URL`. Give it object lock. Unset: "
        "nothing is exported.",
    )
    audit_export_prefix: Annotated[str, AfterValidator(folder)] = Field(
        "audit/",
        validation_alias="AUDIT_EXPORT_PREFIX",
        description="Its keys begin with this folder; of each control plane another.",
    )
    audit_export_lock: Seconds = Field(
        timedelta(days=365),
        validation_alias="AUDIT_EXPORT_LOCK_SECONDS",
        description="How long nobody can delete or replace an export, where the bucket has object "
        "lock and no retention of its own.",
    )
