"""One deployment's process. The listening socket is handed over as file descriptor LISTEN_FD."""

import os
from importlib import import_module

from dev.sample_app.settings import read_settings
from dev.sample_app.versions import find_version


def main() -> None:
    settings = read_settings()
    if find_version(settings.version).crashes:
        raise SystemExit("ImportError: cannot import name 'Timeline' from 'framework'")
    # Only now: a version that crashes on start crashes at once, not after half a second.
    import_module("dev.sample_app.server").serve(settings, int(os.environ["LISTEN_FD"]))


if __name__ == "__main__":
    main()
