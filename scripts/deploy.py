"""Deploy this control plane, from a workflow: python -m scripts.deploy.

Its own migrations, which the code that runs now can live with; a deployment without a domain; a
look at it there; then it is promoted. Reads CONTROL_PLANE_PROJECT_ID, CONTROL_PLANE_BYPASS_SECRET,
VERCEL_TOKEN, VERCEL_TEAM_ID and DATABASE_URL. Exit codes: 0, live and well, or rolling
out in stages; 1, it is not, and why is said.
"""

import sys
from dataclasses import replace
from pathlib import Path

from scripts import migrate, release_app, runner, shipping
from scripts.shipping import Failed


def main() -> int:
    runner.take_no_arguments("deploy", __doc__)
    return shipping.told_as_job(deploy)


def deploy() -> int:
    project = runner.told("CONTROL_PLANE_PROJECT_ID")
    if not project or project == runner.told("APP_PROJECT_ID"):
        raise Failed("CONTROL_PLANE_PROJECT_ID is this project's id, and never the app's.")
    platform = shipping.platform(project=project)
    platform = replace(
        platform,
        given=replace(platform.given, bypass=runner.told("CONTROL_PLANE_BYPASS_SECRET")),
    )
    shipping.require_nothing_rolls(platform)
    if migrate.main([]) != 0:
        raise Failed("The migrations were not applied. What runs goes on running.")
    meta = {"githubCommitSha": runner.told("GITHUB_SHA")}
    deployment = shipping.deploy(platform, Path(), meta)
    shipping.look(platform, deployment.url, deployment)
    runner.summary(f"- {deployment.id} is healthy where nobody comes by")
    runner.summary(f"- promoted; it is {release_app.go_live(platform, deployment)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
