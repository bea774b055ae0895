"""What an archive is, and the document that tells of its copy in the store. Pure."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote as quote_key

from lib.commands import Code, Stopped
from lib.schema.models import quote

FORMAT = 1
#: What a part of the log of conflicts is called in the list.
CONFLICTS = "conflicts"
DATA, MANIFEST = ".copy.gz", ".json"


class StoreAway(Stopped):
    """The store did not answer, or failed; later it may."""

    code = Code.AWAY


class Corrupted(Stopped):
    """A copy in the store is not what was written there."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a copy: equal if every byte is."""

    rows: int
    plain_bytes: int
    plain_sha256: str
    packed_bytes: int
    packed_sha256: str

    def differences(self, found: "Content") -> str:
        ours, theirs = asdict(self), asdict(found)
        return ", ".join(
            f"{name} is {theirs[name]} in place of {ours[name]}"
            for name in ours
            if ours[name] != theirs[name]
        )


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  #: as format_type() writes it, qualified: character varying(5), public.mood
    not_null: bool

    @property
    def sql(self) -> str:
        return f"{quote(self.name)} {self.type}{' NOT NULL' if self.not_null else ''}"


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that was put aside, as the list in the app's database has it."""

    run_id: str
    kept_in: str  #: its table in `_rollback`
    table: str  #: where its rows came from
    constraint: str
    what: str
    kept_at: datetime

    @property
    def sql(self) -> str:
        return quote("_rollback", self.kept_in)

    def folder(self, database: str) -> str:
        return f"{database}/{self.run_id}/{quote_key(self.kept_in, safe='')}/"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Enough to make the table again where the app's database lost everything about it."""

    key: str
    database: str
    kept: Kept
    columns: tuple[Column, ...]
    content: Content
    exported_at: datetime
    made_by: dict[str, str]
    #: Manifests, all of them, whose copies hold rows that were erased here.
    replaces: tuple[str, ...] = ()

    @property
    def data_key(self) -> str:
        return data_key(self.key)

    def written(self) -> bytes:
        facts = {"format": FORMAT, **asdict(self), "data_key": self.data_key}
        facts["kept"]["kept_at"] = self.kept.kept_at.isoformat()
        facts["exported_at"] = self.exported_at.isoformat()
        return json.dumps(facts, indent=2, ensure_ascii=False).encode()


def data_key(manifest_key: str) -> str:
    return manifest_key.removesuffix(MANIFEST) + DATA


def read_manifest(key: str, data: bytes) -> Manifest:
    """Raises Corrupted."""
    try:
        facts: dict[str, Any] = json.loads(data)
        if facts["format"] != FORMAT:
            raise Corrupted(f"{key} has format {facts['format']}: a newer version made it.")
        kept = facts["kept"]
        manifest = Manifest(
            key=facts["key"],
            database=facts["database"],
            kept=Kept(**(kept | {"kept_at": datetime.fromisoformat(kept["kept_at"])})),
            columns=tuple(Column(**column) for column in facts["columns"]),
            content=Content(**facts["content"]),
            exported_at=datetime.fromisoformat(facts["exported_at"]),
            made_by=facts["made_by"],
            replaces=tuple(facts["replaces"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupted(f"{key} cannot be read: it is no manifest of an archive.") from error
    if manifest.key != key:
        raise Corrupted(f"{key} is a copy of {manifest.key}, and not the manifest of an archive.")
    return manifest


def superseded(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """Keys of those that another replaces, each with the newest that does."""
    oldest_first = sorted(manifests, key=lambda one: one.exported_at)
    return {old: manifest for manifest in oldest_first for old in manifest.replaces}


@dataclass(frozen=True, slots=True)
class Told:
    """How it ended for one archive. A sentence may show a value: it is in no log of ours."""

    code: Code
    sentence: str
    kept: Kept | None = None
    rows: int = 0
    manifest: str = ""
