"""What it is told by the platform, the control plane and the releases' CI, and makes of that."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.serving import serve
from lib.breakglass.journal import Journal
from tests.integration.breakglass.conftest import DECIDED, KEYS

MOVES = {"alias": ("POST", "/aliases"), "instant": ("POST", "/rollback/")}
#: Room for a plan, and not for more; compiled modules have none either.
SMALL_DISK = ("sh", "-c", 'ulimit -f 4; PYTHONDONTWRITEBYTECODE=1 exec "$@"', "sh")
AGREED = ("--yes", "--reason", "All is down", "--by", "Ada")


@pytest.fixture
def asked(glass, between):
    """Break-glass, with the platform behind what changes its answers."""

    def asked(*arguments, **more):
        return glass(*arguments, VERCEL_API_URL=between.url, **more)

    return asked


@pytest.fixture
def tell(between, releases):
    """What the deployments' meta say, live and older."""

    def of(meta):
        return lambda body: body | {"meta": body["meta"] | meta}

    def listed(live, older):
        told = {releases.v2: live, releases.v1: older}

        def change(body):
            rows = body["deployments"]
            return body | {"deployments": [of(told.get(row["uid"], {}))(row) for row in rows]}

        return change

    def tell(live, older, platform):
        between.changed["/v6/deployments"] = listed(live, older)
        for name, meta in ((releases.v2, live), (releases.v1, older)):
            between.changed[f"/deployments/{name}"] = of(meta)
        between.changed[f"/deployments/{platform.config.aliases.production}"] = of(live)

    return tell


class TestDatabase:
    def test_the_same_migrations_in_both_fit(self, asked, tell, platform, live, releases):
        tell({"dbMigrations": "m"}, {"dbMigrations": "m"}, platform)

        done = asked(*AGREED)

        assert done.code == 0, done.err
        assert "fits: Both contain the same migrations" in done.out
        assert live() == releases.v1

    def test_what_cannot_be_gone_back_past_is_refused(self, asked, tell, platform, live, releases):
        tell({"dbMigrations": "n", "dbWall": "20270101000000"}, {"dbMigrations": "m"}, platform)

        done = asked(*DECIDED)

        assert done.code == 1
        assert "cannot be rolled back past 20270101000000" in done.err
        assert live() == releases.v2

    def test_other_migrations_are_named_and_it_is_asked(self, asked, tell, platform, releases):
        tell({"dbNewest": "2", "dbMigrations": "n"}, {"dbNewest": "1"}, platform)

        done = asked(*AGREED)
        assert done.code == 1
        assert "was built for 1" in done.out

    @pytest.mark.parametrize(
        ("plan", "code", "said"),
        [
            ("stays", 0, "fits: Nothing to do"),
            ("goes_back", 1, "has to go back for it: Nothing to do"),
            ("refused", 1, "refused: Nothing to do"),
            ("unknown", 1, "unknown: Nothing to do"),
        ],
    )
    def test_a_control_plane_that_answers_is_believed(
        self, glass, live, releases, plan, code, said
    ):
        row = {"deployment_id": releases.v1, "database_plan": plan}
        with control_plane([row | {"database_effect": "Nothing to do"}]) as served:
            done = glass(*AGREED, CONTROL_PLANE_URL=served.url, CONTROL_PLANE_TOKEN="viewer")

        assert done.code == code, done.err
        assert said in done.out
        assert live() == (releases.v2 if code else releases.v1)

    def test_its_word_counts_more_than_the_deployments_own(
        self, asked, tell, platform, live, releases
    ):
        tell({"dbMigrations": "m"}, {"dbMigrations": "m"}, platform)
        row = {"deployment_id": releases.v1, "database_plan": "refused", "database_effect": "No"}
        with control_plane([row]) as served:
            done = asked(*DECIDED, CONTROL_PLANE_URL=served.url, CONTROL_PLANE_TOKEN="viewer")

        assert (done.code, "does not follow: No" in done.err) == (1, True)
        assert live() == releases.v2

    @pytest.mark.parametrize("rows", [None, 1, ["x"], [None], [{}]])
    def test_what_it_cannot_read_is_unknown(self, glass, rows):
        with control_plane(rows) as served:
            done = glass(*AGREED, CONTROL_PLANE_URL=served.url, CONTROL_PLANE_TOKEN="viewer")

        assert (done.code, "database   unknown" in done.out) == (1, True)

    @pytest.mark.parametrize("address", ["control.example", "https://[", "https://a b/"])
    def test_an_address_that_is_none_is_unknown(self, glass, address):
        done = glass(*AGREED, CONTROL_PLANE_URL=address, CONTROL_PLANE_TOKEN="viewer")

        assert (done.code, "does not answer" in done.out) == (1, True)


def control_plane(rows):
    async def answer(request):
        assert request.headers["authorization"] == "Bearer viewer"
        return JSONResponse({"deployments": rows})

    return serve(Starlette(routes=[Route("/api/deployments", answer)]))


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "remedy"),
        [
            (401, "Make a token"),
            (402, "billing"),
            (403, "Make a token"),
            (404, "Choose one: --to"),
            (410, "Choose one: --to"),
        ],
    )
    def test_a_move_that_is_refused_leaves_all_as_it_was(
        self, asked, glass, between, platform, method, live, releases, status, remedy
    ):
        between.refused[MOVES[method]] = (status, {"error": {"message": "No"}})

        done = asked(*DECIDED)

        assert done.code == 1
        assert f"answered {status}: No" in done.err
        assert remedy in done.err
        assert (live(), platform.state()["auto_assign"]) == (releases.v2, True)
        assert (glass.end()["outcome"], glass.end()["traffic"]) == ("refused", "unchanged")

    def test_a_conflict_is_waited_for(self, asked, glass, between, method, live, releases):
        between.refused[MOVES[method]] = (409, {"error": {"message": "A job is under way"}})

        done = asked(*DECIDED, "--give-up-after", "2")
        assert (done.code, "under way" in done.err) == (4, True)
        assert live() == releases.v2

        between.refused.clear()
        again = asked(*DECIDED)
        assert (again.code, "Goes on" in again.out) == (0, True)
        assert live() == releases.v1

    @pytest.mark.parametrize("method", ["alias"], indirect=True)
    def test_a_token_that_may_only_read_is_named(self, asked, between, platform, live, releases):
        for write in ("POST", "PATCH", "DELETE"):
            between.refused[(write, "/")] = (403, {"error": {"message": "Not authorized"}})

        done = asked(*DECIDED)

        assert done.code == 1
        assert "Make a token" in done.err
        assert "do not go live" not in done.err
        assert (live(), platform.state()["auto_assign"]) == (releases.v2, True)

    @pytest.mark.parametrize("method", ["alias"], indirect=True)
    def test_a_pin_that_cannot_be_taken_back_is_told(self, asked, glass, between, platform):
        between.refused[MOVES["alias"]] = (403, {"error": {"message": "No"}})

        # The platform lets it be turned off, and then nothing more.
        between.changed["/prj_wedsync"] = lambda body: (
            (
                between.refused.update({("PATCH", "/"): (403, {"error": "No"})})
                if not body["autoAssignCustomDomains"]
                else None
            )
            or body
        )
        done = asked(*DECIDED)

        assert done.code == 1
        assert "New releases do not go live by themselves now" in done.err
        assert platform.state()["auto_assign"] is False

    @pytest.mark.parametrize("error", ["Payment required", None, ["no"], {"code": "x"}])
    def test_an_error_of_another_form_is_quoted_or_named(self, asked, between, error):
        between.refused[("GET", "/v9/projects")] = (402, {"error": error})

        done = asked(*DECIDED)
        assert (done.code, "answered 402" in done.err) == (1, True)


def test_what_a_commit_says_is_no_line_of_its_own(asked, tell, platform):
    evil = "x\r::stop-commands::\x1b[2J\u2028y"
    meta = {"githubCommitMessage": evil, "githubCommitAuthorLogin": f"a\n{evil}"}
    tell(meta | {"githubCommitSha": "\n::x::"}, meta, platform)

    said = asked("--dry-run", *DECIDED).out

    assert "stop-commands" in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert "\x1b" not in said


class TestWhose:
    @pytest.mark.parametrize("method", ["alias"], indirect=True)
    def test_one_apps_address_is_not_given_to_another(
        self, asked, between, platform, writes, live, releases
    ):
        host = platform.config.aliases.production
        between.changed[f"/{host}"] = lambda body: body | {"projectId": "prj_other"}

        done = asked(*DECIDED)

        assert done.code == 2
        assert f"{host} leads to" in done.err
        assert "prj_other" in done.err
        assert writes() == []

    def test_another_projects_deployment_is_refused(self, asked, between, live, releases):
        change = {"projectId": "prj_other"}
        between.changed[f"/deployments/{releases.v1}"] = lambda body: body | change

        done = asked(*DECIDED, "--to", releases.v1)
        assert (done.code, "belongs to another project" in done.err) == (1, True)
        assert live() == releases.v2

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"APP_PROJECT_ID": "prj_other"}, "knows no prj_other"),
            ({"VERCEL_TEAM_ID": "team_other"}, "this team"),
        ],
    )
    def test_another_project_or_team_is_refused(self, glass, live, releases, wrong, said):
        done = glass(*DECIDED, **wrong)

        assert (done.code, said in done.err) == (1, True)
        assert live() == releases.v2

    def test_a_projects_name_is_not_its_id(self, glass, platform):
        done = glass(*DECIDED, APP_PROJECT_ID=platform.config.project_name)

        assert (done.code, platform.config.project_id in done.err) == (2, True)

    @pytest.mark.parametrize("method", ["alias"], indirect=True)
    def test_an_alias_that_leads_nowhere_is_named(self, glass):
        done = glass(*DECIDED, ALIAS_PATTERN="{environment}-other.vercel.app")

        assert (done.code, "leads nowhere" in done.err) == (1, True)


@pytest.mark.parametrize("method", ["instant"], indirect=True)
def test_where_no_host_is_listed_nothing_is_proved(asked, between, monkeypatch, live, releases):
    monkeypatch.setattr("lib.breakglass.run.VERIFY_SECONDS", 1.0)

    def hostless(body):
        production = body["targets"]["production"] | {"alias": []}
        return body | {"targets": {"production": production}}

    between.changed["/prj_wedsync"] = hostless

    done = asked(*DECIDED)

    assert (done.code, "lists no host" in done.err) == (3, True)
    assert live() == releases.v1


@pytest.mark.parametrize("method", ["alias"], indirect=True)
def test_what_is_pinned_already_stays_pinned_when_it_is_refused(asked, between, platform, glass):
    between.refused[MOVES["alias"]] = (403, {"error": {"message": "No"}})
    glass(*DECIDED)
    assert platform.state()["auto_assign"] is False
    platform.release("good")

    assert asked(*DECIDED, "--to", platform.state()["deployments"][1]["id"]).code == 1
    assert platform.state()["auto_assign"] is False
    assert glass.entries()[0]["auto_assign"] is False


class TestJournals:
    @pytest.fixture
    def planted(self, glass, releases):
        """Anybody's, without the key: as if somebody had begun to go to v3."""
        glass("--dry-run", *DECIDED)

        def planted(keys):
            made = Journal.create(glass.folder, keys)
            made.write("begun", project="prj_wedsync", target={"id": releases.v3})
            made.write("asking", call="alias")
            made.close()

        return planted

    def test_one_without_a_signature_is_not_gone_on_with(self, glass, planted, live, releases):
        planted(KEYS.read(""))

        done = glass(*DECIDED)
        assert (done.code, "Goes on" in done.out) == (0, False)
        assert live() == releases.v1

    def test_a_dry_run_does_not_end_what_was_interrupted(self, glass, planted, releases):
        planted(KEYS)

        assert glass("--dry-run", *DECIDED, "--to", releases.v1).code == 0
        assert glass.events() == ["begun", "asking"]

    def test_one_that_was_ended_meanwhile_is_not_gone_on_with(self, tmp_path):
        made = Journal.create(tmp_path, KEYS)
        made.write("begun", project="prj")
        made.write("end", outcome="completed")
        made.close()

        assert Journal.resume(made.path, KEYS) is None

    def test_a_disk_that_is_full_says_what_visitors_get(self, glass, live, releases):
        process = glass.start(*DECIDED, within=SMALL_DISK)
        said = process.communicate()[1]

        assert process.returncode in (1, 3), said
        assert "The journal cannot be written" in said
        assert ("what they got before" in said) == (live() == releases.v2)
