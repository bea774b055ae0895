"""Every setting, and the only reader of the environment.

A value that cannot be used is refused when the first function loads, all of them at once.
An unset secret closes its route; it never opens it.
"""

import os
import re
from base64 import b64decode
from contextlib import suppress
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.functional_validators import AfterValidator, BeforeValidator, PlainValidator

from lib import errors
from lib.audit.chain import Keys
from lib.deployments.freeze import FreezePolicy, Window, windows
from lib.flags.models import KEY, State
from lib.oidc.models import GitHub, Issuer, Workflows, issuers
from lib.rollback.models import Environment, OnRefuse, RollingGate, SwitchMethod
from lib.traffic.streams import MOST_ROUTES, read_route
from lib.vercel.hosts import DEPLOYMENT_SUFFIX, is_public

#: Ten years; much more would not fit into a date.
LONGEST_SECONDS = 10 * 365 * 24 * 3600
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")
DASHBOARD_PATH = "/admin/deployments"
#: Being seen is written once a minute.
SHORTEST_IDLE = timedelta(minutes=5)
#: As GitHub writes them.
REPOSITORY = r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
NUMBER = r"^[0-9]{1,20}$"
REF = r"^refs/(heads|tags)/[!-~]+$"
WORKFLOW = (
    r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/\.github/workflows/[!-?A-~]+@refs/(heads|tags)/[!-~]+$"
)
#: Each is asked for five times by the gate, at least.
MOST_PROBE_PATHS = 4


def seconds(value: object) -> object:
    """Durations are written in seconds, as their names say."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        if 0 < float(value) <= LONGEST_SECONDS:
            return timedelta(seconds=float(value))
    raise ValueError("give a number of seconds, more than 0")


def postgres_address(value: SecretStr) -> SecretStr:
    """As libpq reads it. Supabase adds a parameter that libpq refuses, for a client of another kind
    (https://github.com/supabase/supabase/issues/27328, read 2026-11-22).
    """
    url = re.sub(r"[?&]supa=[^&]*$|(?<=[?&])supa=[^&]*&", "", value.get_secret_value())
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ValueError("this is no Postgres address") from None
    return SecretStr(url)


def host_pattern(value: str) -> str:
    with suppress(LookupError, ValueError, AttributeError):
        hosts = {value.format(environment=environment) for environment in Environment}
        if len(hosts) == len(Environment):
            return value
    raise ValueError("write `{environment}` where it goes into the host")


def host_suffix(value: str) -> str:
    suffix = value.removeprefix(".")
    if is_public(suffix):
        return suffix
    raise ValueError("write a host name, such as `vercel.app`")


def web_address[T: (str, SecretStr)](value: T) -> T:
    """The address itself may be a secret: no message shows it."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    with suppress(ValueError):
        if WEB_ADDRESS.fullmatch(text) and text.isprintable() and urlsplit(text).hostname:
            return value
    raise ValueError("write an address that starts with https://")


def signing_secret(value: SecretStr) -> SecretStr:
    """Any text, or `whsec_` and base64, as https://www.standardwebhooks.com has it."""
    text = value.get_secret_value()
    with suppress(ValueError):
        if not text.startswith("whsec_") or b64decode(text.removeprefix("whsec_"), validate=True):
            return value
    raise ValueError("after `whsec_` must come base64")


def signing_keys(value: SecretStr) -> SecretStr:
    Keys.read(value.get_secret_value())
    return value


def header_value(value: SecretStr) -> SecretStr:
    if re.fullmatch(r"[!-~]+", value.get_secret_value()):
        return value
    raise ValueError("it must be plain characters without a space")


def words(value: object) -> object:
    """Commas or line ends between them."""
    if not isinstance(value, str):
        return value
    return tuple(word for part in re.split(r"[,\n]", value) if (word := " ".join(part.split())))


def few_routes(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > MOST_ROUTES or len({*value}) < len(value):
        raise ValueError(f"name at most {MOST_ROUTES} routes, each once")
    for text in value:
        read_route(text)
    return value


def paths(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(path.startswith("/") for path in value):
        raise ValueError("a path begins with a slash")
    return value


def folder(value: str) -> str:
    return f"{value.strip('/')}/" if value.strip("/") else ""


def few_paths(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > MOST_PROBE_PATHS or not all(re.fullmatch(r"[!-~]+", path) for path in value):
        raise ValueError(f"name at most {MOST_PROBE_PATHS} paths, of plain characters")
    return value


def status_codes(value: object) -> object:
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return tuple(HTTPStatus(int(code)) for code in value.replace(",", " ").split())
    raise ValueError("give status codes of HTTP")


def safe_defaults(value: object) -> object:
    """`rsvp-emails=on seating=off`, with commas or line ends between them if you like."""
    if not isinstance(value, str):
        return value
    found = {}
    for word in re.split(r"[\s,]+", value.strip()):
        key, _, state = word.partition("=")
        if not re.fullmatch(KEY, key) or state not in [*State]:
            raise ValueError("write `key=on` or `key=off` for each switch")
        found[key] = State(state)
    return found


Seconds = Annotated[timedelta, BeforeValidator(seconds)]
PostgresAddress = Annotated[SecretStr, AfterValidator(postgres_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(web_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]


def named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    database_url: PostgresAddress = Field(
        validation_alias=named("DATABASE_URL", "POSTGRES_URL"),
        description="Our own Postgres; the pooled address of an integration is fine.",
    )
    database_url_unpooled: PostgresAddress | None = Field(
        None,
        validation_alias=named("DATABASE_URL_UNPOOLED", "POSTGRES_URL_NON_POOLING"),
        description="The same database without a pooler, for migrations. Unset: `DATABASE_URL`.",
    )
    app_database_url: PostgresAddress | None = Field(
        None,
        validation_alias="APP_DATABASE_URL",
        description="The app's own database, unpooled, as the owner of its tables: its migration "
        "ledger is read there, and a rollback takes it back where older code needs that. "
        "Unset: the app has no database that a rollback would have to care for.",
    )
    end_app_sessions: bool = Field(
        default=False,
        validation_alias="END_APP_SESSIONS",
        description="`true`: a rollback may end sessions of the app's database role: those that "
        "sleep in a transaction while it waits for their locks, and idle ones once a column has "
        "another name or type, whose prepared statements would fail (docs/database.md).",
    )
    redis_url: str | None = Field(
        None,
        validation_alias=named("UPSTASH_REDIS_REST_URL", "KV_REST_API_URL"),
        description="Upstash REST address for progress. Unset: Postgres alone answers.",
    )
    redis_token: SecretStr | None = Field(
        None,
        validation_alias=named("UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN"),
        description="Token of that address.",
    )
    vercel_api_url: str = Field(
        "https://api.vercel.com",
        validation_alias="VERCEL_API_URL",
        description="The platform's REST API.",
    )
    vercel_token: SecretStr = Field(
        SecretStr(""),
        validation_alias="VERCEL_TOKEN",
        description="Token for it, for the app's project. Unset: nothing can be switched.",
    )
    vercel_team_id: str = Field(
        "", validation_alias="VERCEL_TEAM_ID", description="Team that owns the app's project."
    )
    app_project_id: str = Field(
        "", validation_alias="APP_PROJECT_ID", description="The app's project (not this one)."
    )
    deployment_suffix: Annotated[str, AfterValidator(host_suffix)] = Field(
        DEPLOYMENT_SUFFIX,
        validation_alias="DEPLOYMENT_SUFFIX",
        description="Under which the app's deployments have their own addresses: no other one is "
        "probed.",
    )
    alias_pattern: Annotated[str, AfterValidator(host_pattern)] = Field(
        "{environment}-wedsync.vercel.app",
        validation_alias="ALIAS_PATTERN",
        description="Host of an environment's live alias.",
    )
    switch_method_production: SwitchMethod = Field(
        SwitchMethod.ALIAS,
        validation_alias="SWITCH_METHOD_PRODUCTION",
        description="`alias` moves the live alias; `instant` is the platform's Instant Rollback, "
        "for production domains that belong to the app's project.",
    )
    edge_url: str | None = Field(
        None,
        validation_alias="EDGE_URL",
        description="Where requests to the app's hosts are sent, the host in the Host header. "
        "Unset: `https://<host>`.",
    )
    app_protection_bypass_secret: SecretStr | None = Field(
        None,
        validation_alias="APP_PROTECTION_BYPASS_SECRET",
        description="Lets probes through the app's deployment protection.",
    )
    app_cache_prefix: str | None = Field(
        None,
        min_length=3,
        validation_alias="APP_CACHE_PREFIX",
        description="Keys of the app's cache that a rollback removes; needs the two below.",
    )
    app_redis_url: str | None = Field(
        None, validation_alias="APP_REDIS_REST_URL", description="The app's Redis, Upstash REST."
    )
    app_redis_token: SecretStr | None = Field(
        None, validation_alias="APP_REDIS_REST_TOKEN", description="Token of that address."
    )
    stripe_api_url: str = Field(
        "https://api.stripe.com",
        validation_alias="STRIPE_API_URL",
        description="Payment provider that `/api/health` asks.",
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        validation_alias="STRIPE_SECRET_KEY",
        description="Key for it. Unset: `stripe` is `unknown` and does not count.",
    )
    cron_secret: SecretStr | None = Field(
        None,
        validation_alias="CRON_SECRET",
        description="The platform sends it to the sweep. Unset: the sweep is closed.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        validation_alias="WEBHOOK_SECRET",
        description="Signs the platform's webhooks. Unset: the webhook is closed.",
    )
    drain_secret: SecretStr | None = Field(
        None,
        validation_alias="DRAIN_SECRET",
        description="Signs the batches of the app's log drain. Unset: the drain is closed.",
    )
    drain_verify_token: Annotated[SecretStr, AfterValidator(header_value)] | None = Field(
        None,
        validation_alias="DRAIN_VERIFY_TOKEN",
        description="What the platform shows when the drain is made, sent back as "
        "`x-vercel-verify`.",
    )
    drain_sampling: float = Field(
        1.0,
        gt=0,
        le=1,
        validation_alias="DRAIN_SAMPLING",
        description="The share of requests that the drain is set to deliver. Numbers that are "
        "shown are scaled by it; evidence is only what was seen.",
    )
    critical_routes: Annotated[
        tuple[str, ...], BeforeValidator(words), AfterValidator(few_routes)
    ] = Field(
        (),
        validation_alias="CRITICAL_ROUTES",
        description="At most 8 routes that are judged on their own, such as "
        "`POST /api/vendors/[id], * /api/timeline`.",
    )
    excluded_paths: Annotated[tuple[str, ...], BeforeValidator(words), AfterValidator(paths)] = (
        Field(
            (),
            validation_alias="EXCLUDED_PATHS",
            description="Requests to these do not count, such as `/api/internal/*`.",
        )
    )
    excluded_status_codes: Annotated[tuple[int, ...], BeforeValidator(status_codes)] = Field(
        (),
        validation_alias="EXCLUDED_STATUS_CODES",
        description="Requests that are answered so do not count, such as `501, 503`.",
    )
    probe_paths: Annotated[
        tuple[str, ...], BeforeValidator(words), AfterValidator(paths), AfterValidator(few_paths)
    ] = Field(
        (),
        validation_alias="PROBE_PATHS",
        description="At most 4 pages that are asked for (GET) beside the health report, in each "
        "look and before an automatic rollback, such as `/, /api/timeline`.",
    )
    on_refuse: OnRefuse = Field(
        OnRefuse.ASK,
        validation_alias="ON_REFUSE",
        description="Where nobody can tell whether older code runs on the app's database as it is: "
        "`ask` a person, or `switch_if_proven`, which moves traffic by itself if the older version "
        "answers every paired probe on it while the live one fails. Needs `PROBE_PATHS`.",
    )
    on_call_phone: str | None = Field(
        None,
        validation_alias="ON_CALL_PHONE",
        description="Shown to people when they need a person.",
    )
    slack_webhook_url: SecretAddress | None = Field(
        None,
        validation_alias="SLACK_WEBHOOK_URL",
        description="A Slack incoming webhook that is told every alert.",
    )
    pagerduty_routing_key: SecretStr | None = Field(
        None,
        validation_alias="PAGERDUTY_ROUTING_KEY",
        description="Integration key of a PagerDuty service (Events API v2): alerts that need a "
        "person page, again and again until one acknowledges.",
    )
    pagerduty_events_url: WebAddress = Field(
        "https://events.pagerduty.com/v2/enqueue",
        validation_alias="PAGERDUTY_EVENTS_URL",
        description="PagerDuty's address; accounts in the EU have another.",
    )
    alert_webhook_secret: Annotated[SecretStr, AfterValidator(signing_secret)] | None = Field(
        None,
        validation_alias="ALERT_WEBHOOK_SECRET",
        description="Signs what is sent to `ALERT_WEBHOOK_URL`.",
    )
    alert_webhook_url: SecretAddress | None = Field(
        None,
        validation_alias="ALERT_WEBHOOK_URL",
        description="Any address that is told every alert in signed JSON.",
    )
    deadman_url: SecretAddress | None = Field(
        None,
        validation_alias="DEADMAN_URL",
        description="Gets a GET after each good sweep, healthchecks style: whoever serves it calls "
        "people when that stays away.",
    )
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
    rollback_budget: Seconds = Field(
        timedelta(seconds=60),
        validation_alias="ROLLBACK_BUDGET_SECONDS",
        description="A rollback that takes longer is overdue: alerted, and still finished.",
    )
    automatic_window: Seconds = Field(
        timedelta(hours=24),
        validation_alias="AUTOMATIC_WINDOW_SECONDS",
        description="Automatic rollbacks only this long after going live; later it alerts.",
    )
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
    session_lifetime: Seconds = Field(
        timedelta(hours=12),
        validation_alias="SESSION_LIFETIME_SECONDS",
        description="A dashboard sign-in ends after this.",
    )
    session_idle: Annotated[Seconds, Field(ge=SHORTEST_IDLE)] = Field(
        timedelta(hours=2),
        validation_alias="SESSION_IDLE_SECONDS",
        description="It also ends when no page has asked anything for so long; 300 at least.",
    )
    session_rotate: Seconds = Field(
        timedelta(hours=1),
        validation_alias="SESSION_ROTATE_SECONDS",
        description="The secret in its cookie is exchanged after this.",
    )
    github_app_repository_id: Annotated[str, StringConstraints(pattern=NUMBER)] | None = Field(
        None,
        validation_alias="GITHUB_APP_REPOSITORY_ID",
        description="The number of the app's repository: its name can be given to another one.",
    )
    github_app_repository: Annotated[str, StringConstraints(pattern=REPOSITORY)] | None = Field(
        None,
        validation_alias="GITHUB_APP_REPOSITORY",
        description="The app's repository, such as `wedsync/app`: its workflows record releases "
        "and bring migration texts by GitHub's own token (docs/access.md). Unset: none is let in.",
    )
    github_app_ref: Annotated[str, StringConstraints(pattern=REF)] = Field(
        "refs/heads/main",
        validation_alias="GITHUB_APP_REF",
        description="The protected ref of it that those workflows run on.",
    )
    github_rollback_repository_id: Annotated[str, StringConstraints(pattern=NUMBER)] | None = Field(
        None,
        validation_alias="GITHUB_ROLLBACK_REPOSITORY_ID",
        description="The number of the repository that the next one is in.",
    )
    github_rollback_workflow: Annotated[str, StringConstraints(pattern=WORKFLOW)] | None = Field(
        None,
        validation_alias="GITHUB_ROLLBACK_WORKFLOW",
        description="The workflow that may roll back, as GitHub names it in `job_workflow_ref`: "
        "`wedsync/rollback/.github/workflows/rollback.yml@refs/heads/main`. Unset: none.",
    )
    github_oidc_issuer: WebAddress = Field(
        "https://token.actions.githubusercontent.com",
        validation_alias="GITHUB_OIDC_ISSUER",
        description="Who signs the tokens of workflows; GitHub Enterprise has its own.",
    )
    github_oidc_audience: str | None = Field(
        None,
        validation_alias="GITHUB_OIDC_AUDIENCE",
        description="The audience that workflows ask for. Unset: the dashboard's own address.",
    )
    oidc_issuers: Annotated[tuple[Issuer, ...], PlainValidator(issuers)] = Field(
        (),
        validation_alias="OIDC_ISSUERS",
        description="Other issuers whose tokens are let in, in JSON: issuer, audience, address of "
        "its keys, and which claim makes which role (docs/access.md).",
    )
    failed_attempts_window: Seconds = Field(
        timedelta(seconds=60),
        validation_alias="FAILED_ATTEMPTS_WINDOW_SECONDS",
        description="Sign-ins, triggers, operations, webhooks and drain batches that are refused "
        "are counted over so long.",
    )
    failed_attempts_per_address: int = Field(
        30,
        ge=1,
        validation_alias="FAILED_ATTEMPTS_PER_ADDRESS",
        description="More of them from one address are answered 429. What is valid is let in.",
    )
    failed_attempts_per_subject: int = Field(
        10,
        ge=1,
        validation_alias="FAILED_ATTEMPTS_PER_SUBJECT",
        description="The same of one caller, or of one secret that is not known.",
    )

    flags_token: SecretStr | None = Field(
        None,
        validation_alias="FLAGS_TOKEN",
        description="With it the app reads production's feature switches (docs/flags.md); several "
        "while it is being replaced, commas between them. Unset: that way in is closed.",
    )
    flags_token_staging: SecretStr | None = Field(
        None,
        validation_alias="FLAGS_TOKEN_STAGING",
        description="The same for staging's switches.",
    )
    flag_safe_defaults: Annotated[dict[str, State], BeforeValidator(safe_defaults)] = Field(
        {},
        validation_alias="FLAG_SAFE_DEFAULTS",
        description="What a switch is where neither Redis nor Postgres answers and it was never "
        "seen: `rsvp-emails=on seating=off`. Others: the default in the app's code.",
    )
    flag_evaluations_per_second: int = Field(
        2000,
        ge=1,
        validation_alias="FLAG_EVALUATIONS_PER_SECOND",
        description="More by one caller from one instance are answered 429.",
    )

    audit_keys: Annotated[SecretStr, AfterValidator(signing_keys)] | None = Field(
        None,
        validation_alias="AUDIT_KEYS",
        description="Signs the audit log, so that nobody rewrites it who can write our database: "
        "`2026-11:` and the output of `openssl rand -hex 32`. Of several, commas between them, the "
        "first signs and all are believed (docs/audit.md). Unset: nothing is signed.",
    )

    break_glass_keys: Annotated[SecretStr, AfterValidator(signing_keys)] | None = Field(
        None,
        validation_alias="BREAK_GLASS_KEYS",
        description="Signs the journal of `python -m lib.breakglass`, for `python -m "
        "scripts.reconcile`; written as `AUDIT_KEYS` are. Unset: such a journal proves nothing.",
    )

    archive_bucket: str | None = Field(
        None,
        validation_alias="ARCHIVE_BUCKET",
        description="Where `python -m scripts.archive` exports what rollbacks put aside long ago: "
        "any store that speaks S3, credentials from AWS's own variables. Unset: nothing is "
        "exported, and nothing dropped.",
    )
    archive_prefix: Annotated[str, AfterValidator(folder)] = Field(
        "",
        validation_alias="ARCHIVE_PREFIX",
        description="Its keys begin with this folder.",
    )
    archive_endpoint_url: WebAddress | None = Field(
        None,
        validation_alias="ARCHIVE_ENDPOINT_URL",
        description="The store's address. Unset: Amazon's.",
    )
    archive_region: str | None = Field(
        None,
        validation_alias="ARCHIVE_REGION",
        description="The bucket's region. Unset: as AWS's own variables have it.",
    )
    archive_retention: Seconds = Field(
        timedelta(days=30),
        validation_alias="ARCHIVE_RETENTION_SECONDS",
        description="What was put aside stays in the app's database this long.",
    )
    archive_lock: Seconds = Field(
        timedelta(days=30),
        validation_alias="ARCHIVE_LOCK_SECONDS",
        description="How long nobody can delete an export, where the bucket has object lock and no "
        "retention of its own.",
    )

    audit_export_bucket: str | None = Field(
        None,
        validation_alias="AUDIT_EXPORT_BUCKET",
        description="Where `python -m scripts.audit_store export` puts the audit log each "
        "day, at `ARCHIVE_ENDPOINT_URL`. Give it object lock. Unset: "
        "nothing is exported.",
    )
    audit_export_prefix: Annotated[str, AfterValidator(folder)] = Field(
        "audit/",
        validation_alias="AUDIT_EXPORT_PREFIX",
        description="Its keys begin with this folder; of each control plane another.",
    )
    audit_export_lock: Seconds = Field(
        timedelta(days=365),
        validation_alias="AUDIT_EXPORT_LOCK_SECONDS",
        description="How long nobody can delete or replace an export, where the bucket has object "
        "lock and no retention of its own.",
    )

    @field_validator("alert_webhook_url")
    @classmethod
    def signed(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("alert_webhook_secret") is None:
            raise ValueError("nothing is sent unsigned: set ALERT_WEBHOOK_SECRET too")
        return value

    @field_validator("on_refuse")
    @classmethod
    def proven_by_pages(cls, value: OnRefuse, info: ValidationInfo) -> OnRefuse:
        if value is OnRefuse.SWITCH_IF_PROVEN and not info.data.get("probe_paths"):
            raise ValueError("a health report proves nothing of tables: set PROBE_PATHS too")
        return value

    @field_validator("github_app_repository", "github_rollback_workflow")
    @classmethod
    def bound_by_number(cls, value: str | None, info: ValidationInfo) -> str | None:
        number = f"github_{str(info.field_name).split('_')[1]}_repository_id"
        if value is not None and info.data.get(number) is None:
            raise ValueError(f"a name can be given away: set {number.upper()} too")
        return value

    @property
    def own_url(self) -> str | None:
        host = self.project_production_host
        base = self.control_plane_url or (f"https://{host}" if host else None)
        return base.rstrip("/") if base else None

    @property
    def dashboard_url(self) -> str | None:
        return self.own_url + DASHBOARD_PATH if self.own_url else None

    @property
    def github(self) -> GitHub:
        """Which workflows are let in."""
        recorder = operator = None
        if self.github_app_repository and self.github_app_repository_id:
            recorder = Workflows(
                self.github_app_repository, self.github_app_repository_id, self.github_app_ref
            )
        if self.github_rollback_workflow and self.github_rollback_repository_id:
            place, _, ref = self.github_rollback_workflow.partition("@")
            operator = Workflows(
                place.partition("/.github/")[0],
                self.github_rollback_repository_id,
                ref,
                self.github_rollback_workflow,
            )
        return GitHub(recorder, operator)

    def switch_method(self, environment: Environment) -> SwitchMethod:
        """Instant Rollback moves production's domains, whatever it is asked for."""
        if environment is Environment.PRODUCTION:
            return self.switch_method_production
        return SwitchMethod.ALIAS

    def alias(self, environment: Environment) -> str:
        return self.alias_pattern.format(environment=environment)


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
