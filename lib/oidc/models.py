"""Which issuers are believed, and what a token of theirs comes to. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from lib.access.models import Caller, Role

Text = Annotated[str, Field(min_length=1, max_length=500)]
Address = Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]

Claims = Mapping[str, Any]


def path(value: object) -> object:
    """One name, or the names on the way to it."""
    return (value,) if isinstance(value, str) else value


#: Where issuers keep what their users may write: whoever took a role from there could be anybody.
WRITTEN_BY_USERS = ("user_metadata", "unsafe_metadata")


def not_by_users(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(name in WRITTEN_BY_USERS for name in value):
        raise ValueError("users can write this claim themselves: take one that they cannot")
    return value


ClaimPath = Annotated[
    tuple[Text, ...],
    BeforeValidator(path),
    Field(min_length=1, max_length=5),
    AfterValidator(not_by_users),
]


class Issuer(BaseModel):
    """One of OIDC_ISSUERS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Address
    audience: Text
    jwks_url: Address
    name_claim: ClaimPath = ("sub",)
    role_claim: ClaimPath
    #: By the claim's value, or by one of its values.
    roles: dict[Text, Role] = Field(min_length=1)
    #: Claims that must be there and be so, such as `{"aal": "aal2"}`.
    require: dict[Text, str | bool | int] = Field(default_factory=dict)


ISSUERS = TypeAdapter(tuple[Issuer, ...])


def issuers(value: object) -> tuple[Issuer, ...]:
    """Raises ValueError saying where it is wrong, and no value."""
    if not isinstance(value, str | bytes):
        return ISSUERS.validate_python(value)
    try:
        read = ISSUERS.validate_json(value)
    except ValidationError as error:
        first = error.errors()[0]
        at = "/".join(str(part) for part in first["loc"])
        raise ValueError(f"write a JSON list of issuers; {at}: {first['msg']}") from None
    if len({one.issuer for one in read}) < len(read):
        raise ValueError("name each issuer once")
    return read


@dataclass(frozen=True, slots=True)
class Workflows:
    """Of one repository on GitHub: bound to its number too, as a name may be given away."""

    repository: str
    repository_id: str
    ref: str
    #: As `job_workflow_ref` says it. None: any of that repository and ref.
    workflow: str | None = None


@dataclass(frozen=True, slots=True)
class GitHub:
    #: None: nobody is let in as it.
    recorder: Workflows | None = None
    operator: Workflows | None = None

    @property
    def is_set(self) -> bool:
        return self.recorder is not None or self.operator is not None


@dataclass(frozen=True, slots=True)
class Trust:
    issuer: str
    audience: str
    jwks_url: str
    #: Whom the claims of a signed token name. Raises Unauthenticated.
    admit: Callable[[Claims], Caller]
