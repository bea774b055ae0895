"""Takes the README's pictures of the dashboard as it is now, while `make dev` runs:
`python -m tests.browser.screenshots [--data FOLDER]`.
"""

import argparse
import asyncio
from pathlib import Path

from playwright.async_api import async_playwright

from dev.browser import LAUNCH_ARGS, chrome_path
from dev.places import DATA
from dev.testing import current
from tests.browser.screen import DESKTOP, PHONE, Screen

IMAGES = Path("docs/images")
PICTURES = {"phone": (PHONE, 844), "desktop": (DESKTOP, 800)}


async def take(address: str, token: str, folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chrome_path(), args=LAUNCH_ARGS)
        for name, (width, height) in PICTURES.items():
            page = await browser.new_page(
                viewport={"width": width, "height": height}, reduced_motion="reduce"
            )
            await Screen(page, address).sign_in(token)
            await page.wait_for_selector("#history")
            file = folder / f"deployments-{name}.png"
            await page.screenshot(path=file, full_page=name == "desktop")
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the stack's folder")
    stack = current(parser.parse_args().data)
    IMAGES.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(stack["control_plane"], stack["tokens"]["operator"], IMAGES))


if __name__ == "__main__":
    main()
