"""Calls about who asks: what the command line looks up before anything else."""

from typing import Any

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.cloud import now_ms


def user(ask: Ask) -> Answer:
    return Answer(
        {
            "user": {
                "id": "usr_ci",
                "email": "ci@wedsync.example",
                "name": "CI",
                "username": "ci",
                "avatar": None,
                "defaultTeamId": ask.cloud.config.team_id,
                "limited": False,
                "version": "northstar",
            }
        }
    )


def token(ask: Ask) -> Answer:
    """Only the token that asks is known, by the name `current`."""
    if ask.params["id"] != "current":
        raise Refused(404, "not_found", "The token was not found.")
    expires = ask.cloud.config.token_expires_ms
    return Answer(
        {
            "token": {
                "id": "tok_ci",
                "name": "CI",
                "type": "token",
                "origin": "manual",
                "scopes": [{"type": "team", "teamId": ask.cloud.config.team_id, "createdAt": 0}],
                "createdAt": 0,
                "activeAt": now_ms(),
                **({} if expires is None else {"expiresAt": expires}),
            }
        }
    )


def team(ask: Ask) -> Answer:
    if ask.params["team"] not in (ask.cloud.config.team_id, _team(ask)["slug"]):
        raise Refused(403, "forbidden", "You don't have permission to access this team.")
    return Answer(_team(ask))


def teams(ask: Ask) -> Answer:
    return Answer({"teams": [_team(ask)], "pagination": {"count": 1, "next": None, "prev": None}})


def domain(ask: Ask) -> Answer:
    """Custom domains are looked up before an alias is set on them."""
    name = ask.params["domain"]
    return Answer({"domain": {"id": f"dom_{name}", "name": name, "verified": True}})


def _team(ask: Ask) -> dict[str, Any]:
    team_id = ask.cloud.config.team_id
    slug = team_id.removeprefix("team_")
    return {
        "id": team_id,
        "slug": slug,
        "name": slug.title(),
        "membership": {"role": "OWNER", "confirmed": True},
        "billing": {"plan": "pro"},
    }


CALLS = (
    Call("user", "GET", "/user", user),
    Call("token", "GET", "/user/tokens/{id}", token),
    Call("team", "GET", "/teams/{team}", team),
    Call("teams", "GET", "/teams", teams),
    Call("domain", "GET", "/domains/{domain}", domain),
    Call("domain", "GET", "/domains/{domain}/config", lambda _: Answer({"misconfigured": False})),
)
