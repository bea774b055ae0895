"""This deployment of ours, and its address."""

from pydantic import Field

from lib.settings.kinds import Group, WebAddress

DASHBOARD_PATH = "/admin/deployments"


class ControlPlane(Group):
    control_plane_url: WebAddress | None = Field(
        None,
        validation_alias="CONTROL_PLANE_URL",
        description="The dashboard's own address, for links in alerts. Unset: the next one.",
    )
    project_production_host: str | None = Field(
        None,
        validation_alias="VERCEL_PROJECT_PRODUCTION_URL",
        description="Set by the platform: this project's host.",
    )
    project_id: str = Field(
        "",
        validation_alias="VERCEL_PROJECT_ID",
        description="Set by the platform: this project, whose variables "
        "`python -m scripts.setup` writes.",
    )
    deployment_id: str = Field(
        "local",
        validation_alias="VERCEL_DEPLOYMENT_ID",
        description="Set by the platform: this deployment of the control plane.",
    )

    @property
    def own_url(self) -> str | None:
        host = self.project_production_host
        base = self.control_plane_url or (f"https://{host}" if host else None)
        return base.rstrip("/") if base else None

    @property
    def dashboard_url(self) -> str | None:
        return self.own_url + DASHBOARD_PATH if self.own_url else None
