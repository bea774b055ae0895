"""Every setting, in a file for each room, and the only reader of the environment.

A value that cannot be used is refused when the first function loads, all of them at once.
An unset secret closes its route; it never opens it.
"""

import os
from functools import cache

from pydantic import ConfigDict, ValidationError

from lib import errors
from lib.settings.access import Access
from lib.settings.archive import Archive
from lib.settings.audit import Audit
from lib.settings.automatic import Automatic
from lib.settings.control_plane import ControlPlane
from lib.settings.databases import Databases
from lib.settings.deployments import Deployments
from lib.settings.flags import Flags
from lib.settings.health import Health
from lib.settings.notify import Notify
from lib.settings.rollback import Rollback
from lib.settings.traffic import Traffic
from lib.settings.vercel import Vercel


class Settings(
    Archive,
    Audit,
    Flags,
    Access,
    Deployments,
    ControlPlane,
    Notify,
    Automatic,
    Traffic,
    Health,
    Rollback,
    Vercel,
    Databases,
):
    """The last room's come first, in the README's table and in BadSettings."""

    model_config = ConfigDict(defer_build=False)


def load(variables: dict[str, str]) -> Settings:
    """Raises BadSettings naming every variable that is missing or wrong, and no value.

    An empty variable counts as unset: dashboards cannot always delete one.
    """
    try:
        return Settings.model_validate({name: value for name, value in variables.items() if value})
    except ValidationError as error:
        wrong = [f"{item['loc'][0]}: {item['msg']}" for item in error.errors()]
        raise errors.BadSettings("Settings are missing or wrong: " + "; ".join(wrong)) from None


@cache
def settings() -> Settings:
    return load(dict(os.environ))
