"""The built folder, read: its functions, its static files, its compiled routes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HANDLER = "vc__handler__python.py"


@dataclass(frozen=True, slots=True)
class Function:
    source: str  #: the file it was made from, as `api/rollback/status/[id].py`
    folder: Path
    files: dict[str, str]  #: path in the bundle -> path in the tree
    max_duration: int | None
    runtime: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Build:
    tree: Path
    functions: list[Function]
    static: list[str]
    routes: list[dict[str, Any]]
    crons: list[dict[str, str]] = field(default_factory=list)


def read_build(tree: Path) -> Build:
    output = tree / ".vercel" / "output"
    config = json.loads((output / "config.json").read_text())
    return Build(
        tree=tree,
        functions=read_functions(output / "functions"),
        static=sorted(files_under(output / "static")),
        routes=config.get("routes", []),
        crons=config.get("crons", []),
    )


def read_functions(root: Path) -> list[Function]:
    folders = (config.parent for config in root.rglob("*.func/.vc-config.json"))
    return sorted((read_function(root, folder) for folder in folders), key=lambda one: one.source)


def read_function(root: Path, folder: Path) -> Function:
    config = json.loads((folder / ".vc-config.json").read_text())
    return Function(
        source=f"{folder.relative_to(root).as_posix().removesuffix('.func')}.py",
        folder=folder,
        files=config.get("filePathMap", {}),
        max_duration=config.get("maxDuration"),
        runtime=config.get("runtime", ""),
        environment=config.get("environment", {}),
    )


def files_under(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
