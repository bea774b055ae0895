"""Does every host really serve the target? A plain 200 proves nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from lib.breakglass.models import Away, Deployment, Given, Plan, Stopped
from lib.breakglass.platform import LOOPBACK, Patience

PATH = "/api/health"
#: Fresh connections that must all agree, per host: one may be answered by a stale edge node.
LOOKS = 3
RECHECK_SECONDS = 1.0
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    deployment_id: str | None
    api: str
    detail: str

    @property
    def is_well(self) -> bool:
        return self.api == "healthy"


def look(given: Given, host: str) -> Look:
    """Over a connection of its own."""
    url = (given.edge_url or f"https://{host}") + PATH
    headers = {"host": host, "cache-control": "no-cache"}
    if given.bypass:
        headers["x-vercel-protection-bypass"] = given.bypass
    try:
        answer = httpx.get(
            url,
            headers=headers,
            timeout=LOOK_SECONDS,
            trust_env=urlsplit(url).hostname not in LOOPBACK,
        )
        body = answer.json()
        return Look(str(body["deployment_id"]), str(body.get("api")), f"answers {body['api']}")
    except httpx.RequestError as error:
        return Look(None, "unknown", f"does not answer ({type(error).__name__})")
    except (ValueError, KeyError, TypeError, RecursionError):
        return Look(None, "unknown", f"answers {answer.status_code} and does not say who it is")


def is_bad(given: Given, deployment: Deployment) -> str:
    """Why it is better not gone back to, by its own address; empty: nothing is known."""
    seen = look(given, deployment.url) if deployment.url else None
    if seen is None or seen.deployment_id != deployment.id or seen.is_well:
        return ""
    return f"{deployment.called} says that it is not healthy"


def verify(given: Given, plan: Plan, patience: Patience) -> None:
    """Raises Stopped, with what visitors get."""
    while (wrong := next(problems(given, plan), None)) is not None:
        detail, is_other = wrong
        try:
            patience.wait(RECHECK_SECONDS, detail)
        except Away:
            raise Stopped(
                f"{detail} It could not be verified.",
                "unknown" if is_other else "moved",
                "Open the live site. If it is not well, run it again with another version: --to"
                " dpl_…",
            ) from None


def problems(given: Given, plan: Plan) -> Iterator[tuple[str, bool]]:
    """What the hosts say that is not as it should be; True: another version answers."""
    if not plan.hosts:
        yield "The platform lists no host that could be looked at.", False
    for host in plan.hosts:
        for _ in range(LOOKS):
            seen = look(given, host)
            if seen.deployment_id != plan.target.id:
                detail = f"{host}: {seen.deployment_id or 'it'} {seen.detail}."
                yield detail, seen.deployment_id is not None
            elif not seen.is_well:
                yield f"{host}: {seen.detail}.", False
