"""Which entries count a request, in which bucket, and what is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.health.probe import USER_AGENT
from lib.traffic.entries import Entry, Proxy
from lib.traffic.streams import ALL, WRITES, Streams, path_pattern, read_route
from lib.traffic.tally import RECORD_LENGTH, Counter, Group

ROUTES = ("POST /api/vendors/[id]", "* /api/timeline")
STREAMS = Streams(ROUTES, excluded_paths=("/internal/*",))
START = 1_800_000_000
ERROR = 1


def counter(**changes):
    told = {
        "secret": "shared",
        "project_id": "prj_app",
        "excluded_status_codes": [501],
        "probe_user_agent": USER_AGENT,
    }
    return Counter(STREAMS, **(told | changes))


def entry(**changes):
    own = {
        "request_id": "req_1",
        "deployment_id": "dpl_1",
        "project_id": "prj_app",
        "source": "lambda",
        "status_code": 200,
    }
    proxy = {
        "timestamp": START * 1000,
        "method": "GET",
        "path": "/",
        "status_code": 200,
        "client_ip": "192.0.2.1",
        "user_agent": ["guest"],
    }
    for name, value in changes.items():
        part, _, field = name.rpartition("__")
        (proxy if part else own)[field] = value
    return Entry(**own, proxy=Proxy(**proxy))


def only(*entries):
    """The one request that these entries count."""
    [request] = counter().count(entries).requests.values()
    return request


@pytest.mark.parametrize("source", ["lambda", "edge", "external", "something-new", None])
def test_what_a_deployment_answers_counts(source):
    assert only(entry(source=source)).group == Group("dpl_1", START)


NOT_TRAFFIC = {
    "static": {"source": "static"},
    "redirect": {"source": "redirect"},
    "firewall": {"source": "firewall"},
    "build": {"source": "build"},
    "revalidation": {"proxy__status_code": -1},
    "revalidation that fails": {"proxy__status_code": -1, "status_code": 500},
    "our own probe": {"proxy__user_agent": [USER_AGENT]},
    "our own probe, as text": {"proxy__user_agent": USER_AGENT},
    "an excluded path": {"proxy__path": "/internal/jobs?x=1"},
    "an excluded status": {"status_code": 501, "proxy__status_code": 501},
    "another project": {"project_id": "prj_other"},
    "no status yet": {"status_code": None, "proxy__status_code": None},
}


@pytest.mark.parametrize("changes", NOT_TRAFFIC.values(), ids=NOT_TRAFFIC)
def test_what_is_no_visitors_request_does_not_count(changes):
    tally = counter().count([entry(**changes)])

    assert (tally.requests, tally.broken, tally.entries) == ({}, 0, 1)


def test_an_entry_without_proxy_counts_nothing():
    assert counter().count([Entry(request_id="req_1", deployment_id="dpl_1")]).requests == {}


BROKEN = {
    "no request": {"request_id": None},
    "no deployment": {"deployment_id": None},
    "a strange deployment": {"deployment_id": "dpl 1:\x00"},
    "no time": {"proxy__timestamp": None},
    "before time": {"proxy__timestamp": -1},
    "after time": {"proxy__timestamp": 1e300},
    "not a time": {"proxy__timestamp": float("nan")},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_an_entry_that_cannot_be_placed_is_broken(changes):
    tally = counter().count([entry(**changes)])

    assert (tally.requests, tally.broken) == ({}, 1)


@pytest.mark.parametrize(
    ("own", "answered", "failed"),
    [
        (200, 200, False),
        (404, 404, False),
        (499, 499, False),
        (500, 500, True),
        (504, 504, True),
        (-1, 500, True),
        (-1, 200, True),
        (-1, None, True),
        (200, 502, True),
        (500, 200, True),
        (None, 503, True),
        (200, None, False),
    ],
)
def test_an_error_is_a_5xx_or_a_crash(own, answered, failed):
    assert only(entry(status_code=own, proxy__status_code=answered)).failed is failed


@given(st.lists(st.sampled_from([200, 404, 500, -1]), min_size=1, max_size=6))
def test_entries_of_a_request_are_one_request_and_the_worst_status_wins(statuses):
    entries = [entry(status_code=status, proxy__status_code=200) for status in statuses]

    assert only(*entries).failed is any(status in {500, -1} for status in statuses)


@pytest.mark.parametrize(
    ("offset_ms", "start"), [(0, START), (9_999.9, START), (10_000, START + 10)]
)
def test_a_request_counts_when_it_began(offset_ms, start):
    assert only(entry(proxy__timestamp=START * 1000 + offset_ms)).group.start == start


@pytest.mark.parametrize(
    ("method", "path", "streams"),
    [
        ("GET", "/", []),
        ("HEAD", "/x", []),
        ("OPTIONS", "/api/vendors/7", []),
        ("POST", "/", [WRITES]),
        ("DELETE", "/api/vendors/7", [WRITES]),
        ("POST", "/api/vendors/7?x=1", [WRITES, ROUTES[0]]),
        ("POST", "/api/vendors/7/notes", [WRITES]),
        ("GET", "/api/timeline", [ROUTES[1]]),
        ("PATCH", "/api/timeline", [WRITES, ROUTES[1]]),
    ],
)
def test_a_request_is_in_the_streams_that_fit(method, path, streams):
    bits = only(entry(proxy__method=method, proxy__path=path)).streams

    assert [name for place, name in enumerate(STREAMS.names) if bits >> place & 1] == streams
    assert STREAMS.names[0] == ALL


def test_a_routes_key_does_not_depend_on_the_other_routes():
    assert Streams(("GET /b", "GET /a")).keys[3] == Streams(("GET /a",)).keys[2]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a.b", "/axb", False),
        ("/a/[id]", "/a/7", True),
        ("/a/[id]", "/a/", False),
        ("/a/[id]/c", "/a/7/8/c", False),
        ("/a/[...rest]", "/a/7/8", True),
        ("/a*", "/abc/d", True),
    ],
)
def test_a_pattern_fits_as_the_router_reads_it(pattern, path, fits):
    assert (path_pattern(pattern).fullmatch(path) is not None) is fits


@pytest.mark.parametrize(
    "text", ["", "/api", "GET", "get /api", "GET api", "GET  /api", "GET /a b"]
)
def test_a_route_is_a_method_and_a_path(text):
    with pytest.raises(ValueError, match="POST /api/vendors"):
        read_route(text)


def test_a_household_is_one_client():
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1"]
    clients = [only(entry(proxy__client_ip=address)).client for address in addresses]

    assert clients[0] == clients[1]
    assert len({*clients}) == 3


def test_clients_are_not_told_by_their_addresses_without_the_secret():
    tallies = [counter(secret=secret).count([entry()]) for secret in ("one", "two")]
    one, two = [tally.requests["req_1"].client for tally in tallies]

    assert one != two


@given(st.text(), st.text(), st.text())
def test_records_have_one_length_whatever_comes(request_id, address, path):
    tally = counter().count(
        [entry(request_id=request_id + ".", proxy__client_ip=address, proxy__path=path)]
    )

    assert all(len(text) == RECORD_LENGTH for text in tally.records().values())
    assert all(text.isascii() for text in tally.records().values())


def test_a_record_tells_the_error():
    [text] = counter().count([entry(status_code=-1, proxy__method="POST")]).records().values()

    assert int(text[-3:], 16) == ERROR | 2
