"""What GET /api/incidents answers, made up, as lib/incidents/models.py has it."""

from typing import Any

from tests.browser.facts import GOOD_SHA, LIVE_SHA, NOW, Json, steps

ID = "8a1e5c1e-6d35-4d2e-9c7e-0f6f2d6f9b10"
LEFT = {"deployment_id": "dpl_live", "git_sha": LIVE_SHA, "title": "Shot list by location"}
TARGET = {"deployment_id": "dpl_good", "git_sha": GOOD_SHA, "title": "The venue's phone number"}
VIEWER = {"name": "Vera Lind", "role": "viewer"}
FAILING = "8.2 % of 1,240 requests fail; enough evidence"
NOT_MEASURED = "Not measured: no requests were counted, and there was no look at it."


def fact(name: str, value: str, at: str | None = None) -> Json:
    return {"name": name, "value": value, "at": at}


def looks(ok: int, failed: int, trouble: str | None) -> Json:
    return {
        "ok": ok,
        "failed": failed,
        "unknown": 0,
        "first_at": NOW,
        "last_at": NOW,
        "trouble": trouble,
    }


def measured(sentence: str, verdict: str | None = None, rate: float = 0.0) -> Json:
    counted = verdict and {
        "at": NOW,
        "state": "rollback",
        "sentence": verdict,
        "requests": 1240,
        "rate": rate,
    }
    return {"sentence": sentence, "counted": counted, "looks": looks(30, 0, None)}


def incident(**more: Any) -> Json:
    """An automatic one that went well."""
    return {
        "viewer": VIEWER,
        "generated_at": NOW,
        "file_name": "incident-2026-11-22-e81c2d7",
        "title": "Rollback of production: e81c2d7 to 4f2a9c1",
        "summary": "Production was rolled back from e81c2d7 to 4f2a9c1, by itself. It took 8.0 s.",
        "draft": "Draft: the release is watched until 2026-11-22 07:55:00 UTC.",
        "rollback_id": ID,
        "environment": "production",
        "kind": "back",
        "status": "completed",
        "automatic": True,
        "requested_by": "automatic",
        "reason": f"Requests fail: {FAILING}.",
        "note": None,
        "requested_at": "2026-11-22T07:39:48.000Z",
        "deadline_at": "2026-11-22T07:40:48.000Z",
        "overdue_since": None,
        "finished_at": NOW,
        "duration_ms": 8000,
        "target": TARGET,
        "from_deployment": LEFT,
        "facts": [
            fact("Result", "Completed"),
            fact("Visitors get", "Visitors got 4f2a9c1 when it had completed."),
            fact("Who", "Automatically"),
            fact("Reason", f"Requests fail: {FAILING}."),
            fact("From", "e81c2d7, Shot list by location (dpl_live)"),
            fact("To", "4f2a9c1, The venue's phone number (dpl_good)"),
            fact("Detected", FAILING, "2026-11-22T07:39:28.000Z"),
            fact("Started", "20 s after it was detected.", "2026-11-22T07:39:48.000Z"),
            fact("Quarantine", "e81c2d7 may not come back by itself.", NOW),
        ],
        "detected": {"at": "2026-11-22T07:39:28.000Z", "source": "traffic", "sentence": FAILING},
        "evidence": {
            "source": "traffic",
            "path": "hard",
            "judged_by": "Counted requests: it is badly broken.",
            "sentence": f"{FAILING}.",
            "stream": "all requests",
            "log10_evidence": 9.4,
            "gate": [
                {
                    "target": TARGET,
                    "answer": "helps",
                    "pairs": 20,
                    "target_failed": 0,
                    "target_unknown": 0,
                    "live_failed": 18,
                    "detail": "Healthy.",
                    "sentence": "4f2a9c1 helps: it failed 0 of 20 paired looks, the live version"
                    " 18. Healthy.",
                }
            ],
            "trial": None,
        },
        "before": measured(
            "8.2 % of 1,240 requests failed in the five minutes before"
            " 2026-11-22 07:39:40 UTC: bad.",
            f"{FAILING}.",
            0.082,
        ),
        "after": measured("Of 30 looks at its health, 30 went well."),
        "timeline": [
            {"at": "2026-11-22T07:39:28.000Z", "what": f"Detected. {FAILING}."},
            {"at": "2026-11-22T07:39:48.000Z", "what": "Rollback to 4f2a9c1 started by itself."},
            {"at": NOW, "what": "Switch traffic: done after 1.6 s, 2 attempts."},
            {"at": NOW, "what": "Completed after 8.0 s: visitors get 4f2a9c1."},
        ],
        "steps": steps("ok", "ok", "skipped", "ok", "ok"),
        "error": None,
        "visitors_get": "Visitors got 4f2a9c1 when it had completed.",
        "next_actions": [],
        "database": {
            "sentence": "The database stays as it is: both versions run on it.",
            "warning": None,
            "versions": [],
            "is_exclusive": False,
            "rows_quarantined": None,
            "conflicts": None,
        },
        "quarantined": [{"git_sha": LIVE_SHA, "since": NOW, "lifted_at": None, "lifted_by": None}],
        "undoes": None,
        "undone_by": None,
        "watch": "It is watched until 2026-11-22 07:55:00 UTC. No look at it is stored.",
        "watch_until": "2026-11-22T07:55:00.000Z",
        "decisions": [],
        "alerts": [alert()],
        "audit": [
            audit_line(41, "rollback.start", "accepted"),
            audit_line(42, "rollback.end", "completed"),
        ],
        **more,
    }


def by_hand(**more: Any) -> Json:
    """By a person, without any metrics, and it failed; what was written is hostile."""
    return incident(
        draft=None,
        status="failed",
        automatic=False,
        requested_by="Priya Nair",
        reason="Page does not open",
        note="<b>The couple</b> called\n| and `cried` | [here](https://evil.example)",
        summary="Rolling production back from e81c2d7 to 4f2a9c1, by Priya Nair, failed.",
        evidence=None,
        detected=None,
        before=measured(NOT_MEASURED),
        after=measured(NOT_MEASURED),
        steps=steps("ok", "ok", "skipped", "ok", "bad"),
        error="Production does not serve 4f2a9c1.",
        next_actions=["Open the live site and look whether it works.", "Start another rollback."],
        watch="It failed, so nothing was watched.",
        watch_until=None,
        alerts=[],
        **more,
    )


def alert(**more: Any) -> Json:
    return {
        "id": 7,
        "kind": "rollback_started",
        "at": NOW,
        "sentence": "Production is being rolled back by itself from e81c2d7 to 4f2a9c1.",
        "acknowledged_at": NOW,
        "acknowledged_by": "Jonas Weber",
        "resolved_at": None,
        "told": [{"channel": "slack", "event": "raised", "sent": 1, "error": None}],
        "sent": "Sent through slack.",
        **more,
    }


def audit_line(number: int, action: str, result: str) -> Json:
    return {
        "id": number,
        "at": NOW,
        "actor": "automatic",
        "action": action,
        "subject": "dpl_good",
        "reason": f"Requests fail: {FAILING}.",
        "result": result,
    }


def listed(**more: Any) -> Json:
    return {
        "rollback_id": ID,
        "environment": "production",
        "kind": "back",
        "status": "completed",
        "overdue": False,
        "requested_by": "automatic",
        "automatic": True,
        "reason": f"Requests fail: {FAILING}.",
        "requested_at": "2026-11-22T07:39:48.000Z",
        "finished_at": NOW,
        "target": TARGET,
        "from_deployment": LEFT,
        "undone_by": None,
        **more,
    }


def incidents(*, older: str | None = None, **more: Any) -> Json:
    """Newest first."""
    hand = {"automatic": False, "requested_by": "Priya Nair", "reason": "Page does not open"}
    rows = [
        listed(status="in_progress", finished_at=None, rollback_id=ID.replace("8a", "8d")),
        listed(**hand, status="failed", rollback_id=ID.replace("8a", "8b"), overdue=True),
        listed(kind="forward", **hand, rollback_id=ID.replace("8a", "8c"), from_deployment=None),
        listed(undone_by=ID),
    ]
    return {"now": NOW, "viewer": VIEWER, "incidents": rows, "older": older, **more}
