"""Whom alerts are told."""

from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator

from lib.settings.kinds import Group, SecretAddress, WebAddress, signing_secret


class Notify(Group):
    on_call_phone: str | None = Field(
        None,
        validation_alias="ON_CALL_PHONE",
        description="Shown to people when they need a person.",
    )
    slack_webhook_url: SecretAddress | None = Field(
        None,
        validation_alias="SLACK_WEBHOOK_URL",
        description="A Slack incoming webhook that is told every alert.",
    )
    pagerduty_routing_key: SecretStr | None = Field(
        None,
        validation_alias="PAGERDUTY_ROUTING_KEY",
        description="Integration key of a PagerDuty service (Events API v2): alerts that need a "
        "person page, again and again until one acknowledges.",
    )
    pagerduty_events_url: WebAddress = Field(
        "https://events.pagerduty.com/v2/enqueue",
        validation_alias="PAGERDUTY_EVENTS_URL",
        description="PagerDuty's address; accounts in the EU have another.",
    )
    alert_webhook_secret: Annotated[SecretStr, AfterValidator(signing_secret)] | None = Field(
        None,
        validation_alias="ALERT_WEBHOOK_SECRET",
        description="Signs what is sent to `ALERT_WEBHOOK_URL`.",
    )
    alert_webhook_url: SecretAddress | None = Field(
        None,
        validation_alias="ALERT_WEBHOOK_URL",
        description="Any address that is told every alert in signed JSON.",
    )
    deadman_url: SecretAddress | None = Field(
        None,
        validation_alias="DEADMAN_URL",
        description="Gets a GET after each good sweep, healthchecks style: whoever serves it calls "
        "people when that stays away.",
    )

    @field_validator("alert_webhook_url")
    @classmethod
    def signed(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("alert_webhook_secret") is None:
            raise ValueError("nothing is sent unsigned: set ALERT_WEBHOOK_SECRET too")
        return value
