"""The platform accepts our token, shows the app's project to it, and will for two more weeks."""

from datetime import timedelta

from lib import errors
from lib.preflight.kit import Kit, failed, ok, unknown
from lib.preflight.models import Finding
from lib.rollback.models import Environment
from lib.vercel.models import moment

ENOUGH = timedelta(days=14)
NEW_ONE = (
    "Make a new one for the app's team on the platform (Account Settings, Tokens), set"
    " VERCEL_TOKEN and deploy."
)


async def check(kit: Kit, _: Environment) -> Finding:
    settings = kit.settings
    if not settings.vercel_token.get_secret_value() or not settings.app_project_id:
        return failed(
            "VERCEL_TOKEN or APP_PROJECT_ID is not set, so nothing can be switched. Set both and"
            " deploy."
        )
    try:
        await kit.vercel.project()
    except errors.VercelMissing:
        return failed(
            f"VERCEL_TOKEN does not see the project {settings.app_project_id}. Check APP_PROJECT_ID"
            f" and VERCEL_TEAM_ID. If they are right, the token is not for this team. {NEW_ONE}"
        )
    except errors.VercelRejected as error:
        return failed(f"The platform refuses VERCEL_TOKEN. {error} {NEW_ONE}")
    except errors.VercelUnavailable as error:
        return unknown(f"Whether the token is valid is not known. {error}")
    return await expiry(kit)


async def expiry(kit: Kit) -> Finding:
    try:
        token = await kit.vercel.token()
    except errors.Upstream as error:
        return unknown(
            "VERCEL_TOKEN works; the platform does not say when it expires."
            f" {error} Look it up in Account Settings, Tokens."
        )
    if token.expires_at is None:
        return ok("VERCEL_TOKEN is valid, sees the app's project and does not expire.")
    expires = moment(token.expires_at)
    left = await kit.store.time_until(expires)
    sentence = f"VERCEL_TOKEN expires on {expires:%d %b %Y, %H:%M} UTC"
    if left >= ENOUGH:
        return ok(f"{sentence}, in {left.days} days.")
    when = f"in {left.days} days" if left.days > 1 else "within two days"
    return failed(f"{sentence}, {when}: from then on nothing can be switched. {NEW_ONE}")
