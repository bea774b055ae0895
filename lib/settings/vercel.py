"""The platform, where the app is on it, and what it sends here."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic.functional_validators import AfterValidator

from lib.rollback.models import Environment
from lib.settings.kinds import Group, host_pattern, host_suffix
from lib.vercel.hosts import DEPLOYMENT_SUFFIX


class Vercel(Group):
    vercel_api_url: str = Field(
        "https://api.vercel.com",
        validation_alias="VERCEL_API_URL",
        description="The platform's REST API.",
    )
    vercel_token: SecretStr = Field(
        SecretStr(""),
        validation_alias="VERCEL_TOKEN",
        description="Token for it, for the app's project. Unset: nothing can be switched.",
    )
    vercel_team_id: str = Field(
        "", validation_alias="VERCEL_TEAM_ID", description="Team that owns the app's project."
    )
    app_project_id: str = Field(
        "", validation_alias="APP_PROJECT_ID", description="The app's project (not this one)."
    )
    deployment_suffix: Annotated[str, AfterValidator(host_suffix)] = Field(
        DEPLOYMENT_SUFFIX,
        validation_alias="DEPLOYMENT_SUFFIX",
        description="Under which the app's deployments have their own addresses: no other one is "
        "probed.",
    )
    alias_pattern: Annotated[str, AfterValidator(host_pattern)] = Field(
        "{environment}-wedsync.vercel.app",
        validation_alias="ALIAS_PATTERN",
        description="Host of an environment's live alias.",
    )
    edge_url: str | None = Field(
        None,
        validation_alias="EDGE_URL",
        description="Where requests to the app's hosts are sent, the host in the Host header. "
        "Unset: `https://<host>`.",
    )
    app_protection_bypass_secret: SecretStr | None = Field(
        None,
        validation_alias="APP_PROTECTION_BYPASS_SECRET",
        description="Lets probes through the app's deployment protection.",
    )
    cron_secret: SecretStr | None = Field(
        None,
        validation_alias="CRON_SECRET",
        description="The platform sends it to the sweep. Unset: the sweep is closed.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        validation_alias="WEBHOOK_SECRET",
        description="Signs the platform's webhooks. Unset: the webhook is closed.",
    )

    def alias(self, environment: Environment) -> str:
        return self.alias_pattern.format(environment=environment)
