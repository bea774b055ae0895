"""Which hosts may be asked: what resolves to this machine, or to its cloud's own data, is none."""

import pytest

from lib.health.probe import Health, Prober
from lib.settings import load
from lib.vercel.client import segment
from lib.vercel.hosts import is_deployment, is_public
from lib.vercel.models import Project

NOT_PUBLIC = [
    "",
    "localhost",
    "LOCALHOST",
    "app.localhost",
    "db.internal",
    "metadata.google.internal",
    "printer.local",
    "router.home.arpa",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "169.254.169.254",
    "[::1]",
    "::1",
    "[::ffff:169.254.169.254]",
    "127.0.0.1:8000",
    "app.vercel.app:8000",
    "app.vercel.app/path",
    "app.vercel.app\\@127.0.0.1",
    "user@app.vercel.app",
    "app.vercel.app#.evil.example",
    "app.vercel.app?x",
    "app.vercel.app\n",
    "app.vercel.app.",
    "app..vercel.app",
    "-.vercel.app",
    "app\u3002vercel.app",
    "https://app.vercel.app",
    "x" * 64 + ".vercel.app",
    "vercel",
]


@pytest.mark.parametrize("host", NOT_PUBLIC, ids=ascii)
async def test_what_is_no_plain_name_on_the_internet_is_never_asked(host):
    """Unit tests have no network: asking would fail otherwise."""
    look = await Prober().look(host)

    assert (look.health, look.detail) == (Health.UNKNOWN, "it has no address on the internet")
    assert not is_deployment(host, "vercel.app")


@pytest.mark.parametrize(
    "host", ["app.vercel.app", "wedsync.example", "a.b-c.example", "xn--bcher-kva.xn--p1ai"]
)
def test_names_on_the_internet_may_be_asked(host):
    assert is_public(host)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("app-abc-team.vercel.app", True),
        ("vercel.app", False),
        ("evilvercel.app", False),
        ("vercel.app.evil.example", False),
        ("127-0-0-1.evil.example", False),
    ],
)
def test_a_deployment_is_under_the_platforms_own_suffix(host, is_one):
    assert is_deployment(host, "vercel.app") is is_one


def test_a_team_may_have_a_suffix_of_its_own():
    settings = load({"DATABASE_URL": "postgresql://x/y", "DEPLOYMENT_SUFFIX": ".apps.example"})

    assert settings.deployment_suffix == "apps.example"


def test_hosts_of_a_project_that_are_none_are_dropped():
    hosts = ["wedsync.example", "localhost", "169.254.169.254"]
    project = Project.model_validate({"id": "p", "targets": {"production": {"alias": hosts}}})

    assert project.hosts == ["wedsync.example"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [("dpl_1", "dpl_1"), ("../x", "..%2Fx"), ("a?b#c", "a%3Fb%23c"), ("%2e%2e/", "%252e%252e%2F")],
)
def test_what_others_name_stays_one_segment(name, sent):
    assert segment(name) == sent
