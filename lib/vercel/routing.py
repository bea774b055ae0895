"""Which deployment an environment's hosts serve, by the environment's switch method."""

from dataclasses import dataclass

from lib import errors
from lib.rollback.models import Environment, SwitchMethod
from lib.settings import Settings
from lib.vercel.client import VercelClient
from lib.vercel.models import Deployment


@dataclass(frozen=True, slots=True)
class Routing:
    vercel: VercelClient
    settings: Settings

    async def live(self, environment: Environment) -> Deployment | None:
        """None: nothing was ever live there."""
        try:
            if self.settings.switch_method(environment) is SwitchMethod.ALIAS:
                return await self.vercel.deployment(self.settings.alias(environment))
            project = await self.vercel.project()
            return await self.vercel.deployment(project.live) if project.live else None
        except errors.VercelMissing:
            return None

    async def hosts(self, environment: Environment) -> list[str]:
        """The hosts that visitors use; only these are probed and verified."""
        if self.settings.switch_method(environment) is SwitchMethod.ALIAS:
            return [self.settings.alias(environment)]
        return (await self.vercel.project()).hosts
