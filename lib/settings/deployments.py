"""What may go live when, and what the platform is told to refuse."""

from typing import Annotated

from pydantic import Field, StringConstraints
from pydantic.functional_validators import PlainValidator

from lib.deployments.freeze import FreezePolicy, Window, windows
from lib.rollback.models import RollingGate
from lib.settings.kinds import Group


class Deployments(Group):
    freeze_windows: Annotated[tuple[Window, ...], PlainValidator(windows)] = Field(
        (),
        validation_alias="FREEZE_WINDOWS",
        description="When nothing new should go live, such as `Sat 10:00-24:00 Europe/Berlin; "
        "2026-12-24 00:00 - 2026-12-26 24:00 Europe/Berlin`. A rollback is never frozen.",
    )
    freeze_policy: FreezePolicy = Field(
        FreezePolicy.WARN,
        validation_alias="FREEZE_POLICY",
        description="`warn` alerts when something goes live in such a window; `refuse` also makes "
        "the deployment check fail.",
    )
    deployment_check_id: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")] | None
    ) = Field(
        None,
        validation_alias="DEPLOYMENT_CHECK_ID",
        description="Written by `python -m scripts.setup`: the check by which "
        "the platform refuses to promote what was rolled back. Unset: nothing is refused.",
    )
    rolling_gate: RollingGate | None = Field(
        None,
        validation_alias="ROLLING_RELEASE_GATE",
        description="The platform's own gate in rolling releases, as `python -m scripts.setup` "
        "sets it: `off`, `dry-run`, `pause` or `rollback` (docs/rolling-releases.md). Unset: left "
        "as it is.",
    )
