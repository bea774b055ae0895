"""What only the set-up asks of the platform: the team's webhooks and drains, our own variables.

As the platform's client library describes it (@vercel/sdk 1.28.35, read 2026-11-26); the address
of a drain's verification code is told by its Terraform provider only.
"""

from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

from pydantic import AliasPath, Field

from lib import errors
from lib.vercel.client import VercelClient, understand
from lib.vercel.models import Variable, Variables, VercelModel


class Webhook(VercelModel):
    id: str
    url: str
    events: list[str] = Field(default_factory=list)
    project_ids: list[str] = Field(default_factory=list, alias="projectIds")
    created_at: int = Field(0, alias="createdAt")
    #: Told once, when it is made.
    secret: str = Field("", repr=False)


class Webhooks(VercelModel):
    items: list[Webhook] = Field(default_factory=list)


class Sampling(VercelModel):
    rate: float


class Drain(VercelModel):
    id: str
    url: str = Field("", validation_alias=AliasPath("delivery", "endpoint"))
    project_ids: list[str] | None = Field(None, alias="projectIds")
    sources: list[str] | None = Field(
        None, validation_alias=AliasPath("filterV2", "filter", "log", "sources")
    )
    environments: list[str] | None = Field(
        None, validation_alias=AliasPath("filterV2", "filter", "deployment", "environments")
    )
    sampling: list[Sampling] | None = None
    status: str = "enabled"
    created_at: int = Field(0, alias="createdAt")


class Drains(VercelModel):
    drains: list[Drain] = Field(default_factory=list)


class Verification(VercelModel):
    code: str = Field(alias="verificationCode")


class Rolling(VercelModel):
    """Of GET …/rolling-release/config."""

    config: dict[str, Any] | None = Field(None, alias="rollingRelease")


@dataclass(frozen=True, slots=True)
class Account(VercelClient):
    """`project_id` is the app's; `own_project_id` this control plane's."""

    own_project_id: str

    async def own_variables(self) -> dict[str, Variable]:
        body = await self._read(f"/v10/projects/{self.own_project_id}/env")
        found = understand(Variables, body).envs
        return {one.key: one for one in found if one.is_for("production")}

    async def set_own(
        self, key: str, value: str, *, comment: str = "", kind: str = "sensitive"
    ) -> None:
        """For production, in place of the one that there is."""
        order = {"key": key, "value": value, "type": kind, "comment": comment}
        try:
            await self._call(
                HTTPMethod.POST,
                f"/v10/projects/{self.own_project_id}/env",
                params={"upsert": "true"},
                json=order | {"target": ["production"]},
            )
        except errors.Upstream as error:
            # The platform's own words may repeat what they are about.
            error.args = (str(error).replace(value, "…"),)
            raise

    async def webhooks(self) -> list[Webhook]:
        return understand(Webhooks, await self._read("/v1/webhooks")).items

    async def create_webhook(self, url: str, events: list[str]) -> Webhook:
        order = {"url": url, "events": events, "projectIds": [self.project_id]}
        return understand(Webhook, await self._call(HTTPMethod.POST, "/v1/webhooks", json=order))

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._call(HTTPMethod.DELETE, f"/v1/webhooks/{webhook_id}")

    async def drains(self) -> list[Drain]:
        return understand(Drains, await self._read("/v1/drains")).drains

    async def create_drain(self, order: dict[str, Any]) -> Drain:
        return understand(Drain, await self._call(HTTPMethod.POST, "/v1/drains", json=order))

    async def update_drain(self, drain_id: str, order: dict[str, Any]) -> None:
        await self._call(HTTPMethod.PATCH, f"/v1/drains/{drain_id}", json=order)

    async def delete_drain(self, drain_id: str) -> None:
        await self._call(HTTPMethod.DELETE, f"/v1/drains/{drain_id}")

    async def verification_code(self) -> str:
        return understand(Verification, await self._read("/v1/verify-endpoint")).code

    async def delete_check(self, check_id: str) -> None:
        await self._call(HTTPMethod.DELETE, f"/v2/projects/{self.project_id}/checks/{check_id}")

    async def rolling_config(self) -> dict[str, Any] | None:
        path = f"/v1/projects/{self.project_id}/rolling-release/config"
        return understand(Rolling, await self._read(path)).config

    async def set_rolling_config(self, config: dict[str, Any]) -> None:
        path = f"/v1/projects/{self.project_id}/rolling-release/config"
        await self._call(HTTPMethod.PATCH, path, json=config)
