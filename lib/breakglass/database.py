"""Does the app's database follow? Asked of whoever still answers: the control plane, and what the
releases' CI has written into the deployments themselves.
"""

from urllib.parse import urlsplit

import httpx

from lib.breakglass.models import Database, Deployment, Given
from lib.breakglass.platform import LOOPBACK

PATIENCE_SECONDS = 5.0
ASK_CONTROL_PLANE = (
    "Let the control plane roll back, which takes the database along, or take it back first:"
    " python -m scripts.rollback_migration."
)


def standing(given: Given, live: Deployment, target: Deployment) -> Database:
    """The control plane reads the database itself, so its word counts more."""
    asked = ask(given, target)
    if asked.state != "unknown":
        return asked
    told = by_releases(live, target)
    if told.state == "unknown":
        return Database("unknown", f"{asked.sentence} {told.sentence}")
    return told


def ask(given: Given, target: Deployment) -> Database:
    if given.control_plane is None or not given.control_plane_token:
        return unknown("The control plane was not asked: CONTROL_PLANE_URL or its token is unset.")
    address = f"{given.control_plane.rstrip('/')}/api/deployments"
    try:
        answer = httpx.get(
            address,
            params={"environment": "production"},
            headers={"authorization": f"Bearer {given.control_plane_token}"},
            timeout=PATIENCE_SECONDS,
            trust_env=urlsplit(address).hostname not in LOOPBACK,
        )
        rows = answer.json()["deployments"] if answer.is_success else []
        row = next((row for row in rows if row["deployment_id"] == target.id), None)
    except (httpx.RequestError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return unknown(f"The control plane does not answer ({type(error).__name__}).")
    if not answer.is_success:
        return unknown(f"The control plane answered {answer.status_code}.")
    return read(row) if row else unknown(f"The control plane does not know {target.called}.")


def read(row: dict[str, object]) -> Database:
    sentence = str(row.get("database_effect") or "")
    match row.get("database_plan"):
        case "stays":
            return Database("fits", sentence)
        case "goes_back":
            return Database("refused", f"The database has to go back for it: {sentence}")
        case "refused":
            return Database("refused", sentence)
    return unknown(sentence)


def by_releases(live: Deployment, target: Deployment) -> Database:
    """By what scripts/release_app.py wrote into each: the migrations that it contains."""
    if live.migrations and live.migrations == target.migrations:
        return Database("fits", "Both contain the same migrations, as their CI has told.")
    if live.wall and live.wall != target.wall:
        return Database(
            "refused", f"{live.called} cannot be rolled back past {live.wall}, as its CI has found."
        )
    if live.newest_migration and target.newest_migration:
        return unknown(
            f"{target.called} was built for {target.newest_migration}, and"
            f" {live.called} for {live.newest_migration}."
        )
    return unknown("The deployments do not say which migrations they contain.")


def unknown(sentence: str) -> Database:
    return Database("unknown", sentence)
