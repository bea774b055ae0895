"""The app's log drain, and which of its requests count."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic.functional_validators import AfterValidator, BeforeValidator

from lib.settings.kinds import Group, few_routes, header_value, paths, status_codes, words


class Traffic(Group):
    drain_secret: SecretStr | None = Field(
        None,
        validation_alias="DRAIN_SECRET",
        description="Signs the batches of the app's log drain. Unset: the drain is closed.",
    )
    drain_verify_token: Annotated[SecretStr, AfterValidator(header_value)] | None = Field(
        None,
        validation_alias="DRAIN_VERIFY_TOKEN",
        description="What the platform shows when the drain is made, sent back as "
        "`x-vercel-verify`.",
    )
    drain_sampling: float = Field(
        1.0,
        gt=0,
        le=1,
        validation_alias="DRAIN_SAMPLING",
        description="The share of requests that the drain is set to deliver. Numbers that are "
        "shown are scaled by it; evidence is only what was seen.",
    )
    critical_routes: Annotated[
        tuple[str, ...], BeforeValidator(words), AfterValidator(few_routes)
    ] = Field(
        (),
        validation_alias="CRITICAL_ROUTES",
        description="At most 8 routes that are judged on their own, such as "
        "`POST /api/vendors/[id], * /api/timeline`.",
    )
    excluded_paths: Annotated[tuple[str, ...], BeforeValidator(words), AfterValidator(paths)] = (
        Field(
            (),
            validation_alias="EXCLUDED_PATHS",
            description="Requests to these do not count, such as `/api/internal/*`.",
        )
    )
    excluded_status_codes: Annotated[tuple[int, ...], BeforeValidator(status_codes)] = Field(
        (),
        validation_alias="EXCLUDED_STATUS_CODES",
        description="Requests that are answered so do not count, such as `501, 503`.",
    )
