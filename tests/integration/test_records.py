"""POST /api/deployments with migrations: once each, never changed, from whoever may."""

import asyncio
import json
from importlib import import_module

import httpx
import pytest

from lib.access.models import Role
from lib.deployments.models import DeploymentRecord
from lib.migrations.texts import BODY_LIMIT_BYTES, TEXT_LIMIT_BYTES, checksum
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SHA = "a1b2c3d4e5" * 4
FIRST, SECOND = "20261101090000", "20261102090000"
deployments_function = import_module("api.deployments")
caches = (
    import_module("lib.settings").settings,
    import_module("lib.wiring").services,
)


@pytest.fixture
def variables(database_url):
    return {"DATABASE_URL": database_url}


@pytest.fixture
async def services(variables):
    services = build(load(variables))
    yield services
    await services.close()


@pytest.fixture
async def client(variables, monkeypatch):
    """The function as the platform calls it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for cache in caches:
        cache.cache_clear()
    transport = httpx.ASGITransport(deployments_function.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        yield client
    await deployments_function.services().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def post(client, services):
    tokens = {}

    async def post(
        deployment="dpl_1", *, role=Role.ADMIN, body=None, environment="production", **fields
    ):
        if role not in tokens:
            tokens[role] = await services.access.mint(
                name=f"the {role}", role=role, by="test", lifetime=None
            )
        release = {
            "environment": environment,
            "git_sha": SHA,
            "vercel_deployment_id": deployment,
            **fields,
        }
        return await client.post(
            "/api/deployments",
            content=body if body is not None else json.dumps(release, ensure_ascii=False).encode(),
            headers={"authorization": f"Bearer {tokens[role]}"},
        )

    return post


@pytest.fixture
def count(control):
    async def count(table):
        cursor = await control.execute(f"SELECT count(*) AS n FROM {table}")
        return (await cursor.fetchone())["n"]

    return count


def text(version=FIRST, up="CREATE TABLE a ();", down="DROP TABLE a;", **fields):
    return {"version": version, "name": f"of_{version}", "up": up, "down": down, **fields}


async def test_a_release_is_recorded_with_its_list_and_its_texts(post, services):
    answer = await post(versions=[FIRST, SECOND], migrations=[text(), text(SECOND, down=None)])

    body = answer.json()
    texts = await services.records.texts([FIRST, SECOND])
    assert answer.status_code == 201
    assert (body["versions"], body["new_texts"], body["without_text"]) == (2, [FIRST, SECOND], [])
    assert await services.records.versions_of(PRODUCTION, "dpl_1") == (FIRST, SECOND)
    assert texts[FIRST].up == "CREATE TABLE a ();"
    assert texts[FIRST].up_sha256 == checksum("CREATE TABLE a ();")
    assert texts[FIRST].is_whole
    assert (texts[SECOND].down, texts[SECOND].down_sha256) == (None, None)


async def test_versions_from_before_any_text_was_recorded_are_listed(post, services):
    answer = await post(versions=["0001", FIRST], migrations=[text()])

    assert answer.json()["without_text"] == ["0001"]
    assert await services.records.versions_of(PRODUCTION, "dpl_1") == ("0001", FIRST)


async def test_the_list_keeps_the_order_of_the_apps_own_tool(post, services):
    await post(versions=["9", "10", "11"])

    assert await services.records.versions_of(PRODUCTION, "dpl_1") == ("9", "10", "11")


async def test_no_list_is_not_an_empty_list(post, services):
    untold = await post("dpl_1")
    empty = await post("dpl_2", versions=[])

    assert (untold.json()["versions"], empty.json()["versions"]) == (None, 0)
    assert await services.records.versions_of(PRODUCTION, "dpl_1") is None
    assert await services.records.versions_of(PRODUCTION, "dpl_2") == ()
    assert await services.records.versions_of(STAGING, "dpl_2") is None


async def test_a_list_may_be_told_after_the_platform_told_of_the_deployment(post, services):
    await services.deployments.record(
        DeploymentRecord(environment=PRODUCTION, git_sha=SHA, vercel_deployment_id="dpl_1"),
        recorded_by="platform",
    )

    answer = await post(versions=[FIRST], migrations=[text()])

    assert answer.status_code == 200
    assert await services.records.versions_of(PRODUCTION, "dpl_1") == (FIRST,)


async def test_past_which_version_no_rollback_will_come_is_said_with_its_line(post):
    dropping = text(SECOND, up="-- why\nALTER TABLE guests\n  DROP COLUMN note;")

    answer = await post(versions=[FIRST, SECOND], migrations=[text(), dropping])

    body = answer.json()
    assert answer.status_code == 201
    assert body["verdict"] == (
        f"This release cannot be rolled back past {SECOND}, because it drops guests.note;"
        " drop it one release later."
    )
    [found] = body["findings"]
    assert (found["version"], found["way"], found["is_wall"]) == (SECOND, "up", True)
    assert found["line"] in (2, 3)


async def test_what_a_person_may_choose_is_found_and_no_wall(post):
    renaming = text(SECOND, up="ALTER TABLE guests RENAME TO visitors;")

    body = (await post(versions=[FIRST, SECOND], migrations=[text(), renaming])).json()

    assert body["verdict"] is None
    assert [one["is_wall"] for one in body["findings"]] == [False]


async def test_what_a_rollback_relaxes_is_nothing_to_tell(post):
    required = text(SECOND, up="ALTER TABLE guests ADD COLUMN phone text NOT NULL;")

    body = (await post(versions=[FIRST, SECOND], migrations=[text(), required])).json()

    assert (body["verdict"], body["findings"]) == (None, [])


async def test_twice_is_once(post, count):
    first = await post(versions=[FIRST], migrations=[text()])
    second = await post(versions=[FIRST], migrations=[text()])

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["new_texts"] == []
    assert (await count("migration_scripts"), await count("deployment_migrations")) == (1, 1)
    assert await count("audit WHERE action = 'migrations.record'") == 1


async def test_the_same_texts_in_opposite_orders_at_once_do_not_wait_in_a_ring(post, control):
    """Environments do not wait for each other; that each row takes a while makes them meet."""
    await control.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$;"
        "CREATE TRIGGER dawdle BEFORE INSERT ON migration_scripts"
        " FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )
    texts = [text(f"{number:04}") for number in range(10)]
    versions = [one["version"] for one in texts]

    answers = await asyncio.gather(
        post("dpl_1", versions=versions, migrations=texts),
        post("dpl_2", environment="staging", versions=versions, migrations=texts[::-1]),
    )

    assert [answer.status_code for answer in answers] == [201, 201]


async def test_many_at_once_are_once(post, count):
    """Of two environments, and in opposite orders."""
    versions = [f"{number:04}" for number in range(20)]
    bodies = [
        {
            "deployment": f"dpl_{environment}",
            "environment": environment,
            "versions": versions,
            "migrations": [text(version) for version in versions[::step]],
        }
        for environment, step in (("production", 1), ("staging", -1))
        for _ in range(4)
    ]

    answers = await asyncio.gather(*(post(**body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [201] * 2
    assert sorted(v for answer in answers for v in answer.json()["new_texts"]) == versions
    assert (await count("migration_scripts"), await count("deployment_migrations")) == (20, 40)


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_changed_text_is_refused_with_both_checksums_and_nothing_is_recorded(
    post, count, services, way
):
    await post(versions=[FIRST], migrations=[text()])

    changed = text(**{way: "DROP TABLE b;"})
    answer = await post(
        "dpl_2", versions=[FIRST, SECOND], migrations=[text(SECOND, up="SELECT 1;"), changed]
    )

    was = checksum(text()[way]).hex()
    body = answer.json()
    assert answer.status_code == 409
    assert body["type"].endswith("#migration-changed")
    assert (body["version"], body["way"]) == (FIRST, way)
    assert (body["recorded_sha256"], body["sent_sha256"]) == (was, checksum("DROP TABLE b;").hex())
    assert was in body["detail"]
    assert checksum("DROP TABLE b;").hex() in body["detail"]
    assert (await count("migration_scripts"), await count("deployment_details")) == (1, 1)
    assert (await services.records.texts([FIRST]))[FIRST].up == text()["up"]


async def test_two_texts_for_one_version_at_once_are_one_and_a_refusal(post, count):
    answers = await asyncio.gather(
        *(
            post(f"dpl_{n}", environment=e, versions=[FIRST], migrations=[text(up=f"SELECT {n};")])
            for n, e in enumerate(("production", "staging"))
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await count("migration_scripts"), await count("deployment_details")) == (1, 1)


async def test_a_missing_way_down_may_come_later_and_then_stays(post, services):
    await post(versions=[FIRST], migrations=[text(down=None)])
    added = await post("dpl_2", versions=[FIRST], migrations=[text()])
    taken_away = await post("dpl_3", versions=[FIRST], migrations=[text(down=None)])

    assert (added.status_code, taken_away.status_code) == (201, 409)
    assert "none now" in taken_away.json()["detail"]
    assert (await services.records.texts([FIRST]))[FIRST].down == "DROP TABLE a;"
    assert (await services.records.texts([FIRST]))[FIRST].is_whole


async def test_a_way_down_is_not_added_to_another_way_up(post, services):
    await post(versions=[FIRST], migrations=[text(down=None)])
    answer = await post("dpl_2", versions=[FIRST], migrations=[text(up="SELECT 2;")])

    assert answer.status_code == 409
    assert (await services.records.texts([FIRST]))[FIRST].down is None


async def test_a_deployment_is_not_recorded_with_another_list(post, services):
    await post(versions=[FIRST])
    answer = await post(versions=[FIRST, SECOND], migrations=[text(SECOND)])

    assert answer.status_code == 409
    assert "another list" in answer.json()["detail"]
    assert await services.records.texts([SECOND]) == {}


async def test_ci_may_tell_the_list_and_not_bring_texts(post, services):
    listed = await post(role=Role.RECORDER, versions=[FIRST])
    brought = await post("dpl_2", role=Role.RECORDER, versions=[FIRST], migrations=[text()])

    assert listed.status_code == 201
    assert brought.status_code == 403
    assert "the recorder has the role recorder" in brought.json()["detail"]
    assert "may one day run" in brought.json()["detail"]
    assert await services.records.texts([FIRST]) == {}
    assert await services.records.versions_of(PRODUCTION, "dpl_2") is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_others_may_record_nothing(post, count, role):
    assert (await post(role=role, versions=[FIRST])).status_code == 403
    assert await count("deployment_details") == 0


async def test_line_ends_of_another_system_are_no_change(post, services):
    lines = "CREATE TABLE a ();\nCREATE TABLE b ();\n"
    await post(versions=[FIRST], migrations=[text(up="\ufeff" + lines.replace("\n", "\r\n"))])
    answer = await post("dpl_2", versions=[FIRST], migrations=[text(up=lines)])

    assert answer.status_code == 201
    assert (await services.records.texts([FIRST]))[FIRST].up == lines


async def test_any_writing_comes_back_as_it_was(post, services):
    odd = "COMMENT ON TABLE a IS 'Brautstrauß 💐 \u202e \x01 \\ \t $1 %s %(x)s é';"
    await post(versions=["0001_été"], migrations=[text("0001_été", up=odd)])

    assert (await services.records.texts(["0001_été"]))["0001_été"].up == odd


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"versions": [FIRST], "migrations": [text(up="a\0b")]}, "NUL"),
        ({"versions": [FIRST], "migrations": [text(up="é" * 140_000)]}, "280,000 bytes"),
        ({"versions": [FIRST, FIRST]}, "twice"),
        ({"versions": [FIRST], "migrations": [text(), text()]}, "twice"),
        ({"versions": [SECOND], "migrations": [text()]}, FIRST),
        ({"migrations": [text()]}, FIRST),
        ({"versions": [""]}, "at least 1 character"),
        ({"versions": ["a\nb"]}, "pattern"),
        ({"versions": ["a" * 256]}, "255"),
        ({"versions": [str(n) for n in range(2001)]}, "2000"),
        (
            {
                "versions": [str(n) for n in range(201)],
                "migrations": [text(str(n)) for n in range(201)],
            },
            "200",
        ),
        ({"versions": FIRST}, "array"),
        ({"versions": [FIRST], "migrations": [{"version": FIRST, "name": "a"}]}, "required"),
        ({"versions": [FIRST], "migrations": [text(sha256="x")]}, "Extra"),
    ],
)
async def test_what_is_out_of_bounds_is_refused(post, count, sent, said):
    answer = await post(**sent)

    assert answer.status_code == 422
    assert said in answer.text
    assert (await count("deployment_details"), await count("migration_scripts")) == (0, 0)


async def test_half_a_character_is_no_text(post):
    sent = {"environment": "production", "git_sha": SHA, "vercel_deployment_id": "dpl_1"}
    body = json.dumps(sent | {"versions": [FIRST], "migrations": [text(up="\ud83d")]})

    assert (await post(body=body)).status_code == 422
    assert (await post(body=body.encode().replace(b"\\ud83d", b"\xff"))).status_code == 422


async def test_the_largest_release_is_taken_and_a_larger_body_is_not(post):
    texts = [text(f"{n:04}", up="-" * (TEXT_LIMIT_BYTES - 10_000)) for n in range(17)]
    texts[-1]["up"] = "é" * (TEXT_LIMIT_BYTES // 2)
    versions = [f"{n:04}" for n in range(2000)]

    taken = await post(versions=versions, migrations=texts)
    refused = await post(body=b" " * (BODY_LIMIT_BYTES + 1))

    assert (taken.status_code, len(taken.json()["new_texts"])) == (201, 17)
    assert refused.status_code == 422
    assert str(BODY_LIMIT_BYTES) in refused.json()["detail"]


async def test_what_cannot_be_a_step_is_refused_with_its_line(post, count):
    bad = text(SECOND, up="SELECT 1;\nCOMMIT;\n", down="BEGIN;")
    answer = await post(versions=[FIRST, SECOND], migrations=[text(), bad])

    body = answer.json()
    assert answer.status_code == 422
    assert f"Migration {SECOND} cannot be recorded. Its up text, line 2: COMMIT" in body["detail"]
    assert [one["pointer"] for one in body["errors"]] == [
        "#/migrations/1/up",
        "#/migrations/1/down",
    ]
    assert await count("deployment_details") == 0


async def test_what_the_author_promises_is_kept(post, services):
    promised = "-- why\n-- rollback: irreversible the notes are gone\nDROP TABLE notes;"
    await post(versions=[FIRST], migrations=[text(up=promised)])

    recorded = (await services.records.texts([FIRST]))[FIRST]
    assert (recorded.marked, recorded.marked_because) == ("irreversible", "the notes are gone")


async def test_a_row_that_somebody_changed_is_seen(post, services, control):
    await post(versions=[FIRST, SECOND], migrations=[text(), text(SECOND)])
    await control.execute(
        "UPDATE migration_scripts SET up_sql = 'DROP TABLE a' WHERE version = %s", [FIRST]
    )
    await control.execute(
        "UPDATE migration_scripts SET down_sql = NULL, down_sha256 = NULL,"
        " up_sha256 = sha256('x') WHERE version = %s",
        [SECOND],
    )

    texts = await services.records.texts([FIRST, SECOND])
    assert [one.is_whole for one in texts.values()] == [False, False]


async def test_recording_that_dies_half_way_leaves_nothing(post, count, control):
    await control.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
        "CREATE TRIGGER die BEFORE INSERT ON migration_scripts"
        " FOR EACH ROW EXECUTE FUNCTION die()"
    )
    died = await post(versions=[FIRST], migrations=[text()])
    left = (await count("deployment_details"), await count("deployment_migrations"))
    await control.execute("DROP TRIGGER die ON migration_scripts")
    again = await post(versions=[FIRST], migrations=[text()])

    assert (died.status_code, left) == (503, (0, 0))
    assert again.status_code == 201


async def test_the_previous_code_records_as_before(post, count):
    """It knows nothing of versions, and sends nothing of them."""
    assert (await post()).status_code == 201
    assert await count("deployment_migrations") == 0
