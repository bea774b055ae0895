"""Record what the platform has just built or let go live: python -m scripts.record_deployment.

For `vercel.deployment.success` and `vercel.deployment.promoted`, in the app's repository checked
out at that commit. Reads EVENT, DEPLOYMENT, SHA, ENVIRONMENT, APP_ROOT, CONTROL_PLANE_URL. Before
it is live, the migrations' verdict decides: refused, this fails; safe, and with PROMOTE=true, it is
promoted and looked at. Exit codes: 0, recorded; 1, refused or not recorded, and why is said.
"""

import re
import sys
from pathlib import Path

from lib.breakglass.models import Deployment
from scripts import gate, release_app, runner, shipping
from scripts.shipping import Failed

PROMOTED = "vercel.deployment.promoted"


def main() -> int:
    runner.take_no_arguments("record_deployment", __doc__)
    return shipping.told_as_job(record)


def record() -> int:
    deployment_id, sha = runner.told("DEPLOYMENT"), runner.told("SHA")
    if not re.fullmatch(r"dpl_[A-Za-z0-9]{1,96}", deployment_id):
        raise Failed("DEPLOYMENT is no id of the platform's: dpl_…")
    if not re.fullmatch(r"[0-9a-f]{7,40}", sha):
        raise Failed("SHA is no commit.")
    runner.summary(f"### {deployment_id} of {sha[:7]}\n")
    root = Path(runner.told("APP_ROOT", "."))
    control_plane = release_app.control_plane()
    deployment = Deployment(deployment_id)
    is_live = runner.told("EVENT") == PROMOTED
    try:
        migrations = gate.read_migrations(root)
    except gate.OneWay as one_way:
        # It is recorded all the same: what is known of it is needed when it has to be left.
        gate.record(control_plane, deployment, sha, one_way.migrations)
        if is_live:
            return 0
        raise
    recorded = gate.record(control_plane, deployment, sha, migrations)
    runner.summary("- recorded")
    if not is_live:
        gate.require_fit(recorded)
        if runner.is_told("PROMOTE"):
            promote(deployment_id)
    return 0


def promote(deployment_id: str) -> None:
    platform = shipping.platform()
    how = release_app.go_live(platform, platform.deployment(deployment_id))
    runner.summary(f"- promoted; it is {how}")


if __name__ == "__main__":
    sys.exit(main())
