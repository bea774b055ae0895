"""What is asked before anything moves: of the version to go back to, and of the database."""

import asyncio
import time
from datetime import timedelta

import pytest

from lib.automatic.gate import Answer, Gate
from lib.automatic.models import Suspicion
from lib.health.watch import Path
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
TOLD = "SELECT sentence FROM alerts WHERE kind = 'automatic_refused'"


class TestTheGate:
    async def test_a_shared_cause_moves_nothing_says_why_and_starts_counting_anew(
        self, failing, act, judge, not_well, rollbacks, changes, releases, rows
    ):
        await failing(releases.v3)
        await not_well(releases.v1, releases.v2)

        await act()

        assert await rollbacks() == []
        assert changes() == []
        [alert] = await rows("SELECT kind, sentence FROM alerts")
        assert alert["kind"] == "gate_refused"
        assert "the cause is shared" in alert["sentence"]
        assert (await judge()).state != "rollback"

    async def test_the_next_known_good_one_is_asked_if_the_best_is_not_well(
        self, failing, act, not_well, rollbacks, releases, rows
    ):
        await failing(releases.v3)
        await not_well(releases.v2)

        await act()

        assert await rollbacks() == [(releases.v3, releases.v1, True)]
        [row] = await rows("SELECT gate FROM decisions")
        assert [one["answer"] for one in row["gate"]] == ["fails", "helps"]

    async def test_one_that_was_deleted_is_passed_over(
        self, services, failing, act, rollbacks, releases
    ):
        """By retention, for instance: to go back to it would only fail, three times a day."""
        await failing(releases.v3)
        await services.http.delete(f"/v13/deployments/{releases.v2}")

        await act()

        assert await rollbacks() == [(releases.v3, releases.v1, True)]

    async def test_a_protected_target_is_gone_back_to_on_the_hard_path_and_that_is_said(
        self, failing, act, protected, rollbacks, releases, rows
    ):
        await failing(releases.v3)

        await act()

        assert await rollbacks() == [(releases.v3, releases.v2, True)]
        [row] = await rows("SELECT reason FROM rollbacks")
        assert "could not be asked (/api/health answers 401)" in row["reason"]

    async def test_a_protected_target_leaves_the_soft_path_to_a_person(
        self, services, failing, protected, rollbacks, releases, alerts
    ):
        await failing(releases.v3)
        soft = Suspicion(PRODUCTION, releases.v3, "traffic", "8 % fail", Path.SOFT, 1000)

        await services.autopilot.decider.decide(soft)

        assert await rollbacks() == []
        assert await alerts() == ["automatic_refused"]

    async def test_who_dies_in_the_gate_is_followed_by_the_next(
        self, services, failing, act, rollbacks, releases, pass_time
    ):
        await failing(releases.v3)
        assert await services.autopilot.decider.store.claim_gate(PRODUCTION)  # and dies
        await act()
        held = await rollbacks()
        await pass_time(timedelta(seconds=21))

        await act()

        assert held == []
        assert len(await rollbacks()) == 1

    async def test_what_went_live_meanwhile_is_not_rolled_back_for_what_was_before(
        self, failing, act, platform, rollbacks, releases, decisions
    ):
        """Somebody shipped the mend, and its webhook is not here yet."""
        await failing(releases.v3)
        platform.move_alias(platform.config.aliases.production, releases.v1)

        await act()

        assert (await rollbacks(), await decisions()) == ([], [])

    async def test_a_mode_that_is_changed_while_the_gate_is_asked_holds(
        self, failing, act, mode, rollbacks, releases, monkeypatch
    ):
        await failing(releases.v3)
        asked = []
        ask = Gate.ask

        async def ask_meanwhile(gate, *of):
            await mode("off")
            asked.append(await ask(gate, *of))
            return asked[-1]

        monkeypatch.setattr(Gate, "ask", ask_meanwhile)

        await act()

        assert [passage.answer for passage in asked] == [Answer.HELPS]
        assert await rollbacks() == []

    async def test_a_sweep_that_is_about_to_end_leaves_it_to_the_next(
        self, services, failing, rollbacks, releases
    ):
        await failing(releases.v3)

        await services.autopilot.look(stop_at=time.monotonic() + 1)

        assert await rollbacks() == []


async def test_a_gate_that_nobody_answered_moves_nothing_and_is_asked_again(
    variables, services, failing, judge, rollbacks, releases, decisions, control
):
    """Perhaps it was us who could not ask: what was counted stays evidence."""
    await failing(releases.v3)

    async def closes(_, writer):
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    deaf = build(load(variables | {"EDGE_URL": f"http://127.0.0.1:{port}"}))
    deaf.autopilot.decider.gate.span_seconds = 0.1
    await deaf.autopilot.look(stop_at=time.monotonic() + 60)
    await deaf.close()
    server.close()
    await server.wait_closed()

    assert await rollbacks() == []
    assert await decisions() == ["gate_refused"]
    assert (await judge()).state == "rollback"
    await services.autopilot.look(stop_at=time.monotonic() + 60)
    assert len(await rollbacks()) == 1


class TestTheDatabase:
    """What a version to go back to would need of it, asked before the gate is."""

    @pytest.fixture
    def decide(self, services):
        """Our own looks say that it is down."""

        async def decide(deployment):
            down = Suspicion(PRODUCTION, deployment, "probes", "it answers 500")
            return await services.autopilot.decider.decide(down)

        return decide

    async def test_goes_back_by_itself_for_what_both_versions_run_on(
        self, release, decide, releases
    ):
        bad = await release("adds-required")

        rollback = await decide(bad)

        assert (rollback.target, rollback.automatic) == (releases.v2, True)

    @pytest.mark.parametrize(
        ("version", "why"),
        [
            ("renames-table", "People still on the newer version will see errors."),
            ("drops-column", "weddings.venue"),
        ],
    )
    async def test_that_stops_a_version_or_cannot_go_back_is_a_persons_decision(
        self, release, decide, rows, version, why
    ):
        bad = await release(version)

        assert await decide(bad) is None

        [told] = await rows(TOLD)
        assert why in told["sentence"]
        assert "a person's decision" in told["sentence"]

    async def test_that_does_not_fit_one_version_leads_to_the_next(
        self, release, decide, control, releases
    ):
        """v2 knew a ledger that nothing leads back to."""
        bad = await release("adds-required")
        await control.execute(
            "UPDATE live_periods SET ledger = '{20200101000000}' WHERE deployment ="
            " (SELECT id FROM deployment_history WHERE vercel_deployment_id = %s)",
            [releases.v2],
        )

        rollback = await decide(bad)

        assert rollback.target == releases.v1
