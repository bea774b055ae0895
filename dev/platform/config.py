"""What the simulated platform is told when it starts."""

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Hosts(BaseModel):
    """The names that visitors and testers use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    production: str = "production-wedsync.vercel.app"
    staging: str = "staging-wedsync.vercel.app"
    blue: str = "blue-wedsync.vercel.app"
    green: str = "green-wedsync.vercel.app"


class Endpoint(BaseModel):
    """Where events or log entries are sent, and the secret that signs them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    secret: str


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    #: 0 picks a free port.
    api_port: int = 0
    edge_port: int = 0
    #: Holds the state and the deployments' output. Without it nothing survives the process.
    data_dir: Path | None = None
    #: The real command line takes no token with a dash.
    token: str = Field("localtoken", pattern=r"^[^-\s]+$")
    #: Milliseconds since 1970; None: never.
    token_expires_ms: int | None = None
    team_id: str = "team_wedsync"
    project_id: str = "prj_wedsync"
    project_name: str = "wedsync"
    #: The control plane's own: only its variables are kept.
    control_project_id: str = "prj_rollback"
    aliases: Hosts = Hosts()
    #: Further domains that belong to production, besides its alias.
    production_domains: list[str] = []
    webhooks: list[Endpoint] = []
    drains: list[Endpoint] = []
    app_database_url: str = ""
    #: More of the sample app's environment, such as UPSTASH_REDIS_REST_URL and STRIPE_API_URL.
    app_env: dict[str, str] = {}
    #: Interpreter of the sample app.
    python: str = sys.executable
    #: Set: deployments' own addresses and the slots ask for it, as Deployment Protection does.
    protection_bypass_secret: str | None = None
    #: How long a request to a deployment may take before visitors get a 504.
    function_seconds: float = 10
    #: How long a rollback or promotion stays in each of its two states on the way.
    job_step_seconds: float = 0.15
    #: First pause before an undelivered event or batch is sent again; it doubles each time.
    redelivery_seconds: float = 1
    #: How long log entries are collected before they are sent together.
    drain_seconds: float = 1

    @property
    def production_hosts(self) -> list[str]:
        return [self.aliases.production, *self.production_domains]

    @property
    def given_variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.app_database_url, **self.app_env}

    @property
    def own_domain_suffix(self) -> str:
        return f"-{self.team_id.removeprefix('team_')}.vercel.app"
