"""python -m dev.platform --config FILE: the simulator as a process, until it is told to end."""

import argparse
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from dev.platform import Config, Platform


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.platform", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file")
    file: Path = parser.parse_args().config
    try:
        config = Config.model_validate_json(file.read_text())
    except (OSError, ValidationError) as error:
        sys.exit(f"{file}: {error}")
    # Before any thread starts, so that they all leave these signals to us.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with Platform(config, say=say) as platform:
        say(f"platform ready: API {platform.api_url}, edge {platform.edge_url}")
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
