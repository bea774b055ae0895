"""What of a batch counts, as what, and when. Pure: no I/O and no clock.

A request is counted by entries that carry `proxy`, at proxy.timestamp; the worst status of its
entries wins.
"""

import hashlib
import re
from binascii import b2a_base64
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from lib.health.evidence import BUCKET_SECONDS
from lib.traffic.active import FIELD, read_flags
from lib.traffic.entries import Entry, Proxy
from lib.traffic.streams import MOST_ROUTES, Streams

#: Not answered by the code of a deployment, or not to a visitor.
NOT_COUNTED = frozenset({"static", "redirect", "firewall", "build"})
BUCKET_MS = BUCKET_SECONDS * 1000
CLIENT_ERROR = 400
SERVER_ERROR = 500
#: `statusCode`: the function crashed. `proxy.statusCode`: nobody asked, a page was made anew.
CRASHED = REVALIDATED = -1
IS_ERROR = 1
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: Far away; more would not fit into a date.
LATEST_MS = 10**14
REMEMBERED_CLIENTS = 4096
REMEMBERED_GROUPS = 256
#: What follows are 64 bits of a line that a provider gives to one customer.
IPV6_NETWORK_BYTES = 8

#: Text of one request: a client, an id, and the streams with the lowest bit telling an error.
RECORD_LENGTH = 6 + 8 + 3
BITS = [f"{bits:03x}" for bits in range(1 << (3 + MOST_ROUTES))]


@dataclass(frozen=True, slots=True)
class Group:
    """Where a request counts."""

    deployment_id: str
    start: int  #: of the bucket, seconds since 1970


@dataclass(slots=True)
class Request:
    group: Group
    client: str
    streams: int
    at: float  #: milliseconds since 1970
    failed: bool


@dataclass(slots=True)
class Tally:
    """One batch."""

    entries: int = 0
    broken: int = 0
    requests: dict[str, Request] = field(default_factory=dict)
    #: Switches that were on, by request, as far as the app's log lines say.
    flags: dict[str, list[str]] = field(default_factory=dict)

    @property
    def oldest_ms(self) -> int:
        return int(min((one.at for one in self.requests.values()), default=0))

    def records(self) -> dict[Group, str]:
        found: dict[Group, list[str]] = defaultdict(list)
        group: Group | None = None
        records: list[str] = []
        for request_id, one in self.requests.items():
            if one.group is not group:  # looking a group up costs more than the rest
                group = one.group
                records = found[group]
            bits = one.streams | IS_ERROR if one.failed else one.streams
            records.append(one.client + short(request_id) + BITS[bits])
        return {group: "".join(texts) for group, texts in found.items()}

    def suspects(self) -> dict[Group, dict[str, list[str]]]:
        """Of the requests that failed, those with switches on: each once, by however many lines."""
        found: dict[Group, dict[str, list[str]]] = defaultdict(dict)
        for request_id, flags in self.flags.items():
            one = self.requests.get(request_id)
            if one is not None and one.failed and flags:
                found[one.group][request_id] = [*dict.fromkeys(flags)]
        return found

    def spared(self) -> dict[Group, dict[str, int]]:
        """How many of the requests that went well had each switch on."""
        found: dict[Group, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for request_id, flags in self.flags.items():
            one = self.requests.get(request_id)
            if one is not None and not one.failed and flags:
                for flag in set(flags):
                    found[one.group][flag] += 1
        return found


def short(request_id: str) -> str:
    """48 bits: of a thousand requests a second, two are taken for one every few months."""
    digest = hashlib.blake2b(request_id.encode(errors="replace"), digest_size=6).digest()
    return b2a_base64(digest, newline=False).decode()


def make_group(deployment_id: str, bucket: float) -> Group | None:
    if NAME.fullmatch(deployment_id) is None:
        return None
    return Group(deployment_id, int(bucket) * BUCKET_SECONDS)


class Counter:
    """`secret` keys the hashes of addresses; `project_id` empty: of any project."""

    def __init__(
        self,
        streams: Streams,
        *,
        secret: str,
        project_id: str = "",
        excluded_status_codes: Iterable[int] = (),
        probe_user_agent: str = "",
    ) -> None:
        self.streams = streams
        self.project_id = project_id
        self.excluded_status_codes = frozenset(excluded_status_codes)
        self.probe_user_agent = probe_user_agent
        self._key = hashlib.blake2b(secret.encode(), person=b"clients").digest()
        self.client = lru_cache(REMEMBERED_CLIENTS)(self._client)
        self.group = lru_cache(REMEMBERED_GROUPS)(make_group)

    def count(
        self, entries: Sequence[Entry], broken: int = 0, *, names_flags: bool = True
    ) -> Tally:
        """Most entries repeat what is known of their request: those cost the least.

        `names_flags`: False if no line can name a switch.
        """
        tally = Tally(entries=len(entries), broken=broken)
        requests, excluded = tally.requests, self.excluded_status_codes
        for entry in entries:
            if names_flags and FIELD in (message := bytes(entry.message)):
                tally.flags.setdefault(entry.request_id or "", []).extend(read_flags(message))
            proxy = entry.proxy
            if proxy is None:
                continue
            own, answered = entry.status_code, proxy.status_code
            failed = own == CRASHED or (own or 0) >= SERVER_ERROR or (answered or 0) >= SERVER_ERROR
            known = requests.get(entry.request_id or "")
            if known is not None and (known.failed or not failed):
                continue
            if (
                answered == REVALIDATED
                or (own is None and answered is None)
                or entry.source in NOT_COUNTED
                or own in excluded
                or answered in excluded
            ):
                continue
            if known is not None:
                known.failed = True
            else:
                self.place(tally, entry, proxy, failed=failed)
        return tally

    def place(self, tally: Tally, entry: Entry, proxy: Proxy, *, failed: bool) -> None:
        if self.project_id and entry.project_id != self.project_id:
            return
        at, deployment_id = proxy.timestamp, entry.deployment_id
        if (
            not entry.request_id
            or at is None
            or not 0 < at < LATEST_MS
            or deployment_id is None
            or (group := self.group(deployment_id, at // BUCKET_MS)) is None
        ):
            tally.broken += 1
            return
        streams = self.streams.place(proxy.method or "GET", proxy.path or "/")
        if streams < 0 or self.is_probe(proxy.user_agent):
            return
        if CLIENT_ERROR <= (entry.status_code or proxy.status_code or 0) < SERVER_ERROR:
            streams |= self.streams.refused
        client = self.client(proxy.client_ip or "")
        tally.requests[entry.request_id] = Request(group, client, streams, at, failed)

    def is_probe(self, user_agent: list[str] | str | None) -> bool:
        if not self.probe_user_agent or not user_agent:
            return False
        return self.probe_user_agent in user_agent

    def _client(self, address: str) -> str:
        """Whoever has no address is one client: no proof of several."""
        digest = hashlib.blake2b(network(address), key=self._key, digest_size=4).digest()
        return b2a_base64(digest, newline=False).decode()[:6]


def network(address: str) -> bytes:
    """Of IPv6, the part that one household or server has to itself."""
    if ":" in address:
        try:
            return IPv6Address(address).packed[:IPV6_NETWORK_BYTES]
        except AddressValueError:
            pass
    return address.encode(errors="replace")
