"""What the functions answer, made up: for states that a healthy local stack cannot be brought to.

Shapes as api/overview.py and api/rollback/status/[id].py send them; test_story.py shows the real
thing.
"""

from typing import Any

type Json = dict[str, Any]

NOW = "2026-11-22T07:40:00.000Z"
LIVE_SHA = "e81c2d7" + "0" * 33
GOOD_SHA = "4f2a9c1" + "0" * 33
OLD_SHA = "9be0d33" + "0" * 33
BAD_SHA = "77aa0b2" + "0" * 33
STEPS = ("record", "switch", "database", "caches", "verify")
ON_CALL = "+49 151 0000000"


def deployment(deployment_id: str, git_sha: str, title: str, **more: Any) -> Json:
    return {
        "deployment_id": deployment_id,
        "git_sha": git_sha,
        "title": title,
        "author": "Mina Rao",
        "live_from": "2026-11-21T05:33:00.000Z",
        "live_until": "2026-11-22T07:33:00.000Z",
        "how": "deploy",
        "by": "Mina Rao",
        "reason": None,
        "health": "passing",
        "migration_version": "0042",
        "is_live": False,
        "is_proven": True,
        "eligible": False,
        "why_not": None,
        "database_effect": "Database stays as it is.",
        "database_plan": "stays",
        "is_exclusive": False,
        "changed_variables": [],
        **more,
    }


def history() -> list[Json]:
    return [
        deployment(
            "dpl_live",
            LIVE_SHA,
            "Shot list: group by location",
            live_from="2026-11-22T07:33:00.000Z",
            live_until=None,
            health="failing",
            is_live=True,
            why_not="This version is live now",
        ),
        deployment("dpl_good", GOOD_SHA, "The venue's phone number", eligible=True),
        deployment("dpl_old", OLD_SHA, "Faster vendor search", eligible=True, how="rollback"),
        deployment("dpl_bad", BAD_SHA, "RSVP e-mails", health="failing", why_not="Was unhealthy"),
    ]


def traffic(**more: Any) -> Json:
    return {"verdict": None, "is_fresh": False, "stragglers": None, "decision": None, **more}


def verdict(state: str, sentence: str, **more: Any) -> Json:
    return {
        "deployment_id": "dpl_live",
        "state": state,
        "path": None,
        "sentence": sentence,
        "until": 1795333200,
        "requests": 1240.0,
        "rate": 0.082,
        "acts_in_seconds": 20,
        "decidable": [
            {"rate": 0.5, "requests": 13, "seconds": 3.1},
            {"rate": 0.1, "requests": 513, "seconds": 124.0},
        ],
        "streams": [],
        **more,
    }


def asked(deployment_id: str, answer: str, **more: Any) -> Json:
    """What the gate saw of one version."""
    return {
        "target": deployment_id,
        "answer": answer,
        "pairs": 20,
        "target_failed": 19 if answer == "fails" else 0,
        "target_unknown": 20 if answer == "unknown" else 0,
        "live_failed": 20,
        "is_proof": False,
        "detail": "it answers 500",
        **more,
    }


def decision(outcome: str, sentence: str, *gate: Json) -> Json:
    return {
        "at": NOW,
        "source": "traffic",
        "path": "soft",
        "outcome": outcome,
        "sentence": sentence,
        "target": "dpl_good",
        "gate": [*gate],
    }


def marker(minute: int, how: str, deployment_id: str, git_sha: str, title: str) -> Json:
    at = f"2026-11-22T{(6 * 60 + 41 + minute) // 60:02}:{(41 + minute) % 60:02}:20.000Z"
    return {
        "at": at,
        "how": how,
        "deployment_id": deployment_id,
        "git_sha": git_sha,
        "title": title,
    }


def chart(**more: Any) -> Json:
    """Quiet with a silence in it, then a release that fails, and a rollback."""
    requests = [240 + minute % 7 * 9 for minute in range(60)]
    errors = [int(minute % 5 == 0) for minute in range(60)]
    for minute in range(38, 52):
        errors[minute] = requests[minute] * min(minute - 37, 9) // 100
    for minute in (20, 21, 23):
        requests[minute] = errors[minute] = 0
    return {
        "environment": "production",
        "source": "traffic",
        "since": "2026-11-22T06:41:00.000Z",
        "limit": 0.05,
        "requests": requests,
        "errors": errors,
        "markers": [
            marker(52, "rollback", "dpl_good", GOOD_SHA, "The venue's phone number"),
            marker(36, "deploy", "dpl_live", LIVE_SHA, "Shot list: group by location"),
        ],
        **more,
    }


def overview(**more: Any) -> Json:
    versions = more.pop("history", history())
    return {
        "ui_version": "1",
        "now": NOW,
        "environment": "production",
        "viewer": {"name": "Priya Nair", "role": "operator"},
        "can_rollback": True,
        "on_call_phone": ON_CALL,
        "site_url": "https://production-wedsync.vercel.app",
        "overall": {"state": "bad", "sentence": "Production has problems", "since": NOW},
        "traffic": traffic(),
        "checks": [
            {"name": "api", "state": "unhealthy", "checked_at": NOW},
            {"name": "database", "state": "healthy", "checked_at": NOW},
            {"name": "redis", "state": "healthy", "checked_at": NOW},
            {"name": "stripe", "state": "unknown", "checked_at": None},
        ],
        "live": versions[0] if versions else None,
        "recommended": "dpl_good",
        "caution": None,
        "blocked": None,
        "active": None,
        "armed": armed(),
        "history": versions,
        "promotion": None,
        "outlook": "Requests are not being counted; our own looks alone decide.",
        "mode": "automatic",
        "is_locked": False,
        "conflicts": 0,
        "mode_set": None,
        "undo": None,
        "pin": None,
        "security_floor": None,
        "quarantined": [],
        "alerts": [],
        **more,
    }


def undo(**more: Any) -> Json:
    return {
        "rollback_id": completed()["rollback_id"],
        "deployment_id": "dpl_live",
        "git_sha": LIVE_SHA,
        "title": "Shot list: group by location",
        "database_effect": "The database stays as it is: the rollback did not change it.",
        **more,
    }


def pin() -> Json:
    return {
        "since": NOW,
        "sentence": "New releases do not go live by themselves since Ada's rollback.",
    }


def quarantined(**more: Any) -> Json:
    return {
        "git_sha": BAD_SHA,
        "deployment_id": "dpl_bad",
        "since": NOW,
        "by": "Ada",
        "reason": "Page does not open",
        **more,
    }


def armed(*checks: Json, checked_at: str = "2026-11-22T07:00:00.000Z") -> Json:
    is_armed = all(check["state"] != "failed" for check in checks)
    return {"checked_at": checked_at, "is_armed": is_armed, "checks": [*checks]}


def check(name: str, state: str, sentence: str) -> Json:
    return {"name": name, "state": state, "sentence": sentence}


def alert(number: int, sentence: str, **more: Any) -> Json:
    return {
        "id": number,
        "kind": "rollback_failed",
        "at": NOW,
        "sentence": sentence,
        "needs_a_person": True,
        "acknowledged_by": None,
        "acknowledged_at": None,
        **more,
    }


def alerts() -> list[Json]:
    """Newest first: two that need a person, one that somebody takes care of, and news."""
    taken = {"acknowledged_by": "Jonas Weber", "acknowledged_at": NOW}
    return [
        alert(4, "The rollback of production to 4f2a9c1 failed at verify."),
        alert(3, "Production was rolled back by itself.", needs_a_person=False),
        alert(2, "Production is down: it answers 500. There is no earlier version to go back to."),
        alert(1, "PagerDuty does not accept what it is told: it answers 401.", **taken),
    ]


def blocked(code: str, sentence: str) -> Json:
    return {"code": code, "sentence": sentence}


def steps(*states: str) -> list[Json]:
    return [
        {
            "name": name,
            "state": state,
            "attempt": 1,
            "started_at": NOW,
            "finished_at": NOW if state == "ok" else None,
            "duration_ms": 1600 if state in ("ok", "bad") else None,
            "message": "The app does not answer." if state == "bad" else None,
        }
        for name, state in zip(STEPS, states, strict=True)
    ]


def rollback(status: str, *states: str, **more: Any) -> Json:
    return {
        "rollback_id": "8a1e5c1e-6d35-4d2e-9c7e-0f6f2d6f9b10",
        "environment": "production",
        "kind": "back",
        "status": status,
        "overdue": False,
        "steps_completed": [],
        "current_step": "switch",
        "error": "Production does not serve 4f2a9c1." if status == "failed" else None,
        "steps": steps(*states),
        "target": {"deployment_id": "dpl_good", "git_sha": GOOD_SHA, "title": "Good"},
        "from_deployment": {"deployment_id": "dpl_live", "git_sha": LIVE_SHA, "title": "Live"},
        "requested_by": "Jonas Weber",
        "automatic": False,
        "reason": "Page does not open",
        "note": None,
        "requested_at": "2026-11-22T07:39:48.000Z",
        "deadline_at": "2026-11-22T07:40:48.000Z",
        "finished_at": NOW if status in ("completed", "failed") else None,
        "duration_ms": 8000 if status in ("completed", "failed") else None,
        "visitors_get": None,
        "next_actions": [],
        **more,
    }


def running(*states: str, **more: Any) -> Json:
    return rollback("in_progress", *(states or ("ok", "run", "wait", "wait", "wait")), **more)


def completed(**more: Any) -> Json:
    return rollback("completed", "ok", "ok", "skipped", "ok", "ok", **more)


def failed(**more: Any) -> Json:
    return rollback(
        "failed",
        *("ok", "ok", "skipped", "ok", "bad"),
        visitors_get="Visitors still get e81c2d7, the version with problems.",
        next_actions=["Open the live site.", "Start another rollback."],
        **more,
    )


def entry(number: int, action: str, result: str, **more: Any) -> Json:
    return {
        "id": number,
        "at": NOW,
        "actor": "Priya Nair",
        "action": action,
        "environment": "production",
        "subject": "dpl_good",
        "reason": "Page does not open",
        "result": result,
        "facts": {},
        **more,
    }


def entries() -> list[Json]:
    """Newest first: what a person did, what was done by itself, and of no environment."""
    ended = {"rollback_id": running()["rollback_id"], "error": "Production does not answer."}
    started = {"from": "dpl_live", "undoes": None, "versions": ["0042", "0041"]}
    signed_in = {"environment": None, "subject": None, "reason": None}
    return [
        entry(14, "operation.set_mode", "ok", subject="off", facts={"before": "automatic"}),
        entry(13, "rollback.end", "failed", actor="automatic", facts=ended),
        entry(12, "rollback.start", "accepted", actor="automatic", facts=started),
        entry(11, "session.start", "ok", **signed_in),
    ]


def audit(*, older: int | None = None, **more: Any) -> Json:
    viewer = {"name": "Vera Lind", "role": "viewer"}
    return {"now": NOW, "viewer": viewer, "entries": entries(), "older": older, **more}


def flag(key: str = "rsvp-emails", title: str = "RSVP e-mails", **more: Any) -> Json:
    return {
        "key": key,
        "title": title,
        "loses": "Guests will not get confirmation mails.",
        "owner": "Guests team",
        "safe_default": "on",
        "state": "on",
        "changed_at": None,
        "changed_by": None,
        "reason": None,
        "stays_on_because": None,
        **more,
    }


def turned_off(**more: Any) -> Json:
    by = {"changed_at": NOW, "changed_by": "Grace", "reason": "Error rate is high"}
    return flag(state="off", **by, **more)


def flags(*listed: Json, **more: Any) -> Json:
    why = "On a wedding day nobody can do without it."
    return {
        "environment": "production",
        "now": NOW,
        "viewer": {"name": "Priya Nair", "role": "operator"},
        "can_turn": True,
        "flags": [
            *(listed or [flag()]),
            flag("seating-plan", "Seating plan"),
            flag("timeline", "Timeline", stays_on_because=why),
        ],
        **more,
    }


def problem(status: int, slug: str, detail: str, **facts: Any) -> Json:
    address = f"https://wedsync.example/problems.md#{slug}"
    return {"type": address, "title": slug, "status": status, "detail": detail, **facts}
