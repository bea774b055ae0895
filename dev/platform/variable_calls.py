"""Calls about a project's environment variables: names, times and comments; values stay sealed."""

import base64
import hashlib

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.cloud import now_ms
from dev.platform.state import Variable

TYPES = ("system", "encrypted", "plain", "sensitive")


def variables(ask: Ask) -> Answer:
    return Answer({"envs": [sealed(one) for one in kept(ask).values()]})


def create(ask: Ask) -> Answer:
    """With `upsert=true` it takes the place of the one that there is."""
    there, key = kept(ask), ask.body.get("key")
    if not isinstance(key, str) or not key or ask.body.get("type") not in TYPES:
        raise Refused(400, "bad_request", "`key` and `type` should be known words.")
    known = there.get(key)
    if known and ask.query.get("upsert") != "true":
        raise Refused(400, "ENV_CONFLICT", f"A variable with the name `{key}` exists already.")
    there[key] = known or Variable(
        id=ask.cloud.new_id("env", ask.params["project"], key),
        key=key,
        value=None,
        created_ms=now_ms(),
        updated_ms=now_ms(),
    )
    change(ask, there[key])
    return Answer({"created": sealed(there[key]), "failed": []}, status=201)


def edit(ask: Ask) -> Answer:
    found = next((one for one in kept(ask).values() if one.id == ask.params["id"]), None)
    if found is None:
        raise Refused(404, "not_found", "The environment variable was not found.")
    change(ask, found)
    return Answer(sealed(found))


def change(ask: Ask, variable: Variable) -> None:
    variable.value = ask.body.get("value", variable.value)
    variable.type = ask.body.get("type", variable.type)
    variable.target = ask.body.get("target", variable.target)
    variable.comment = ask.body.get("comment", variable.comment)
    variable.updated_ms = now_ms()


def kept(ask: Ask) -> dict[str, Variable]:
    """The app's, or the control plane's own."""
    if ask.params["project"] == ask.cloud.config.control_project_id:
        return ask.cloud.state.control_variables
    ask.check_project(ask.params["project"])
    return ask.cloud.state.variables


def sealed(variable: Variable) -> dict[str, object]:
    digest = hashlib.sha256(f"{variable.id}{variable.value}".encode()).digest()
    return {
        "id": variable.id,
        "key": variable.key,
        "value": base64.b64encode(digest).decode(),
        "type": variable.type,
        "target": variable.target,
        "comment": variable.comment,
        "configurationId": None,
        "createdAt": variable.created_ms,
        "updatedAt": variable.updated_ms,
    }


ENV = "/projects/{project}/env"

CALLS = (
    Call("env", "GET", ENV, variables),
    Call("set-env", "POST", ENV, create),
    Call("set-env", "PATCH", f"{ENV}/{{id}}", edit),
)
