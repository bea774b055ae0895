"""How a rollback is made."""

from datetime import timedelta

from pydantic import Field, SecretStr

from lib.rollback.models import Environment, SwitchMethod
from lib.settings.kinds import Group, Seconds


class Rollback(Group):
    switch_method_production: SwitchMethod = Field(
        SwitchMethod.ALIAS,
        validation_alias="SWITCH_METHOD_PRODUCTION",
        description="`alias` moves the live alias; `instant` is the platform's Instant Rollback, "
        "for production domains that belong to the app's project.",
    )
    app_cache_prefix: str | None = Field(
        None,
        min_length=3,
        validation_alias="APP_CACHE_PREFIX",
        description="Keys of the app's cache that a rollback removes; needs the two below.",
    )
    app_redis_url: str | None = Field(
        None, validation_alias="APP_REDIS_REST_URL", description="The app's Redis, Upstash REST."
    )
    app_redis_token: SecretStr | None = Field(
        None, validation_alias="APP_REDIS_REST_TOKEN", description="Token of that address."
    )
    rollback_budget: Seconds = Field(
        timedelta(seconds=60),
        validation_alias="ROLLBACK_BUDGET_SECONDS",
        description="A rollback that takes longer is overdue: alerted, and still finished.",
    )

    def switch_method(self, environment: Environment) -> SwitchMethod:
        """Instant Rollback moves production's domains, whatever it is asked for."""
        if environment is Environment.PRODUCTION:
            return self.switch_method_production
        return SwitchMethod.ALIAS
