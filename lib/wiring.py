"""Builds everything a function needs, once per instance, from the settings.

An instance has one event loop for its life, so clients and pool are kept between requests.
"""

from dataclasses import dataclass
from functools import cache

import httpx

from lib.access.gate import Gate
from lib.access.limits import Limits
from lib.access.sessions import Policy as SessionPolicy
from lib.access.sessions import Sessions
from lib.access.store import AccessStore
from lib.arrivals import Arrivals
from lib.audit.chain import Keys
from lib.audit.denials import Denials
from lib.audit.keeper import Keeper
from lib.audit.paging import AuditReader
from lib.audit.sealer import Sealer
from lib.audit.witness import Witness
from lib.automatic.autopilot import Autopilot
from lib.automatic.decision import Decider
from lib.automatic.flags_first import FlagsFirst
from lib.automatic.gate import Gate as HelpGate
from lib.automatic.judging import Judging
from lib.automatic.store import AutomaticStore
from lib.automatic.trials import TrialStore
from lib.changes import Changes
from lib.deployments.check import DeploymentCheck
from lib.deployments.freeze import FreezePolicy
from lib.deployments.listing import Listing
from lib.deployments.moves import MoveStore
from lib.deployments.needs_forward import NeedsForward
from lib.deployments.pins import Pins
from lib.deployments.recorder import Recorder
from lib.deployments.store import DeploymentStore
from lib.deployments.tracker import Tracker
from lib.flags.copies import FlagCopies
from lib.flags.door import FlagDoor
from lib.flags.limiter import Limiter
from lib.flags.room import FlagRoom
from lib.flags.store import FlagStore
from lib.flags.switchboard import Switchboard
from lib.health.probe import USER_AGENT, Prober
from lib.health.store import HealthStore
from lib.health.sweep import Sweep
from lib.incidents.store import IncidentStore
from lib.migrations.judging import judge
from lib.migrations.ledger_events import LedgerEvents
from lib.migrations.other_database import OtherDatabase
from lib.migrations.records import RecordStore
from lib.migrations.rolled_back import RolledBack
from lib.migrations.watch import LedgerWatch
from lib.notify import configured
from lib.notify.deadman import Deadman
from lib.notify.sender import Notifier
from lib.notify.sender import make_http as make_notify_http
from lib.notify.store import OutboxStore
from lib.oidc.bearers import Bearers, trust, trust_github
from lib.operations.accept_database import AcceptRoom
from lib.operations.actions import Operations
from lib.operations.database_forward import ForwardRoom
from lib.operations.store import OperationsStore
from lib.overview.chart import ChartPage
from lib.overview.kept import KeptPages
from lib.overview.page import OverviewPage
from lib.overview.standing import StandingStore
from lib.overview.undo import UndoStore
from lib.postgres import Database
from lib.preflight.kit import Kit
from lib.preflight.preflight import Preflight
from lib.preflight.store import PreflightStore
from lib.redis import RedisClient
from lib.rollback.app_cache import AppCache
from lib.rollback.engine import Engine
from lib.rollback.intake import Intake
from lib.rollback.models import Environment
from lib.rollback.progress import Progress
from lib.rollback.steps import Tools
from lib.rollback.store import RollbackStore
from lib.schema.app_database import AppDatabase
from lib.schema.plan import Planner
from lib.settings import Settings, settings
from lib.traffic.counts import Counts
from lib.traffic.drain import LogDrain, Outage
from lib.traffic.streams import Streams
from lib.traffic.suspects import Suspects
from lib.traffic.tally import Counter
from lib.vercel.client import VercelClient, make_http
from lib.vercel.events import EventStore
from lib.vercel.routing import Routing


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    http: httpx.AsyncClient
    redis: RedisClient | None
    access: AccessStore
    sessions: Sessions
    gate: Gate
    limits: Limits
    keeper: Keeper
    deployments: DeploymentStore
    records: RecordStore
    recorder: Recorder
    ledger_events: LedgerEvents
    tracker: Tracker
    listing: Listing
    health: HealthStore
    engine: Engine
    intake: Intake
    operations: Operations
    notifier: Notifier
    preflight: Preflight
    sweep: Sweep
    overview: OverviewPage
    pages: KeptPages
    changes: Changes
    audit: AuditReader
    flags: FlagRoom
    incidents: IncidentStore
    events: EventStore
    arrivals: Arrivals
    check: DeploymentCheck
    needs_forward: NeedsForward
    #: None: there is no Redis to count in.
    counts: Counts | None
    drain: LogDrain
    autopilot: Autopilot

    async def close(self) -> None:
        await self.database.close()
        await self.http.aclose()
        if self.redis is not None:
            await self.redis.close()
        if self.engine.tools.app_cache is not None:
            await self.engine.tools.app_cache.redis.close()


@cache
def services() -> Services:
    return build(settings())


def build(settings: Settings) -> Services:
    """Opens nothing yet: each client connects when it is first used."""
    app_database_url = (
        settings.app_database_url.get_secret_value() if settings.app_database_url else None
    )
    app_database = (
        AppDatabase(app_database_url, end_sessions=settings.end_app_sessions)
        if app_database_url
        else None
    )
    database = Database(settings.database_url.get_secret_value())
    http = make_http(
        base_url=settings.vercel_api_url,
        token=settings.vercel_token.get_secret_value(),
        team_id=settings.vercel_team_id,
    )
    redis = make_redis(settings)
    streams = Streams(settings.critical_routes, settings.excluded_paths)
    changes = Changes(redis)
    counts = Counts(redis, streams) if redis else None
    vercel = VercelClient(
        http, settings.app_project_id, deployment_suffix=settings.deployment_suffix
    )
    routing = Routing(vercel, settings)
    deployments = DeploymentStore(database, settings.freeze_windows)
    pins = Pins(deployments, vercel)
    events = EventStore(database)
    tracker = Tracker(
        deployments, MoveStore(database), vercel, routing, pins, events, app_database_url, changes
    )
    records = RecordStore(database)
    planner = Planner(deployments, records, app_database)
    prober = make_prober(settings)
    store = RollbackStore(database)
    tools = Tools(
        store=store,
        vercel=vercel,
        routing=routing,
        tracker=tracker,
        planner=planner,
        prober=prober,
        app_cache=make_app_cache(settings),
    )
    engine = Engine(store, Progress(redis), tools, settings.rollback_budget)
    health = HealthStore(database)
    access = AccessStore(database)
    sessions = Sessions(database, session_policy(settings))
    access_gate = Gate(access, sessions, make_bearers(settings))
    listing = Listing(deployments, planner)
    intake = Intake(database, deployments, vercel, engine, settings)
    notifier = make_notifier(settings, database)
    deadman = make_deadman(settings)
    outage = Outage(database)
    automatic = AutomaticStore(database)
    flags = FlagStore(database)
    switchboard = Switchboard(flags, FlagCopies(redis), settings.flag_safe_defaults)
    judging = Judging(
        automatic,
        counts,
        outage,
        changes,
        sampling=settings.drain_sampling,
        has_drain=settings.drain_secret is not None,
    )
    gate = HelpGate(prober, settings.probe_paths)
    ledger_events = LedgerEvents(database)
    flags_first = FlagsFirst(TrialStore(database), switchboard, counts)
    decider = Decider(
        automatic, deployments, routing, gate, engine, ledger_events, flags_first, settings
    )
    autopilot = Autopilot(judging, decider, engine, notifier)
    preflights = PreflightStore(database)
    preflight = Preflight(
        Kit(settings, database, preflights, deployments, vercel, prober, redis, counts)
    )
    needs_forward = NeedsForward(database, RolledBack(app_database_url))
    check = make_check(settings, tracker, needs_forward)
    keeper = make_keeper(settings, database, redis)
    sweep = Sweep(
        health=health,
        deployments=deployments,
        tracker=tracker,
        routing=routing,
        prober=prober,
        engine=engine,
        autopilot=autopilot,
        notifier=notifier,
        deadman=deadman,
        preflight=preflight,
        check=check,
        keeper=keeper,
        sessions=sessions,
        ledger=LedgerWatch(ledger_events, planner.app, needs_forward, OtherDatabase(database)),
        changes=changes,
        probe_paths=settings.probe_paths,
    )
    overview = OverviewPage(
        listing,
        health,
        store,
        automatic,
        preflights,
        StandingStore(database),
        UndoStore(database),
        settings,
        needs_forward,
    )
    charts = ChartPage(database, counts, settings.drain_sampling)
    return Services(
        settings=settings,
        database=database,
        http=http,
        redis=redis,
        access=access,
        sessions=sessions,
        gate=access_gate,
        limits=make_limits(settings, redis),
        keeper=keeper,
        deployments=deployments,
        records=records,
        recorder=Recorder(deployments, records, judge),
        ledger_events=ledger_events,
        tracker=tracker,
        listing=listing,
        health=health,
        engine=engine,
        intake=intake,
        operations=Operations(
            OperationsStore(database),
            pins,
            intake,
            preflight,
            ForwardRoom(database, app_database, needs_forward),
            AcceptRoom(database, app_database),
        ),
        notifier=notifier,
        preflight=preflight,
        sweep=sweep,
        overview=overview,
        pages=KeptPages(overview, charts, changes),
        changes=changes,
        audit=AuditReader(database),
        flags=FlagRoom(flags, switchboard, make_flag_door(settings, access_gate)),
        incidents=IncidentStore(database),
        events=events,
        counts=counts,
        drain=make_drain(settings, streams, counts, outage),
        autopilot=autopilot,
        arrivals=Arrivals(tracker, health, sweep, check),
        check=check,
        needs_forward=needs_forward,
    )


def make_redis(settings: Settings) -> RedisClient | None:
    if settings.redis_url is None or settings.redis_token is None:
        return None
    return RedisClient(settings.redis_url, settings.redis_token.get_secret_value())


def session_policy(settings: Settings) -> SessionPolicy:
    return SessionPolicy(settings.session_lifetime, settings.session_idle, settings.session_rotate)


def make_bearers(settings: Settings) -> Bearers | None:
    """None: nobody but us is believed. GitHub's tokens need an audience that is ours alone."""
    trusts = [trust(issuer) for issuer in settings.oidc_issuers]
    audience = settings.github_oidc_audience or settings.own_url
    if settings.github.is_set and audience:
        trusts.append(trust_github(settings.github_oidc_issuer, audience, settings.github))
    return Bearers.of(trusts) if trusts else None


def make_limits(settings: Settings, redis: RedisClient | None) -> Limits:
    return Limits(
        redis,
        settings.failed_attempts_window,
        settings.failed_attempts_per_address,
        settings.failed_attempts_per_subject,
    )


def make_drain(
    settings: Settings, streams: Streams, counts: Counts | None, outage: Outage
) -> LogDrain:
    secret = settings.drain_secret.get_secret_value() if settings.drain_secret else ""
    counter = Counter(
        streams,
        secret=secret,
        project_id=settings.app_project_id,
        excluded_status_codes=settings.excluded_status_codes,
        probe_user_agent=USER_AGENT,
    )
    suspects = Suspects(counts.redis) if counts else None
    return LogDrain(counter, counts, outage, suspects)


def make_flag_door(settings: Settings, gate: Gate) -> FlagDoor:
    secrets = {
        Environment.PRODUCTION: settings.flags_token,
        Environment.STAGING: settings.flags_token_staging,
    }
    known = {
        environment: several(secret.get_secret_value() if secret else "")
        for environment, secret in secrets.items()
    }
    return FlagDoor(gate, known, Limiter(settings.flag_evaluations_per_second))


def several(value: str) -> list[str]:
    """The old and the new of a secret that is being replaced."""
    return [one for part in value.split(",") if (one := part.strip())]


def make_app_cache(settings: Settings) -> AppCache | None:
    """Only with a prefix and credentials of its own: never our Redis by accident."""
    if not (settings.app_cache_prefix and settings.app_redis_url and settings.app_redis_token):
        return None
    redis = RedisClient(settings.app_redis_url, settings.app_redis_token.get_secret_value())
    return AppCache(redis, settings.app_cache_prefix)


def make_keeper(settings: Settings, database: Database, redis: RedisClient | None) -> Keeper:
    keys = Keys.read(settings.audit_keys.get_secret_value()) if settings.audit_keys else Keys()
    return Keeper(Sealer(database, keys, Witness(redis)), Denials(database))


def make_notifier(settings: Settings, database: Database) -> Notifier:
    return Notifier(
        OutboxStore(database), configured(settings), make_notify_http, settings.dashboard_url
    )


def make_deadman(settings: Settings) -> Deadman:
    url = settings.deadman_url
    return Deadman(make_notify_http, url.get_secret_value() if url else None)


def make_check(
    settings: Settings, tracker: Tracker, needs_forward: NeedsForward
) -> DeploymentCheck:
    refuses = settings.freeze_policy is FreezePolicy.REFUSE
    windows = settings.freeze_windows if refuses else ()
    return DeploymentCheck(
        tracker,
        settings.deployment_check_id,
        windows,
        dashboard_url=settings.dashboard_url,
        needs_forward=needs_forward,
    )


def make_prober(settings: Settings) -> Prober:
    secret = settings.app_protection_bypass_secret
    return Prober(settings.edge_url, secret.get_secret_value() if secret else "")
