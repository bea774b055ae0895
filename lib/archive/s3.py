"""The store: any that speaks S3. Every call ends in bounded time, with an answer or a sentence."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from lib.archive.answers import Lacking, NotThere, understood
from lib.archive.models import StoreAway
from lib.commands import Stopped

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5.0, 20.0, 3
#: All that is held of an object in memory. 10,000 parts is the most that S3 takes: 160 GB packed.
PART_BYTES = 16 * 2**20
READ_BYTES = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Place:
    """`lock_for`: where the bucket has object lock, and no retention of its own."""

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    lock_for: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Held:
    """A copy that the store does not let go of. `until` is None for a legal hold."""

    key: str
    until: datetime | None

    @property
    def sentence(self) -> str:
        until = f"{self.until:%Y-%m-%d %H:%M} UTC" if self.until else "its legal hold is lifted"
        return f"{self.key} cannot be deleted until {until}"


class Store:
    """Keys are without the place's prefix."""

    def __init__(
        self, place: Place, *, read_seconds: float = READ_SECONDS, attempts: int = ATTEMPTS
    ) -> None:
        self._place = place
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            # Checksums that not every store knows; ours are MD5 here, and SHA-256 in the manifest.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if place.endpoint_url else "auto"},
        )
        with self._understood():
            self._client: Any = boto3.client(
                "s3", endpoint_url=place.endpoint_url, region_name=place.region, config=config
            )
        self._has_lock: bool | None = None
        self._has_versions: bool | None = None

    def put(self, key: str, data: bytes, now: datetime) -> None:
        with self._understood():
            self._client.put_object(
                **self._at(key), Body=data, ContentMD5=md5(data), **self._lock(now)
            )

    def upload(self, key: str, now: datetime) -> "Upload":
        with self._understood():
            return Upload(self._client, self._at(key), self._lock(now))

    def get(self, key: str) -> bytes | None:
        blocks = self.read(key)
        return None if blocks is None else b"".join(blocks)

    def read(self, key: str) -> Iterator[bytes] | None:
        """In blocks, as they come; None if there is no such object."""
        try:
            with self._understood():
                body = self._client.get_object(**self._at(key))["Body"]
        except NotThere:
            return None
        return self._blocks(body)

    def _blocks(self, body: Any) -> Iterator[bytes]:
        try:
            with self._understood():
                while block := body.read(READ_BYTES):
                    yield block
        finally:
            body.close()

    def keys(self, folder: str) -> list[str]:
        return [self._ours(item["Key"]) for item in self._listed("list_objects_v2", folder)]

    def folders(self) -> list[str]:
        """The databases that something of is here."""
        with self._understood():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=self._place.prefix, Delimiter="/"
            )
            found = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]
        return [self._ours(key) for key in found]

    def end_uploads(self, folder: str) -> None:
        """Parts of objects that were never finished: nobody lists them, and they hold rows."""
        with suppress(Lacking), self._understood():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._place.bucket, Prefix=self._place.prefix + folder
            )
            for one in [one for page in pages for one in page.get("Uploads", ())]:
                with suppress(NotThere), self._understood():
                    self._client.abort_multipart_upload(
                        Bucket=self._place.bucket, Key=one["Key"], UploadId=one["UploadId"]
                    )

    def delete(self, key: str) -> Held | None:
        """With every version of it. Held if the store keeps one of them."""
        at, held = self._at(key), None
        for version in self._versions(key):
            try:
                with self._understood():
                    self._client.delete_object(**at, **version)
            except NotThere:
                continue
            except StoreAway:
                raise
            except Stopped:
                held = self._held(key, version)
                if held is None:
                    raise
        return held

    def _held(self, key: str, version: dict[str, str]) -> Held | None:
        with self._understood():
            head = self._client.head_object(**self._at(key), **version)
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            return Held(key, None)
        until: datetime | None = head.get("ObjectLockRetainUntilDate")
        return Held(key, until) if until else None

    def versioned_keys(self, folder: str) -> list[str]:
        """Also those of which only older versions are left."""
        if not self._is_versioned():
            return self.keys(folder)
        found = self._listed("list_object_versions", folder)
        return sorted({self._ours(item["Key"]) for item in found})

    def _versions(self, key: str) -> list[dict[str, str]]:
        if not self._is_versioned():
            return [{}]
        return [
            {"VersionId": item["VersionId"]}
            for item in self._listed("list_object_versions", key)
            if self._ours(item["Key"]) == key
        ]

    def _listed(self, operation: str, prefix: str) -> list[dict[str, Any]]:
        with self._understood():
            pages = self._client.get_paginator(operation).paginate(
                Bucket=self._place.bucket, Prefix=self._place.prefix + prefix
            )
            kinds = ("Contents", "Versions", "DeleteMarkers")
            return [item for page in pages for kind in kinds for item in page.get(kind, ())]

    def _is_versioned(self) -> bool:
        if self._has_versions is None:
            self._has_versions = False
            with suppress(Lacking), self._understood():
                found = self._client.get_bucket_versioning(Bucket=self._place.bucket)
                self._has_versions = "Status" in found
        return self._has_versions

    def _lock(self, now: datetime) -> dict[str, Any]:
        """Nothing where the bucket has no object lock, or locks what it gets by itself."""
        if self._has_lock is None:
            self._has_lock = False
            with suppress(Lacking), self._understood():
                found = self._client.get_object_lock_configuration(Bucket=self._place.bucket)
                rules = found.get("ObjectLockConfiguration", {})
                is_on = rules.get("ObjectLockEnabled") == "Enabled"
                self._has_lock = is_on and "Rule" not in rules
        if not self._has_lock:
            return {}
        until = now + self._place.lock_for
        return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": self._place.prefix + key}

    def _ours(self, key: str) -> str:
        return key.removeprefix(self._place.prefix)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        with understood(self._place.bucket):
            yield


class Upload:
    """A new object, a part at a time. It is there once `end` has returned, and not before."""

    def __init__(self, client: Any, at: dict[str, str], lock: dict[str, Any]) -> None:
        self._client, self._at, self._lock = client, at, lock
        self._waiting = bytearray()
        self._id = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) >= PART_BYTES:
            self._send(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    def end(self) -> None:
        rest = bytes(self._waiting)
        with understood(self._at["Bucket"]):
            if not self._id:
                self._client.put_object(**self._at, Body=rest, ContentMD5=md5(rest), **self._lock)
                return
        if rest:
            self._send(rest)
        with understood(self._at["Bucket"]):
            self._client.complete_multipart_upload(
                **self._at, UploadId=self._id, MultipartUpload={"Parts": self._parts}
            )

    def _send(self, part: bytes) -> None:
        number = len(self._parts) + 1
        with understood(self._at["Bucket"]):
            if not self._id:
                begun = self._client.create_multipart_upload(**self._at, **self._lock)
                self._id = begun["UploadId"]
            sent = self._client.upload_part(
                **self._at,
                UploadId=self._id,
                PartNumber=number,
                Body=part,
                ContentMD5=md5(part),
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


def md5(data: bytes) -> str:
    """What S3 asks for beside a lock: it notices what was damaged on the way there."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
