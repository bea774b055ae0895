"""The log drain: what happened to each request at the edge, sent in signed batches of NDJSON.

One request gives several entries that share its id, as on the platform.
"""

import asyncio
import json
import secrets
from collections import deque
from typing import Any

import httpx

from dev.platform.cloud import Cloud
from dev.platform.config import Endpoint
from dev.platform.edge import Visit
from dev.platform.webhooks import TIMEOUT_SECONDS, post_until_accepted, signature

BATCH_ENTRIES = 100
#: While a receiver is away the newest are kept.
WAITING_ENTRIES = 20_000
CRASHED = -1
SERVER_ERROR = 500

Entry = dict[str, Any]


class Drain:
    """Everything for one receiver."""

    def __init__(self, cloud: Cloud, endpoint: Endpoint) -> None:
        self.cloud = cloud
        self.endpoint = endpoint
        self.waiting: deque[Entry] = deque(maxlen=WAITING_ENTRIES)
        self.http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS)

    def watch(self, visit: Visit) -> None:
        self.waiting.extend(entries(visit, self.cloud.config.project_id))

    def clear(self) -> None:
        self.waiting.clear()

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(self.cloud.config.drain_seconds)
                while self.waiting:
                    await self._send(self._take_batch())
        finally:
            await self.http.aclose()

    def _take_batch(self) -> list[Entry]:
        return [self.waiting.popleft() for _ in range(min(BATCH_ENTRIES, len(self.waiting)))]

    async def _send(self, batch: list[Entry]) -> None:
        body = "".join(f"{json.dumps(entry)}\n" for entry in batch).encode()
        headers = {
            "content-type": "application/x-ndjson",
            "user-agent": "VercelDrain/1.0",
            "x-vercel-signature": signature(body, self.endpoint.secret),
        }
        pause = self.cloud.config.redelivery_seconds
        await post_until_accepted(self.http, self.endpoint.url, body, headers, pause)


def entries(visit: Visit, project_id: str) -> list[Entry]:
    """A line that the function wrote, what it wrote of an error, and how the request ended."""
    failed = visit.status >= SERVER_ERROR
    lines = [("stdout", "info", f"{visit.method} {visit.path}")]
    if visit.said:
        lines.append(("stderr", "error", visit.said) if failed else ("stdout", "info", visit.said))
    if failed:
        lines.append(("stderr", "error", visit.error or "Unhandled error in the request"))
    ended = f"{visit.request_id} ended after {visit.seconds * 1000:.0f} ms"
    lines.append(("end", "error" if failed else "info", ended))
    return [
        {
            "id": secrets.token_hex(10),
            "requestId": visit.request_id,
            "deploymentId": visit.deployment.id,
            "projectId": project_id,
            "environment": visit.deployment.target,
            "host": visit.host,
            "timestamp": int(visit.started * 1000),
            "source": "lambda",
            "type": kind,
            "level": level,
            "message": message,
            "path": visit.path,
            "statusCode": status_code(visit),
            "proxy": proxy(visit),
        }
        for kind, level, message in lines
    ]


def status_code(visit: Visit) -> int:
    return CRASHED if visit.error == "FUNCTION_INVOCATION_FAILED" else visit.status


def proxy(visit: Visit) -> Entry:
    return {
        "timestamp": int(visit.started * 1000),
        "method": visit.method,
        "scheme": "https",
        "host": visit.host,
        "path": visit.path,
        "pathType": "func",
        "statusCode": visit.status,
        "clientIp": visit.client,
        "userAgent": [visit.user_agent],
        "region": "dev1",
        "vercelId": visit.request_id,
    }
