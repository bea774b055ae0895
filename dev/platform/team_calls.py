"""Calls about the team's webhooks and log drains, as the platform's client library describes them
(@vercel/sdk 1.28.35, read 2026-11-26).
"""

import hashlib
from typing import Any

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.cloud import now_ms
from dev.platform.state import LogDrain, Webhook


def list_webhooks(ask: Ask) -> Answer:
    project = ask.query.get("projectId")
    hooks = ask.cloud.state.webhooks.values()
    return Answer([show(ask, one) for one in hooks if project in (None, *one.project_ids)])


def create_webhook(ask: Ask) -> Answer:
    """Any number at the same address, as on the platform."""
    url, events = ask.body.get("url"), ask.body.get("events")
    if not isinstance(url, str) or not url.startswith("http") or not events:
        raise Refused(400, "bad_request", "`url` and `events` are needed.")
    ask.cloud.state.sequence += 1
    hook = Webhook(
        id=ask.cloud.new_id("account_hook", url),
        url=url,
        events=events,
        project_ids=ask.body.get("projectIds", []),
        secret=ask.cloud.new_id("secret", url),
        created_ms=now_ms(),
    )
    ask.cloud.state.webhooks[hook.id] = hook
    return Answer(show(ask, hook) | {"secret": hook.secret})


def delete_webhook(ask: Ask) -> Answer:
    if ask.cloud.state.webhooks.pop(ask.params["id"], None) is None:
        raise Refused(404, "not_found", "The webhook was not found.")
    return Answer(status=204)


def show(ask: Ask, hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": hook.url,
        "events": hook.events,
        "projectIds": hook.project_ids,
        "ownerId": ask.cloud.config.team_id,
        "createdAt": hook.created_ms,
        "updatedAt": hook.created_ms,
    }


def list_drains(ask: Ask) -> Answer:
    return Answer({"drains": [show_drain(ask, one) for one in ask.cloud.state.drains.values()]})


def create_drain(ask: Ask) -> Answer:
    check_drain(ask.body)
    ask.cloud.state.sequence += 1
    drain = LogDrain(
        id=ask.cloud.new_id("drn", ask.body["name"]),
        order=ask.body,
        created_ms=now_ms(),
        updated_ms=now_ms(),
    )
    ask.cloud.state.drains[drain.id] = drain
    return Answer(show_drain(ask, drain))


def update_drain(ask: Ask) -> Answer:
    drain = find_drain(ask)
    check_drain(drain.order | ask.body)
    drain.order, drain.updated_ms = drain.order | ask.body, now_ms()
    return Answer(show_drain(ask, drain))


def delete_drain(ask: Ask) -> Answer:
    del ask.cloud.state.drains[find_drain(ask).id]
    return Answer(status=204)


def find_drain(ask: Ask) -> LogDrain:
    if ask.params["id"] not in ask.cloud.state.drains:
        raise Refused(404, "not_found", "The drain was not found.")
    return ask.cloud.state.drains[ask.params["id"]]


def check_drain(order: dict[str, Any]) -> None:
    delivery = order.get("delivery", {})
    known = delivery.get("type") == "http" and delivery.get("encoding") in ("json", "ndjson")
    if not (order.get("name") and order.get("schemas") and known and "headers" in delivery):
        raise Refused(400, "bad_request", "The drain lacks `name`, `schemas` or its `delivery`.")


def show_drain(ask: Ask, drain: LogDrain) -> dict[str, Any]:
    order = drain.order
    secret = {"secret": {"kind": "INTEGRATION_SECRET"}} if "secret" in order["delivery"] else {}
    return {
        "id": drain.id,
        "name": order["name"],
        "projectIds": order.get("projectIds", []),
        "filterV2": order.get("filter"),
        "schemas": {name: {} for name in order["schemas"]},
        "delivery": order["delivery"] | secret,
        "sampling": order.get("sampling") or [],
        "status": order.get("status", "enabled"),
        "source": {"kind": "self-served"},
        "ownerId": ask.cloud.config.team_id,
        "createdAt": drain.created_ms,
        "updatedAt": drain.updated_ms,
    }


def verification(ask: Ask) -> Answer:
    """What a drain's receiver has to answer with: the team's, always the same."""
    code = hashlib.sha256(ask.cloud.config.team_id.encode()).hexdigest()[:40]
    return Answer({"verificationCode": code})


CALLS = (
    Call("webhooks", "GET", "/webhooks", list_webhooks),
    Call("create-webhook", "POST", "/webhooks", create_webhook),
    Call("delete-webhook", "DELETE", "/webhooks/{id}", delete_webhook),
    Call("drains", "GET", "/drains", list_drains),
    Call("create-drain", "POST", "/drains", create_drain),
    Call("update-drain", "PATCH", "/drains/{id}", update_drain),
    Call("delete-drain", "DELETE", "/drains/{id}", delete_drain),
    Call("verification", "GET", "/verify-endpoint", verification),
)
