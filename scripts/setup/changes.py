"""What is there, what should be, and the changes between the two, each safe to repeat.

A secret is told once, when its webhook is made, and goes at once into our variable, whose comment
names the webhook. Whoever dies between the two leaves a webhook that no variable names: the next
run deletes it and makes another. The same holds for the drain and the check.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lib import errors
from lib.deployments.check import NAME as CHECK_NAME
from lib.vercel.models import Check, Variable
from scripts.setup.account import Account, Drain, Webhook
from scripts.setup.wanted import BELONGS, NO_CODE, Wanted, describe_gate, gate_of, holds

#: The sweep comes once a minute; five of them may be missed.
CHECK_TIMEOUT_SECONDS = 300
SET, UNSET, WILL_BE_MADE = "set", "not set", "will be made"


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    there: str
    #: None: as it is.
    will_be: str | None = None
    make: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    account: Account
    wanted: Wanted
    #: `2026-11`, of a new signing key.
    month: str

    async def plan(self) -> list[Change]:
        """Raises BadSettings, Upstream."""
        variables = await self.account.own_variables()
        webhook, kept = await self.webhook(variables)
        return [
            self.generated("CRON_SECRET", variables),
            self.generated("AUDIT_KEYS", variables),
            *(await self.drain(variables) if self.wanted.has_drain else []),
            webhook,
            *([await self.check(variables, kept)] if self.wanted.has_check else []),
            *await self.gate(),
        ]

    def generated(self, key: str, variables: dict[str, Variable]) -> Change:
        if key in variables:
            return Change(key, SET)

        async def make() -> None:
            value = secrets.token_hex(32)
            if key == "AUDIT_KEYS":
                # Readable: whoever checks the log elsewhere needs it.
                await self.account.set_own(key, f"{self.month}:{value}", kind="encrypted")
            else:
                await self.account.set_own(key, value)

        return Change(key, UNSET, WILL_BE_MADE, make)

    async def webhook(self, variables: dict[str, Variable]) -> tuple[Change, Webhook | None]:
        """And the one that stays, if one does."""
        url, secret = self.wanted.webhook_url, variables.get("WEBHOOK_SECRET")
        ours = [one for one in await self.account.webhooks() if one.url == url]
        bound = [one for one in ours if holds(secret, one.id, one.created_at)]
        kept = next((one for one in bound if self.wanted.is_webhook(one)), None)
        others = [one for one in ours if one is not kept]
        if kept and not others:
            return Change("webhook", url), kept

        async def make() -> None:
            for one in others:
                await gone(self.account.delete_webhook(one.id))
            if kept is None:
                made = await self.account.create_webhook(url, self.wanted.events)
                await self.store("WEBHOOK_SECRET", made.secret, made.id)

        will_be = f"{url}, {len(self.wanted.events)} events; WEBHOOK_SECRET {WILL_BE_MADE}"
        there = describe(len(ours), is_bound=bool(bound))
        return Change("webhook", there, "one of them" if kept else will_be, make), kept

    async def drain(self, variables: dict[str, Variable]) -> list[Change]:
        """The code first: the platform may ask for it when the drain is made."""
        return [self.verification(variables), await self.log_drain(variables)]

    def verification(self, variables: dict[str, Variable]) -> Change:
        key = "DRAIN_VERIFY_TOKEN"
        if key in variables:
            return Change(key, SET)

        async def make() -> None:
            try:
                code = await self.account.verification_code()
            except errors.VercelRejected as error:
                raise errors.BadSettings(NO_CODE.format(why=error)) from error
            await self.account.set_own(key, code)

        return Change(key, UNSET, "will be the team's", make)

    async def log_drain(self, variables: dict[str, Variable]) -> Change:
        url, secret = self.wanted.drain_url, variables.get("DRAIN_SECRET")
        ours = [one for one in await self.account.drains() if one.url == url]
        kept = next((one for one in ours if holds(secret, one.id, one.created_at)), None)
        others = [one for one in ours if one is not kept]
        if kept and not others and self.wanted.is_drain(kept):
            return Change("log drain", url)

        async def make() -> None:
            for one in others:
                await gone(self.account.delete_drain(one.id))
            if kept is None:
                value = secrets.token_hex(32)
                order = self.wanted.drain() | {"delivery": self.wanted.drain_delivery(value)}
                made = await self.account.create_drain(order)
                await self.store("DRAIN_SECRET", value, made.id)
            elif not self.wanted.is_drain(kept):
                await self.account.update_drain(kept.id, self.wanted.drain())

        will_be = f"{url}; DRAIN_SECRET {WILL_BE_MADE}"
        there = describe(len(ours), is_bound=kept is not None)
        return Change("log drain", there, describe_kept(kept) or will_be, make)

    async def check(self, variables: dict[str, Variable], webhook: Webhook | None) -> Change:
        known = variables.get("DEPLOYMENT_CHECK_ID")
        ours = [one for one in await self.account.checks() if one.name == CHECK_NAME]
        bound = [one for one in ours if holds(known, one.id, one.created_at)]
        kept = next((one for one in bound if is_announced(one, webhook)), None)
        others = [one for one in ours if one is not kept]
        if kept and not others:
            return Change("promotion check", f"blocks {kept.blocks}")

        async def make() -> None:
            for one in others:
                await gone(self.account.delete_check(one.id))
            if kept is None:
                made = await self.account.create_check(
                    CHECK_NAME,
                    webhook_id=webhook.id if webhook else None,
                    timeout_seconds=CHECK_TIMEOUT_SECONDS,
                )
                await self.store("DEPLOYMENT_CHECK_ID", made.id, made.id)

        there = describe(len(ours), is_bound=bool(bound))
        will_be = "blocks deployment-promotion; DEPLOYMENT_CHECK_ID will be set"
        return Change("promotion check", there, "one of them" if kept else will_be, make)

    async def gate(self) -> list[Change]:
        """Nothing where the setting leaves it as it is."""
        if self.wanted.gate is None:
            return []
        config = await self.account.rolling_config()
        there = describe_gate(gate_of(config))
        changed = self.wanted.rolling(config)
        if changed is None:
            return [Change("rolling releases' gate", there)]

        async def make() -> None:
            await self.account.set_rolling_config(changed)

        will_be = describe_gate(changed["gate"])
        if will_be == there:
            will_be += ", by these settings"
        return [Change("rolling releases' gate", there, will_be, make)]

    async def store(self, key: str, value: str, owner: str) -> None:
        await self.account.set_own(key, value, comment=BELONGS.format(id=owner))


def is_announced(check: Check, webhook: Webhook | None) -> bool:
    return webhook is not None and check.webhook_id in (None, webhook.id)


def describe(number: int, *, is_bound: bool) -> str:
    if not number:
        return "none"
    if number > 1:
        return f"{number} of them"
    return "with other settings" if is_bound else "there, and its secret is stored nowhere"


def describe_kept(drain: Drain | None) -> str | None:
    return "as these settings have it, with the secret that it has" if drain else None


async def gone(deletion: Awaitable[None]) -> None:
    """Somebody else was faster: that is as good."""
    try:
        await deletion
    except errors.VercelMissing:
        return
