"""Token, target and bypass: what the platform must still have and let us do."""

import time
from datetime import timedelta

import httpx
import pytest

from lib.preflight.checks.token import ENOUGH
from lib.preflight.models import State
from lib.rollback.models import Environment
from lib.wiring import build

FAILED, OK, UNKNOWN, WARNING = State.FAILED, State.OK, State.UNKNOWN, State.WARNING
DAY = timedelta(days=1)


@pytest.fixture
def expire(platform, monkeypatch):
    def expire(left: timedelta) -> None:
        at = time.time() + left.total_seconds()
        monkeypatch.setattr(platform.config, "token_expires_ms", int(at * 1000))

    return expire


@pytest.fixture
def protect(platform, monkeypatch):
    def protect(secret: str) -> None:
        monkeypatch.setattr(platform.config, "protection_bypass_secret", secret)

    return protect


@pytest.fixture
def delete(platform):
    """As retention does."""

    def delete(deployment_id: str) -> None:
        answer = httpx.delete(
            f"{platform.api_url}/v13/deployments/{deployment_id}",
            headers={"authorization": f"Bearer {platform.config.token}"},
            params={"teamId": platform.config.team_id},
            trust_env=False,
        )
        assert answer.json() == {"uid": deployment_id, "state": "DELETED"}

    return delete


class TestToken:
    async def test_one_that_never_expires_is_well(self, find):
        state, sentence = await find("token")

        assert state is OK
        assert "does not expire" in sentence

    async def test_one_that_has_more_than_two_weeks_is_well(self, find, expire):
        expire(ENOUGH + DAY)

        assert (await find("token"))[0] is OK

    async def test_one_that_is_about_to_expire_fails_and_says_when(self, find, expire):
        expire(ENOUGH - DAY / 2)

        state, sentence = await find("token")

        assert state is FAILED
        assert "in 13 days" in sentence
        assert "set VERCEL_TOKEN and deploy" in sentence

    async def test_one_that_has_expired_fails(self, find, expire):
        expire(-DAY)

        state, sentence = await find("token")

        assert state is FAILED
        assert "The platform refuses VERCEL_TOKEN." in sentence

    async def test_time_that_passes_brings_the_end_nearer(self, find, expire, pass_time):
        expire(ENOUGH + DAY)
        await pass_time(2 * DAY)

        assert (await find("token"))[0] is FAILED

    async def test_an_outage_of_the_platform_says_nothing_about_the_token(self, find, platform):
        platform.fault("500", times=2)

        assert (await find("token"))[0] is UNKNOWN

    async def test_what_is_not_said_of_its_end_is_not_known(self, find, platform):
        platform.fault("500", call="token", times=2)

        state, sentence = await find("token")

        assert state is UNKNOWN
        assert "VERCEL_TOKEN works" in sentence

    class TestOfAnotherProject:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"APP_PROJECT_ID": "prj_other"}

        async def test_it_fails_and_names_the_project(self, find):
            state, sentence = await find("token")

            assert state is FAILED
            assert "does not see the project prj_other" in sentence

    class TestUnset:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"VERCEL_TOKEN": ""}

        @pytest.fixture
        async def services(self, settings):
            """It can learn nothing from the platform."""
            services = build(settings)
            yield services
            await services.close()

        async def test_it_fails(self, find):
            state, sentence = await find("token")

            assert state is FAILED
            assert "VERCEL_TOKEN or APP_PROJECT_ID is not set" in sentence


class TestTarget:
    async def test_one_that_never_proved_itself_is_a_warning(self, find):
        state, sentence = await find("target")

        assert state is WARNING
        assert "never proved itself" in sentence

    async def test_one_that_answers_is_named(self, find, services, releases, control):
        await control.execute("UPDATE deployment_details SET proven_at = app_now()")
        rows = await services.deployments.history(Environment.PRODUCTION)
        sha = next(row.git_sha for row in rows if row.deployment_id == releases.v1)

        state, sentence = await find("target")

        assert state is OK
        assert sha[:7] in sentence

    async def test_one_that_retention_deleted_fails(self, find, releases, delete):
        delete(releases.v1)

        state, sentence = await find("target")

        assert state is FAILED
        assert "is no longer on the platform" in sentence
        assert "Release a good version again" in sentence

    async def test_another_that_answers_is_named(
        self, find, services, platform, releases, delete, control
    ):
        """v1, v2 and again v1 were live; v3 is."""
        for release in (releases.v1, releases.v3):
            platform.move_alias(platform.config.aliases.production, release)
            await services.tracker.reconcile(Environment.PRODUCTION)
        delete(releases.v1)

        state, sentence = await find("target")

        assert state is FAILED
        assert "answers: go back to it by hand if you must" in sentence

    async def test_one_that_is_not_well_fails(self, find, services, platform, releases):
        """v3, which crashes, was live, and nobody had looked at it."""
        await services.deployments.set_health(Environment.PRODUCTION, releases.v1, is_passing=False)
        for release in (releases.v3, releases.v2):
            platform.move_alias(platform.config.aliases.production, release)
            await services.tracker.reconcile(Environment.PRODUCTION)

        state, sentence = await find("target")

        assert state is FAILED
        assert "is not well: it answers 500" in sentence

    async def test_an_outage_of_the_platform_says_nothing_about_it(self, find, platform):
        platform.fault("500", times=2)

        assert (await find("target"))[0] is UNKNOWN

    async def test_no_version_left_fails(self, find, services, releases):
        await services.deployments.set_health(Environment.PRODUCTION, releases.v1, is_passing=False)

        state, sentence = await find("target")

        assert state is FAILED
        assert "There is no earlier version to go back to" in sentence

    async def test_the_first_version_ever_is_no_fault(self, find, control):
        await control.execute("DELETE FROM live_periods WHERE live_until IS NOT NULL")

        assert (await find("target"))[0] is WARNING

    async def test_an_environment_without_a_live_version_does_not_use_it(self, find):
        assert (await find("target", Environment.STAGING))[0] is State.NOT_USED


class TestBypass:
    async def test_without_protection_all_is_well(self, find):
        assert (await find("bypass"))[0] is OK

    async def test_protection_without_the_secret_fails_and_names_it(self, find, protect):
        protect("open-sesame")

        state, sentence = await find("bypass")

        assert state is FAILED
        assert "asks for APP_PROTECTION_BYPASS_SECRET" in sentence
        assert "answers 401" in sentence

    async def test_the_target_is_not_blamed_for_it(self, find, protect):
        protect("open-sesame")

        assert (await find("target"))[0] is UNKNOWN

    class TestWithASecret:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"APP_PROTECTION_BYPASS_SECRET": "open-sesame"}

        async def test_the_right_one_lets_through(self, find, protect):
            protect("open-sesame")

            assert (await find("bypass"))[0] is OK

        async def test_one_that_was_changed_fails_and_is_not_told(self, find, protect):
            protect("another")

            state, sentence = await find("bypass")

            assert state is FAILED
            assert "does not accept APP_PROTECTION_BYPASS_SECRET" in sentence
            assert "open-sesame" not in sentence

    async def test_where_the_target_is_gone_the_live_one_tells(self, find, releases, delete):
        delete(releases.v1)
        assert (await find("bypass"))[0] is OK

        delete(releases.v2)
        assert (await find("bypass"))[0] is UNKNOWN

    async def test_nothing_live_is_nothing_to_try(self, find):
        assert (await find("bypass", Environment.STAGING))[0] is State.NOT_USED
