"""Builds everything a function needs, once per instance, from the settings.

An instance has one event loop for its life, so clients and pool are kept between requests.
"""

from dataclasses import dataclass
from functools import cache

import httpx

from lib.access.gate import Gate
from lib.access.store import AccessStore
from lib.arrivals import Arrivals
from lib.deployments.listing import Listing
from lib.deployments.recorder import Recorder
from lib.deployments.store import DeploymentStore
from lib.deployments.tracker import Tracker
from lib.health.probe import USER_AGENT, Prober
from lib.health.store import HealthStore
from lib.health.sweep import Sweep
from lib.notify import configured
from lib.notify.deadman import Deadman
from lib.notify.sender import Notifier
from lib.notify.sender import make_http as make_notify_http
from lib.notify.store import OutboxStore
from lib.overview.page import OverviewPage
from lib.postgres import Database
from lib.redis import RedisClient
from lib.rollback.app_cache import AppCache
from lib.rollback.automatic import Automatic
from lib.rollback.engine import Engine
from lib.rollback.intake import Intake
from lib.rollback.progress import Progress
from lib.rollback.steps import Tools
from lib.rollback.store import RollbackStore
from lib.schema.judging import judge
from lib.schema.ledger_events import LedgerEvents
from lib.schema.plan import Planner
from lib.schema.records import RecordStore
from lib.schema.watch import LedgerWatch
from lib.settings import Settings, settings
from lib.traffic.counts import Counts
from lib.traffic.drain import LogDrain, Outage
from lib.traffic.streams import Streams
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
    gate: Gate
    deployments: DeploymentStore
    records: RecordStore
    recorder: Recorder
    ledger_events: LedgerEvents
    tracker: Tracker
    listing: Listing
    health: HealthStore
    engine: Engine
    intake: Intake
    notifier: Notifier
    sweep: Sweep
    overview: OverviewPage
    events: EventStore
    arrivals: Arrivals
    #: None: there is no Redis to count in.
    counts: Counts | None
    drain: LogDrain

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
    database = Database(settings.database_url.get_secret_value())
    http = make_http(
        base_url=settings.vercel_api_url,
        token=settings.vercel_token.get_secret_value(),
        team_id=settings.vercel_team_id,
    )
    redis = make_redis(settings)
    streams = Streams(settings.critical_routes, settings.excluded_paths)
    counts = Counts(redis, streams) if redis else None
    vercel = VercelClient(http, settings.app_project_id)
    routing = Routing(vercel, settings)
    deployments = DeploymentStore(database)
    records = RecordStore(database)
    tracker = Tracker(deployments, vercel, routing, app_database_url)
    planner = Planner(deployments, app_database_url)
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
    listing = Listing(deployments, planner)
    automatic = Automatic(database, engine, settings)
    notifier = make_notifier(settings, database)
    deadman = make_deadman(settings)
    ledger_events = LedgerEvents(database)
    sweep = Sweep(
        health,
        deployments,
        tracker,
        routing,
        prober,
        engine,
        automatic,
        notifier,
        deadman,
        LedgerWatch(ledger_events, app_database_url),
    )
    return Services(
        settings=settings,
        database=database,
        http=http,
        redis=redis,
        access=access,
        gate=Gate(access),
        deployments=deployments,
        records=records,
        recorder=Recorder(deployments, records, judge),
        ledger_events=ledger_events,
        tracker=tracker,
        listing=listing,
        health=health,
        engine=engine,
        intake=Intake(database, deployments, vercel, engine, settings),
        notifier=notifier,
        sweep=sweep,
        overview=OverviewPage(listing, health, store, settings),
        events=EventStore(database),
        counts=counts,
        drain=make_drain(settings, streams, counts, database),
        arrivals=Arrivals(tracker, health, sweep),
    )


def make_redis(settings: Settings) -> RedisClient | None:
    if settings.redis_url is None or settings.redis_token is None:
        return None
    return RedisClient(settings.redis_url, settings.redis_token.get_secret_value())


def make_drain(
    settings: Settings, streams: Streams, counts: Counts | None, database: Database
) -> LogDrain:
    secret = settings.drain_secret.get_secret_value() if settings.drain_secret else ""
    counter = Counter(
        streams,
        secret=secret,
        project_id=settings.app_project_id,
        excluded_status_codes=settings.excluded_status_codes,
        probe_user_agent=USER_AGENT,
    )
    return LogDrain(secret, counter, counts, Outage(database))


def make_app_cache(settings: Settings) -> AppCache | None:
    """Only with a prefix and credentials of its own: never our Redis by accident."""
    if not (settings.app_cache_prefix and settings.app_redis_url and settings.app_redis_token):
        return None
    redis = RedisClient(settings.app_redis_url, settings.app_redis_token.get_secret_value())
    return AppCache(redis, settings.app_cache_prefix)


def make_notifier(settings: Settings, database: Database) -> Notifier:
    return Notifier(
        OutboxStore(database), configured(settings), make_notify_http, settings.dashboard_url
    )


def make_deadman(settings: Settings) -> Deadman:
    url = settings.deadman_url
    return Deadman(make_notify_http, url.get_secret_value() if url else None)


def make_prober(settings: Settings) -> Prober:
    secret = settings.app_protection_bypass_secret
    return Prober(settings.edge_url, secret.get_secret_value() if secret else "")
