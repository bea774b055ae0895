"""A Firefox, and what drives it over WebDriver BiDi: a second engine for the dashboard."""

import os
import shutil
from pathlib import Path

from dev import npm
from dev.browser import BrowserMissing, debian_package

NAMES = ("firefox-esr", "firefox")
MAC = Path("/Applications/Firefox.app/Contents/MacOS/firefox")


def firefox_path() -> str:
    """FIREFOX_PATH, one on PATH, or Debian's where this is root. Raises BrowserMissing."""
    found = os.environ.get("FIREFOX_PATH") or on_path() or (str(MAC) if MAC.exists() else None)
    found = found or (on_path() if debian_package("firefox-esr") else None)
    if not found:
        raise BrowserMissing(
            "This test needs a Firefox and none was found. Install one (apt-get install "
            "firefox-esr, or brew install --cask firefox), or set FIREFOX_PATH."
        )
    return found


def on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def driver() -> Path:
    """puppeteer-core's module; installed the first time. Raises NodeMissing, InstallFailed."""
    modules = npm.installed(Path(__file__).parent, "second-engine")
    return modules / "puppeteer-core" / "lib" / "esm" / "puppeteer" / "puppeteer-core.js"
