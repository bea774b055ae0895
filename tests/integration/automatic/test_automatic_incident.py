"""The report of a rollback that came by itself, from the requests that it was decided by."""

import asyncio

from lib.incidents.markdown import markdown
from lib.incidents.report import report
from scripts import incident as command

NEWEST = "SELECT id FROM rollbacks ORDER BY requested_at DESC LIMIT 1"


async def test_it_says_what_was_counted_and_what_the_gate_answered(
    services, visits, live_since, releases, act, rows, work
):
    await live_since(releases.v3, 400)
    await visits(releases.v3, ago=100, seconds=95, per_second=5, rate=0.5)
    await act()
    rollback_id = (await rows(NEWEST))[0]["id"]
    await work(await services.engine.store.get(rollback_id))

    incident = report(await services.incidents.read(rollback_id))

    assert incident.summary.startswith("Production was rolled back from ")
    assert ", by itself. It took " in incident.summary
    assert incident.detected.source == "traffic"
    assert incident.detected.at <= incident.requested_at
    assert incident.before.counted.state == "rollback"
    assert 0.4 < incident.before.counted.rate <= 0.5
    assert "requests failed in the five minutes before " in incident.before.sentence
    assert incident.evidence.judged_by.startswith("Counted requests: ")
    assert [one.answer for one in incident.evidence.gate] == ["helps"]
    assert incident.evidence.gate[0].target.deployment_id == releases.v2
    assert [one.outcome for one in incident.decisions] == ["rolled_back"]
    assert [alert.kind for alert in incident.alerts] == ["rollback_started", "rollback_completed"]
    moments = [event.at for event in incident.timeline]
    assert moments == sorted(moments)
    assert incident.timeline[0].what.startswith("Detected. Requests spoke against the release: ")
    assert "- **Gate:** " in markdown(incident)


async def test_a_command_lists_them_and_writes_one_down(
    services, order, work, variables, monkeypatch, capsys
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    command.settings.cache_clear()
    try:
        assert await asyncio.to_thread(command.main, []) == 0
        assert capsys.readouterr().out == "There was no rollback yet.\n"
        ended = await work(await services.engine.start(order))

        assert await asyncio.to_thread(command.main, []) == 0
        assert capsys.readouterr().out.startswith(str(ended.id))
        assert await asyncio.to_thread(command.main, [str(ended.id)]) == 0
        assert capsys.readouterr().out.startswith("# Rollback of production: ")
        assert await asyncio.to_thread(command.main, ["0" * 32]) == 1
        assert capsys.readouterr().err == "No rollback has this id.\n"
    finally:
        command.settings.cache_clear()
