"""Sends events to their subscribers: signed, at least once, in no particular order."""

import asyncio
import hashlib
import hmac

import httpx

from dev.platform.cloud import Cloud
from dev.platform.state import Delivery

TIMEOUT_SECONDS = 30
PAUSE_AT_MOST_SECONDS = 60


def signature(body: bytes, secret: str) -> str:
    """As the platform signs webhooks and drains: hex HMAC-SHA1 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


async def post_until_accepted(
    http: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str], pause: float
) -> None:
    """Again and again, with growing pauses, until the answer is 2xx."""
    while True:
        try:
            answer = await http.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            pass
        else:
            if answer.is_success:
                return
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_AT_MOST_SECONDS)


class Webhooks:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS)
        self.under_way: dict[int, asyncio.Task[None]] = {}

    def send_waiting(self) -> None:
        """Take up everything in the outbox that is not under way yet."""
        for delivery in self.cloud.state.outbox:
            if id(delivery) not in self.under_way:
                self.under_way[id(delivery)] = asyncio.create_task(self._send(delivery))

    def cancel(self) -> None:
        for task in self.under_way.values():
            task.cancel()
        self.under_way.clear()

    async def _send(self, delivery: Delivery) -> None:
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Vercel Webhook",
            "x-vercel-signature": signature(body, delivery.secret),
        }
        pause = self.cloud.config.redelivery_seconds
        await post_until_accepted(self.http, delivery.url, body, headers, pause)
        self.under_way.pop(id(delivery), None)
        self.cloud.state.outbox = [d for d in self.cloud.state.outbox if d is not delivery]
        self.cloud.memory.save()
