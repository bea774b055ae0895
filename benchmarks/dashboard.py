"""`python -m benchmarks.dashboard`: how soon the emergency button works, and what Lighthouse says.

A local stack with a live version; Chromium, a new profile each time, as a signed-in operator on a
phone. The network is throttled in the browser, so a connection's own round trips are not in it.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, async_playwright

from benchmarks.table import show
from dev.browser import LAUNCH_ARGS, chrome_path
from dev.lighthouse import lighthouse_command
from dev.testing import running_stack
from tests.browser.screen import Screen

ROUNDS = 5
PATIENCE_SECONDS = 60
PHONE = {"width": 390, "height": 844}
BUTTON = "#rollback-btn[aria-disabled=false]"
CATEGORIES = ("performance", "accessibility", "best-practices")
AUDITS = ("cumulative-layout-shift", "total-blocking-time", "largest-contentful-paint")


@dataclass(frozen=True, slots=True)
class Network:
    kilobits: int
    round_trip_ms: int
    goal_seconds: float


#: The goals are the specification's.
NETWORKS = (Network(400, 400, 3), Network(400, 2000, 6))


@dataclass(frozen=True, slots=True)
class Opened:
    usable_seconds: float
    requests: int
    kilobytes: float


async def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), crons=False) as stack,
    ):
        address = stack["control_plane"]
        token = stack["tokens"]["operator"]
        release_twice(stack, token)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chrome_path(), args=LAUNCH_ARGS
            )
            rows = [await measured(browser, address, token, network) for network in NETWORKS]
            await browser.close()
        show([("network", "button works after", "goal", "requests", "KB over the wire"), *rows])
        print(flush=True)
        show([("lighthouse, mobile", ""), *lighthouse(address, token)])
    return 0


def release_twice(stack: dict[str, Any], token: str) -> None:
    """There is a version to go back to: without one the button explains, and does nothing."""
    authorization = {"authorization": f"Bearer {stack['vercel_token']}"}
    for _ in range(2):
        httpx.post(
            f"{stack['vercel_api']}/_dev/releases",
            json={"version": "good"},
            headers=authorization,
            params={"teamId": stack["team_id"]},
            timeout=PATIENCE_SECONDS,
        ).raise_for_status()
    address = f"{stack['control_plane']}/api/overview"
    operator = {"authorization": f"Bearer {token}"}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not httpx.get(address, headers=operator, timeout=PATIENCE_SECONDS).json()["recommended"]:
        if time.monotonic() > deadline:
            raise TimeoutError("The releases were not heard of.")
        time.sleep(0.2)


def sign_in(address: str, token: str) -> str:
    """The session's cookie, as a header says it."""
    answer = httpx.post(
        f"{address}/api/session", json={"token": token}, headers={"origin": address}, timeout=30
    ).raise_for_status()
    return str(answer.headers["set-cookie"]).partition(";")[0]


async def measured(browser: Browser, address: str, token: str, network: Network) -> tuple[str, ...]:
    await opened(browser, address, token, network)  # the functions' cold start is another number
    rounds = [await opened(browser, address, token, network) for _ in range(ROUNDS)]
    return (
        f"{network.kilobits} kbit/s, {network.round_trip_ms} ms",
        f"{statistics.median(one.usable_seconds for one in rounds):.1f} s",
        f"{network.goal_seconds:g} s",
        str(rounds[-1].requests),
        f"{rounds[-1].kilobytes:.0f}",
    )


async def opened(browser: Browser, address: str, token: str, network: Network) -> Opened:
    context = await browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = await context.new_page()
    await Screen(page, address).sign_in(token)
    await page.goto("about:blank")
    devtools = await context.new_cdp_session(page)
    sizes: list[int] = []

    def note(finished: dict[str, Any]) -> None:
        sizes.append(finished["encodedDataLength"])

    await devtools.send("Network.enable")
    await devtools.send("Network.clearBrowserCache")
    devtools.on("Network.loadingFinished", note)
    bytes_per_second = network.kilobits * 1000 / 8
    await devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": network.round_trip_ms,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second,
        },
    )
    loop = asyncio.get_running_loop()
    started = loop.time()
    await page.goto(f"{address}/admin/deployments", wait_until="commit", timeout=60_000)
    await page.wait_for_selector(BUTTON, timeout=60_000)
    usable_seconds = loop.time() - started
    await page.wait_for_selector("#history", timeout=60_000)
    await context.close()
    return Opened(usable_seconds, len(sizes), sum(sizes) / 1000)


def lighthouse(address: str, token: str) -> list[tuple[str, str]]:
    flags = " ".join(["--headless=new", *LAUNCH_ARGS])
    command = [
        *lighthouse_command(),
        f"{address}/admin/deployments",
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={flags}",
        "--extra-headers=" + json.dumps({"Cookie": sign_in(address, token)}),
    ]
    environment = os.environ | {"CHROME_PATH": chrome_path()}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    report = json.loads(done.stdout)
    scores = [(name, f"{report['categories'][name]['score'] * 100:.0f}") for name in CATEGORIES]
    values = [(name, str(report["audits"][name]["displayValue"])) for name in AUDITS]
    return scores + values


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
