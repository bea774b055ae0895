"""README's table of settings, made from the settings class: python -m dev.settings_table."""

import re
import sys
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from lib.settings import Settings

README = Path(__file__).resolve().parents[1] / "README.md"
TABLE = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def table() -> str:
    rows = [row(field) for field in Settings.model_fields.values()]
    return "\n".join(["| variable | default | what it is |", "|---|---|---|", *rows]) + "\n"


def row(field: FieldInfo) -> str:
    names = " or ".join(f"`{name}`" for name in variable_names(field))
    return f"| {names} | {default(field)} | {field.description} |"


def variable_names(field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [str(name) for name in names]


def secret_names() -> list[str]:
    """The variables whose values nobody may see."""
    return [
        variable_names(field)[0]
        for field in Settings.model_fields.values()
        if "SecretStr" in f"{field.annotation} {field.metadata}"
    ]


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value: Any = field.default
    if hasattr(value, "total_seconds"):
        return f"`{value.total_seconds():.12g}`"
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    return f"`{value}`" if value else "unset"


def written(text: str) -> str:
    """The README with the table as it should be."""
    return TABLE.sub(lambda found: found[1] + table() + found[2], text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md has the settings as they are.\n")
