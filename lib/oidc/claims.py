"""Who a signed token is of, by its claims. Pure.

What the settings ask for is not told to who does not fulfil it: anybody can get a token that
GitHub signed. https://docs.github.com/actions/reference/security/oidc (read 2026-11-26).
"""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from lib import errors
from lib.access.models import LADDER, Caller, ProvenJob, Role
from lib.oidc.models import Claims, GitHub, Issuer, Workflows

log = logging.getLogger(__name__)

NAME_LENGTH = 150
#: Begun by who may write to the repository. What a stranger's pull request starts is not here,
#: nor is `workflow_run`, which runs on main after it.
ROLLBACK_EVENTS = ("workflow_dispatch", "repository_dispatch", "schedule")
RECORDER_EVENTS = (*ROLLBACK_EVENTS, "push", "release")


def github_caller(github: GitHub, claims: Claims) -> Caller:
    """Raises Unauthenticated."""
    operator, recorder = github.operator, github.recorder
    if operator and claims.get("job_workflow_ref") == operator.workflow:
        check_workflow(operator, claims, ROLLBACK_EVENTS)
        return Caller(name=workflow_name(operator, claims), role=Role.OPERATOR)
    if recorder is None:
        raise refused("job_workflow_ref", claims)
    check_workflow(recorder, claims, RECORDER_EVENTS)
    return ProvenJob(name=workflow_name(recorder, claims), role=Role.RECORDER)


def check_workflow(bound: Workflows, claims: Claims, events: tuple[str, ...]) -> None:
    """Raises Unauthenticated naming the first claim that is another."""
    wanted = {
        "repository": bound.repository,
        "repository_id": bound.repository_id,
        "ref": bound.ref,
        "ref_protected": "true",
    }
    for claim, value in wanted.items():
        if claims.get(claim) != value:
            raise refused(claim, claims)
    if claims.get("event_name") not in events:
        raise refused("event_name", claims)


def workflow_name(bound: Workflows, claims: Claims) -> str:
    return f"{readable(claims.get('actor')) or 'somebody'} by GitHub Actions ({bound.repository})"


def mapped_caller(issuer: Issuer, claims: Claims) -> Caller:
    """Raises Unauthenticated. The issuer is part of the name: nobody calls himself another."""
    for claim, value in issuer.require.items():
        given = claims.get(claim)
        if type(given) is not type(value) or given != value:
            raise refused(claim, claims)
    name = readable(at(claims, issuer.name_claim))
    if name is None:
        raise refused(".".join(issuer.name_claim), claims)
    given = at(claims, issuer.role_claim)
    values = given if isinstance(given, list) else [given]
    # A claim may hold anything, also what no dictionary takes.
    roles = [role for value, role in issuer.roles.items() if value in values]
    if not roles:
        raise refused(".".join(issuer.role_claim), claims)
    return Caller(name=f"{name} ({urlsplit(issuer.issuer).netloc})", role=greatest(roles))


def greatest(roles: Sequence[Role]) -> Role:
    return max(roles, key=lambda role: LADDER.index(role) if role in LADDER else -1)


def at(claims: Claims, path: tuple[str, ...]) -> Any:
    """None where the way ends before."""
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def readable(value: object) -> str | None:
    """As it may stand in the audit log."""
    if isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= NAME_LENGTH:
        return value.strip()
    return None


def refused(claim: str, claims: Claims) -> errors.Unauthenticated:
    log.warning(
        "oidc_refused",
        extra={"claim": claim, "issuer": claims.get("iss"), "subject": claims.get("sub")},
    )
    return errors.Unauthenticated(
        f"The token's `{claim}` is not what this control plane is set to let in: docs/access.md."
    )
