"""Copies in the store: the rows, then the manifest that names them.

Each copy has keys of its own and is never written over. What no manifest names is nobody's.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from lib.archive.models import (
    DATA,
    MANIFEST,
    Column,
    Corrupted,
    Kept,
    Manifest,
    data_key,
    read_manifest,
)
from lib.archive.packing import Packer, unpack
from lib.archive.s3 import Held, Store, Upload


def new_key(kept: Kept, database: str) -> str:
    return f"{kept.folder(database)}{uuid4().hex}{MANIFEST}"


@dataclass(slots=True)
class Writing:
    """A copy on its way to the store. Called from threads, one call at a time."""

    store: Store
    key: str
    now: datetime
    _packer: Packer = field(default_factory=Packer)
    _upload: Upload | None = None

    def take(self, plain: bytes) -> None:
        self._to_store().write(self._packer.pack(plain))

    def end(
        self,
        kept: Kept,
        database: str,
        columns: tuple[Column, ...],
        made_by: dict[str, str],
        replaces: tuple[str, ...] = (),
    ) -> Manifest:
        upload = self._to_store()
        upload.write(self._packer.end())
        upload.end()
        manifest = Manifest(
            key=self.key,
            database=database,
            kept=kept,
            columns=columns,
            content=self._packer.content,
            exported_at=self.now,
            made_by=made_by,
            replaces=replaces,
        )
        self.store.put(self.key, manifest.written(), self.now)
        return manifest

    def _to_store(self) -> Upload:
        if self._upload is None:
            self._upload = self.store.upload(data_key(self.key), self.now)
        return self._upload


def manifest_of(store: Store, key: str, sha256: str = "") -> Manifest:
    """`sha256`: what the app's database knows of it. Raises Corrupted."""
    written = store.get(key)
    if written is None:
        raise Corrupted(f"{key} is not in the store.")
    manifest = read_manifest(key, written)
    if sha256 and manifest.content.plain_sha256 != sha256:
        raise Corrupted(f"{key} is not the manifest that was written with this archive.")
    return manifest


def rows_of(store: Store, manifest: Manifest) -> Iterator[bytes]:
    """In blocks of COPY's text; whoever reads to the end has every byte compared."""
    blocks = store.read(manifest.data_key)
    if blocks is None:
        raise Corrupted(f"{manifest.data_key} is not in the store.")
    yield from unpack(manifest.data_key, blocks, manifest.content)


def read_back(store: Store, manifest: Manifest) -> None:
    """Every byte. Raises Corrupted."""
    deque(rows_of(store, manifest), maxlen=0)


async def verify(store: Store, key: str, sha256: str = "") -> Manifest:
    """Manifest and rows as they are in the store now. Raises Corrupted."""
    manifest = await asyncio.to_thread(manifest_of, store, key, sha256)
    await asyncio.to_thread(read_back, store, manifest)
    return manifest


def discard(store: Store, manifest_key: str) -> Held | None:
    """The rows first: without their manifest nobody would look for them."""
    store.end_uploads(data_key(manifest_key))
    held = store.delete(data_key(manifest_key))
    return held or store.delete(manifest_key)


@dataclass(frozen=True, slots=True)
class Found:
    """What the store has below a folder."""

    manifests: tuple[Manifest, ...]
    unreadable: tuple[str, ...]  #: manifests of which nobody knows what their copies hold
    strays: tuple[str, ...]  #: data without a manifest


def look(store: Store, folder: str) -> Found:
    keys = [key for key in store.keys(folder) if key.endswith(MANIFEST)]
    manifests, unreadable = [], []
    for key in sorted(keys):
        try:
            manifests.append(manifest_of(store, key))
        except Corrupted:
            unreadable.append(key)
    strays = [
        key
        for key in store.versioned_keys(folder)
        if key.endswith(DATA) and key.removesuffix(DATA) + MANIFEST not in keys
    ]
    return Found(tuple(manifests), tuple(unreadable), tuple(strays))
