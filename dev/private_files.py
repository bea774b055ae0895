"""Small JSON files that hold secrets: readable by their owner alone, never half-written."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODE = 0o600


def write(file: Path, content: Mapping[str, Any]) -> None:
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(descriptor, "w") as opened:
        json.dump(content, opened, indent=2)
        opened.write("\n")
    temporary.replace(file)


def read(file: Path) -> dict[str, Any]:
    """Raises FileNotFoundError."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content
