"""Feature switches, and who reads them."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic.functional_validators import BeforeValidator

from lib.flags.models import State
from lib.settings.kinds import Group, safe_defaults


class Flags(Group):
    flags_token: SecretStr | None = Field(
        None,
        validation_alias="FLAGS_TOKEN",
        description="With it the app reads production's feature switches (docs/flags.md); several "
        "while it is being replaced, commas between them. Unset: that way in is closed.",
    )
    flags_token_staging: SecretStr | None = Field(
        None,
        validation_alias="FLAGS_TOKEN_STAGING",
        description="The same for staging's switches.",
    )
    flag_safe_defaults: Annotated[dict[str, State], BeforeValidator(safe_defaults)] = Field(
        {},
        validation_alias="FLAG_SAFE_DEFAULTS",
        description="What a switch is where neither Redis nor Postgres answers and it was never "
        "seen: `rsvp-emails=on seating=off`. Others: the default in the app's code.",
    )
    flag_evaluations_per_second: int = Field(
        2000,
        ge=1,
        validation_alias="FLAG_EVALUATIONS_PER_SECOND",
        description="More by one caller from one instance are answered 429.",
    )
