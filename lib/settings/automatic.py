"""When it goes back by itself, and what it looks at before."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator

from lib.rollback.models import OnRefuse
from lib.settings.kinds import Group, Seconds, few_paths, paths, words


class Automatic(Group):
    probe_paths: Annotated[
        tuple[str, ...], BeforeValidator(words), AfterValidator(paths), AfterValidator(few_paths)
    ] = Field(
        (),
        validation_alias="PROBE_PATHS",
        description="At most 4 pages that are asked for (GET) beside the health report, in each "
        "look and before an automatic rollback, such as `/, /api/timeline`.",
    )
    on_refuse: OnRefuse = Field(
        OnRefuse.ASK,
        validation_alias="ON_REFUSE",
        description="Where nobody can tell whether older code runs on the app's database as it is: "
        "`ask` a person, or `switch_if_proven`, which moves traffic by itself if the older version "
        "answers every paired probe on it while the live one fails. Needs `PROBE_PATHS`.",
    )
    automatic_window: Seconds = Field(
        timedelta(hours=24),
        validation_alias="AUTOMATIC_WINDOW_SECONDS",
        description="Automatic rollbacks only this long after going live; later it alerts.",
    )

    @field_validator("on_refuse")
    @classmethod
    def proven_by_pages(cls, value: OnRefuse, info: ValidationInfo) -> OnRefuse:
        if value is OnRefuse.SWITCH_IF_PROVEN and not info.data.get("probe_paths"):
            raise ValueError("a health report proves nothing of tables: set PROBE_PATHS too")
        return value
