"""What OIDC tokens open, on the functions themselves; and any issuer, by settings."""

import json

import pytest

from lib import errors
from lib.access.models import Role
from lib.oidc.bearers import Bearers, trust
from lib.oidc.models import issuers
from lib.settings import load
from tests.integration.access.issuer import AUDIENCE
from tests.integration.access.test_oidc import APP, CONTROL, ROLLBACK

ENOUGH = {"DATABASE_URL": "postgresql://x/y"}
ONE = {
    "issuer": "https://a.example",
    "audience": "a",
    "jwks_url": "https://a.example/keys",
    "role_claim": "role",
    "roles": {"x": "viewer"},
}
RELEASE = {
    "environment": "production",
    "git_sha": "a" * 40,
    "vercel_deployment_id": "dpl_1",
    "versions": ["1"],
}
TEXTS = RELEASE | {
    "migrations": [
        {"version": "1", "name": "a", "up": "CREATE TABLE a ();", "down": "DROP TABLE a;"}
    ]
}
SAID = "SELECT actor, role, authenticated_by, action FROM audit WHERE actor <> 'test' ORDER BY id"


@pytest.fixture
def environment(environment, issuer):
    return environment | {
        "GITHUB_OIDC_ISSUER": issuer.url,
        "GITHUB_APP_REPOSITORY": "wedsync/app",
        "GITHUB_APP_REPOSITORY_ID": "101",
        "GITHUB_ROLLBACK_WORKFLOW": ROLLBACK,
        "GITHUB_ROLLBACK_REPOSITORY_ID": "202",
        "CONTROL_PLANE_URL": f"{AUDIENCE}/",
    }


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_migration_texts_come_from_the_apps_own_workflow(ask, issuer, rows):
    answer = await ask("deployments", "POST", json=TEXTS, headers=bearer(issuer.sign(APP)))

    assert answer.status_code == 201, answer.text
    assert ("ada by GitHub Actions (wedsync/app)", "recorder", "oidc", "migrations.record") in (
        await rows(SAID)
    )


@pytest.mark.parametrize("role", [Role.RECORDER, Role.OPERATOR])
async def test_migration_texts_do_not_come_with_a_lesser_token(ask, mint, role):
    answer = await ask("deployments", "POST", json=TEXTS, headers=bearer(await mint(role)))

    assert answer.status_code == 403


async def test_migration_texts_do_not_come_from_the_rollback_workflow(ask, issuer):
    answer = await ask("deployments", "POST", json=TEXTS, headers=bearer(issuer.sign(CONTROL)))

    assert answer.status_code == 403


async def test_the_rollback_workflow_operates_and_the_log_says_how(ask, issuer, rows):
    unlock = {"action": "unlock", "environment": "staging", "reason": "Looked at it"}
    by_ci = await ask("operations", "POST", json=unlock, headers=bearer(issuer.sign(APP)))
    answer = await ask("operations", "POST", json=unlock, headers=bearer(issuer.sign(CONTROL)))

    assert (by_ci.status_code, answer.status_code) == (403, 200), answer.text
    assert await rows(SAID) == [
        ("ada by GitHub Actions (wedsync/app)", "recorder", "oidc", "access.denied")
    ]


async def test_an_issuer_that_is_down_is_said_and_may_be_asked_again(ask, issuer):
    issuer.mood = "fail"
    answer = await ask("audit", "GET", headers=bearer(issuer.sign(CONTROL)))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"].endswith("#issuer-unavailable")


class TestAnyIssuer:
    @pytest.fixture
    def setting(self, issuer):
        return {
            "issuer": issuer.url,
            "audience": "authenticated",
            "jwks_url": f"{issuer.url}/keys",
            "name_claim": "email",
            "role_claim": ["app_metadata", "wedsync_role"],
            "roles": {"coordinator": "operator", "owner": "admin", "ci": "recorder"},
            "require": {"aal": "aal2"},
        }

    @pytest.fixture
    def identify(self, issuer, setting):
        claims = {
            "aud": "authenticated",
            "email": "maria@wedsync.example",
            "app_metadata": {"wedsync_role": "coordinator"},
            "aal": "aal2",
        }

        async def identify(**other):
            bearers = Bearers.of([trust(one) for one in issuers(json.dumps([setting]))])
            return await bearers.identify(issuer.sign(claims | other))

        return identify

    async def test_names_the_caller_and_itself(self, identify, issuer):
        caller = await identify()

        host = issuer.url.removeprefix("http://")
        assert (caller.name, caller.role) == (f"maria@wedsync.example ({host})", Role.OPERATOR)

    async def test_of_several_roles_the_greatest_counts(self, identify):
        several = {"wedsync_role": ["ci", "owner", "coordinator", 7, ["owner"], "unknown"]}

        assert (await identify(app_metadata=several)).role is Role.ADMIN

    @pytest.mark.parametrize(
        "claims",
        [
            {"app_metadata": {"wedsync_role": "king"}},
            {"app_metadata": {"wedsync_role": None}},
            {"app_metadata": {"wedsync_role": {"coordinator": True}}},
            {"app_metadata": "coordinator"},
            {"app_metadata": None},
            {"user_metadata": {"wedsync_role": "owner"}, "app_metadata": {}},
            {"email": None},
            {"email": ""},
            {"email": " "},
            {"email": "a\nb"},
            {"email": "a" * 200},
            {"email": ["maria@wedsync.example"]},
            {"aal": "aal1"},
            {"aal": None},
            {"aud": "anon"},
        ],
        ids=str,
    )
    async def test_lets_nobody_in_whose_claims_do_not_say_so(self, identify, claims):
        with pytest.raises(errors.Unauthenticated):
            await identify(**claims)

    async def test_brings_no_migration_texts_unless_it_makes_admins(
        self, ask, environment, issuer, setting
    ):
        environment["OIDC_ISSUERS"] = json.dumps([setting])
        environment["GITHUB_OIDC_ISSUER"] = "https://token.actions.example"
        token = issuer.sign(
            {
                "aud": "authenticated",
                "email": "m@x",
                "app_metadata": {"wedsync_role": "ci"},
                "aal": "aal2",
            }
        )
        recorded = await ask("deployments", "POST", json=RELEASE, headers=bearer(token))
        refused = await ask("deployments", "POST", json=TEXTS, headers=bearer(token))

        assert (recorded.status_code, refused.status_code) == (201, 403)


class TestSettings:
    @pytest.mark.parametrize(
        "value",
        [
            "hunter2",
            "{}",
            [{}],
            [ONE | {"roles": {"x": "king"}}],
            [ONE | {"roles": {}}],
            [ONE | {"jwks_url": "file:///etc/passwd"}],
            [ONE | {"role_claim": []}],
            [ONE | {"role_claim": ["user_metadata", "role"]}],
            [ONE | {"name_claim": ["user_metadata", "email"]}],
            [ONE | {"audience": ""}],
            [ONE | {"algorithms": ["HS256"]}],
            [ONE, ONE],
        ],
        ids=str,
    )
    def test_issuers_that_make_no_sense_are_refused_by_name(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        with pytest.raises(errors.BadSettings, match="OIDC_ISSUERS") as raised:
            load(ENOUGH | {"OIDC_ISSUERS": text})

        assert "hunter2" not in str(raised.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("GITHUB_APP_REPOSITORY", "wedsync/app"), ("GITHUB_ROLLBACK_WORKFLOW", ROLLBACK)],
    )
    def test_a_repository_without_its_number_is_refused(self, name, value):
        with pytest.raises(errors.BadSettings, match=f"{name}: .*REPOSITORY_ID"):
            load(ENOUGH | {name: value})

    @pytest.mark.parametrize("value", ["rollback.yml", ROLLBACK.partition("@")[0], f"{ROLLBACK} x"])
    def test_a_workflow_without_its_ref_is_refused(self, value):
        with pytest.raises(errors.BadSettings, match="GITHUB_ROLLBACK_WORKFLOW"):
            load(
                ENOUGH | {"GITHUB_ROLLBACK_WORKFLOW": value, "GITHUB_ROLLBACK_REPOSITORY_ID": "202"}
            )

    def test_what_is_not_set_lets_no_workflow_in(self):
        assert not load(ENOUGH).github.is_set
