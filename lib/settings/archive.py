"""Where what rollbacks put aside is exported to, and when."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic.functional_validators import AfterValidator

from lib.settings.kinds import Group, Seconds, WebAddress, folder


class Archive(Group):
    archive_bucket: str | None = Field(
        None,
        validation_alias="ARCHIVE_BUCKET",
        description="Where `python -m scripts.archive` exports what rollbacks put aside long ago: "
        "any store that speaks S3, credentials from AWS's own variables. Unset: nothing is "
        "exported, and nothing dropped.",
    )
    archive_prefix: Annotated[str, AfterValidator(folder)] = Field(
        "",
        validation_alias="ARCHIVE_PREFIX",
        description="Its keys begin with this folder.",
    )
    archive_endpoint_url: WebAddress | None = Field(
        None,
        validation_alias="ARCHIVE_ENDPOINT_URL",
        description="The store's address. Unset: Amazon's.",
    )
    archive_region: str | None = Field(
        None,
        validation_alias="ARCHIVE_REGION",
        description="The bucket's region. Unset: as AWS's own variables have it.",
    )
    archive_retention: Seconds = Field(
        timedelta(days=30),
        validation_alias="ARCHIVE_RETENTION_SECONDS",
        description="What was put aside stays in the app's database this long.",
    )
    archive_lock: Seconds = Field(
        timedelta(days=30),
        validation_alias="ARCHIVE_LOCK_SECONDS",
        description="How long nobody can delete an export, where the bucket has object lock and no "
        "retention of its own.",
    )
