"""What `/api/health` asks beside our own parts."""

from pydantic import Field, SecretStr

from lib.settings.kinds import Group


class Health(Group):
    stripe_api_url: str = Field(
        "https://api.stripe.com",
        validation_alias="STRIPE_API_URL",
        description="Payment provider that `/api/health` asks.",
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        validation_alias="STRIPE_SECRET_KEY",
        description="Key for it. Unset: `stripe` is `unknown` and does not count.",
    )
