"""Which deployment an environment's hosts serve, by the environment's switch method."""

import asyncio
from dataclasses import dataclass

from lib import errors
from lib.rollback.models import Environment, SwitchMethod
from lib.settings import Settings
from lib.vercel.client import VercelClient
from lib.vercel.models import Deployment, RollingRelease


@dataclass(frozen=True, slots=True)
class Routing:
    vercel: VercelClient
    settings: Settings

    async def live(self, environment: Environment) -> Deployment | None:
        """None: nothing was ever live there."""
        return (await self.standing(environment))[0]

    async def standing(
        self, environment: Environment
    ) -> tuple[Deployment | None, RollingRelease | None]:
        """What is live, and the rolling release by which it gets only some of the visitors.

        While one is active, live is the new deployment: it is what is judged, and what a rollback
        leaves.
        """
        served, rolling = await asyncio.gather(self._served(environment), self.rolling(environment))
        return (await self.vercel.deployment(rolling.canary) if rolling else served), rolling

    async def rolling(self, environment: Environment) -> RollingRelease | None:
        """The one that is active."""
        if environment is not Environment.PRODUCTION:
            return None
        last = await self.vercel.rolling_release()
        return last if last is not None and last.is_active else None

    async def hosts(self, environment: Environment) -> list[str]:
        """The hosts that visitors use; only these are probed and verified."""
        if self.settings.switch_method(environment) is SwitchMethod.ALIAS:
            return [self.settings.alias(environment)]
        return (await self.vercel.project()).hosts

    async def own_hosts(self, environment: Environment) -> list[str]:
        """Where the live deployment itself answers: while it rolls out, at no host of visitors'."""
        rolling = await self.rolling(environment)
        return [rolling.canary_url] if rolling else await self.hosts(environment)

    async def _served(self, environment: Environment) -> Deployment | None:
        try:
            if self.settings.switch_method(environment) is SwitchMethod.ALIAS:
                return await self.vercel.deployment(self.settings.alias(environment))
            project = await self.vercel.project()
            return await self.vercel.deployment(project.live) if project.live else None
        except errors.VercelMissing:
            return None
