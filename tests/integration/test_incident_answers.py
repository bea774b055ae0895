"""GET /api/incidents and GET /api/audit as the platform calls their one function."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import httpx
import pytest

from lib.access.models import Role

function = import_module("api.audit")
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)
HOST = "http://control.example"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def ask(variables, monkeypatch, services):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for cache in caches:
        cache.cache_clear()
    tokens = {
        role: await services.access.mint(
            name=f"a {role}", role=role, by="test", lifetime=timedelta(hours=1)
        )
        for role in (Role.VIEWER, Role.RECORDER)
    }

    async def ask(path: str, role: Role | None = Role.VIEWER, **headers: str) -> httpx.Response:
        if role:
            headers["authorization"] = f"Bearer {tokens[role]}"
        transport = httpx.ASGITransport(function.app)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
            return await http.get(path, headers=headers)

    yield ask
    await caches[1]().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
async def ended(services, order, work):
    hostile = order.model_copy(update={"note": "<b>| `x`\n# y"})
    return await work(await services.engine.start(hostile))


@pytest.fixture
def address(ended):
    """As the rewrite sends it: the platform adds the id, and the path stays."""
    return f"/api/incidents/{ended.id}"


async def test_the_list_and_a_report_are_read_by_a_viewer(ask, ended, address):
    listed = (await ask("/api/incidents")).json()
    shown = await ask(f"{address}?id={uuid4()}")

    assert [one["rollback_id"] for one in listed["incidents"]] == [str(ended.id)]
    assert listed["viewer"] == {"name": "a viewer", "role": "viewer"}
    assert shown.json()["rollback_id"] == str(ended.id)
    assert "content-disposition" not in shown.headers
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "headers"), [("?format=markdown", {}), ("", {"accept": "text/markdown, */*;q=0.1"})]
)
async def test_as_markdown_it_is_a_file_with_a_name(ask, ended, address, query, headers):
    saved = await ask(address + query, **headers)

    name = (await ask(address)).json()["file_name"]
    assert saved.headers["content-type"] == "text/markdown; charset=utf-8"
    assert saved.headers["content-disposition"] == f'attachment; filename="{name}.md"'
    assert saved.text.startswith("# Rollback of production: ")
    assert "> \\<b\\>\\| \\`x\\`\n> \\# y\n" in saved.text


async def test_as_json_it_is_a_file_of_the_same_facts(ask, address):
    saved = await ask(f"{address}?format=json", accept="text/markdown")

    assert saved.headers["content-disposition"].endswith('.json"')
    assert saved.headers["content-type"] == "application/json"
    shown = (await ask(address)).json()
    assert shown.pop("viewer")["name"] == "a viewer"
    assert saved.json() | {"generated_at": shown["generated_at"]} == shown


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/incidents/{NOBODYS}", 404),
        ("/api/incidents/none", 404),
        ("/api/incidents?before=none", 422),
        ("/api/incidents?limit=1000", 422),
        (f"/api/incidents/{NOBODYS}?format=pdf", 422),
        ("/api/audit?format=xls", 422),
    ],
)
async def test_what_cannot_be_answered_is_refused(ask, path, status):
    assert (await ask(path)).status_code == status


async def test_nobody_else_reads_them_and_an_id_does_not_get_into_the_log(ask, address, control):
    assert (await ask(address, role=None)).status_code == 401
    assert (await ask(address, role=Role.RECORDER)).status_code == 403

    cursor = await control.execute("SELECT example FROM denied_attempts")
    assert [row["example"] for row in await cursor.fetchall()] == ["GET /api/incidents/…"]


async def test_the_log_is_saved_as_csv_by_the_same_questions(ask, ended, monkeypatch):
    monkeypatch.setattr(import_module("lib.audit.paging"), "TABLE_SIZE", 1)

    saved = await ask("/api/audit?format=csv&action=rollback")
    rest = await ask(saved.links["next"]["url"])

    assert saved.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert saved.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert ",rollback.end," in saved.text.splitlines()[1]
    assert ",rollback.start," in rest.text.splitlines()[1]
    assert "next" not in rest.links
