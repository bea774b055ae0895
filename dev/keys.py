"""The secrets of one stack: made once, kept with its data, so that a restart has the same ones."""

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from dev import private_files

BYTES = 24


def fresh() -> str:
    """Hexadecimal: the command line takes a token with a dash for no token."""
    return secrets.token_hex(BYTES)


@dataclass
class Keys:
    vercel_token: str = field(default_factory=fresh)
    redis_token: str = field(default_factory=fresh)
    cron_secret: str = field(default_factory=fresh)
    webhook_secret: str = field(default_factory=fresh)
    drain_secret: str = field(default_factory=fresh)
    audit_secret: str = field(default_factory=fresh)
    #: Nobody asks for it here; it is in the addresses all the same, as it is where it counts.
    database_password: str = field(default_factory=fresh)
    #: Sign-in tokens by role, minted in the control plane's database.
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> Self:
        try:
            return cls(**private_files.read(file))
        except FileNotFoundError:
            return cls()

    def save(self, file: Path) -> None:
        private_files.write(file, asdict(self))
