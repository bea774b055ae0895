"""Verdicts and decisions in Postgres. All times that are compared are the database's."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from lib.automatic.models import LiveRelease, Mode, Stragglers, TrafficView, VerdictView
from lib.health.baseline import Period
from lib.postgres import Connection, Database
from lib.rollback.models import Environment

#: A verdict that is older says nothing about now; calm sweeps come once a minute.
FRESH = timedelta(seconds=120)
#: Open tabs go on using a release that was left, for hours.
STRAGGLERS_FOR = timedelta(days=1)
#: Recordings hold hashes of clients; what they were needed for is over then.
RECORDINGS_KEPT = timedelta(days=7)
#: Newest ones of each environment: so many of calm verdicts, and as many of alarming ones.
RECORDINGS = 200
#: Of a live period; the newest is what counts, and a recording does not reach back further.
RESETS = 100
#: What spoke against a release, and what was decided; and verdicts that nobody asks about.
KEPT = timedelta(days=90)
CALM_KEPT = timedelta(days=7)
#: One gate takes less.
GATE_LEASE = timedelta(seconds=20)
#: A verdict that the gate asked to be confirmed waits for the next bucket, and not for longer.
CONFIRMED_WITHIN = timedelta(seconds=60)

LIVE = """
SELECT e.environment, e.stragglers, p.id AS period, h.vercel_deployment_id AS deployment_id,
       extract(epoch FROM p.live_from)::float8 AS live_from, b.p0, b.refused_before,
       ARRAY(SELECT extract(epoch FROM at)::float8 FROM unnest(b.resets) at) AS resets,
       (SELECT before.vercel_deployment_id
          FROM live_periods q JOIN deployment_history before ON before.id = q.deployment
         WHERE q.environment = e.environment AND q.live_until > app_now() - %(stragglers_for)s
           AND q.deployment <> p.deployment
         ORDER BY q.id DESC LIMIT 1) AS "left"
  FROM environments e
  JOIN live_periods p ON p.environment = e.environment AND p.live_until IS NULL
  JOIN deployment_history h ON h.id = p.deployment
  LEFT JOIN baselines b ON b.period = p.id
 ORDER BY e.environment
"""

NOW = "SELECT extract(epoch FROM app_now())::float8 AS now"

PERIODS = """
SELECT h.vercel_deployment_id AS deployment_id,
       floor(extract(epoch FROM p.live_from))::bigint AS live_from,
       floor(extract(epoch FROM p.live_until))::bigint AS live_until,
       EXISTS (SELECT 1 FROM quarantine q JOIN rollbacks away ON away.id = q.rollback_id
                WHERE q.environment = p.environment AND q.lifted_at IS NULL
                  AND away.from_deployment = h.vercel_deployment_id) AS quarantined
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s AND p.id <= %(until)s
 ORDER BY p.id DESC LIMIT 50
"""

FREEZE = """
INSERT INTO baselines (period, p0, refused_before)
VALUES (%(period)s, %(p0)s, %(refused_before)s) ON CONFLICT DO NOTHING
"""

FROZEN = "SELECT p0, refused_before FROM baselines WHERE period = %(period)s"

#: Whoever has seen more replaces it; the row tells whether the state changed by that. Many see the
#: same bucket: one of them writes.
RENEW = """
WITH before AS (
  SELECT period, newest FROM baselines
   WHERE period = %(period)s AND newest IS DISTINCT FROM %(newest)s FOR UPDATE
)
UPDATE baselines b SET newest = %(newest)s, newest_until = to_timestamp(%(until)s)
  FROM before
 WHERE b.period = before.period
   AND (b.newest_until IS NULL OR b.newest_until <= to_timestamp(%(until)s))
RETURNING (before.newest->>'state', before.newest->>'path')
          IS DISTINCT FROM (%(state)s, %(path)s::text) AS is_news
"""

REMEMBER = """
INSERT INTO verdicts (environment, period, until, state, path, sentence, findings, recording)
VALUES (%(environment)s, %(period)s, to_timestamp(%(until)s), %(state)s, %(path)s, %(sentence)s,
        %(newest)s, %(recording)s)
"""

#: Verdicts that go to and fro at the edge of two states would fill the database with recordings.
FORGET_RECORDINGS = """
WITH recorded AS (
  SELECT id, row_number() OVER (PARTITION BY state IN ('suspect', 'rollback')
                                ORDER BY id DESC) AS nth
    FROM verdicts WHERE environment = %(environment)s AND recording IS NOT NULL
)
UPDATE verdicts v SET recording = NULL FROM recorded r
 WHERE r.id = v.id AND (v.at < app_now() - %(recordings_kept)s OR r.nth > %(recordings)s)
"""

FORGET = """
DELETE FROM verdicts
 WHERE environment = %(environment)s AND at < app_now() - CASE
       WHEN state IN ('suspect', 'rollback') THEN %(kept)s ELSE %(calm_kept)s END
"""

#: An outage that both versions share may last for a day, and be asked about twice a minute.
RESET = """
UPDATE baselines
   SET resets = array_append(resets[greatest(1, cardinality(resets) - %(kept)s + 2):], app_now())
 WHERE period = %(period)s
"""

STRAGGLE = """
UPDATE environments SET stragglers = %(stragglers)s::jsonb
 WHERE environment = %(environment)s AND stragglers IS DISTINCT FROM %(stragglers)s::jsonb
"""

TRAFFIC = """
SELECT b.newest AS verdict, d.decision,
       CASE WHEN to_timestamp((e.stragglers->>'until')::float8) > app_now() - %(fresh)s
            THEN e.stragglers END AS stragglers,
       coalesce(b.newest_until > app_now() - %(fresh)s, false) AS is_fresh
  FROM environments e
  LEFT JOIN live_periods p ON p.environment = e.environment AND p.live_until IS NULL
  LEFT JOIN baselines b ON b.period = p.id
  LEFT JOIN LATERAL (
    SELECT json_build_object('at', at, 'source', source, 'path', path, 'outcome', outcome,
             'sentence', sentence, 'target', target, 'gate', gate) AS decision
      FROM decisions WHERE period = p.id ORDER BY id DESC LIMIT 1) d ON true
 WHERE e.environment = %(environment)s
"""

FACTS = """
SELECT e.mode, e.locked_by IS NOT NULL AS is_locked, p.id AS period, p.live_from,
       p.live_from <= app_now() - %(window)s AS is_old,
       (SELECT count(*) FROM rollbacks r WHERE r.environment = e.environment AND r.automatic
           AND r.requested_at > app_now() - interval '1 day') AS today,
       (SELECT count(*) FROM rollbacks r WHERE r.environment = e.environment AND r.automatic
           AND r.requested_at >= p.live_from) AS tries,
       EXISTS (SELECT 1 FROM rollbacks r WHERE r.environment = e.environment
                  AND r.status IN ('pending', 'in_progress')) AS is_running,
       EXISTS (SELECT 1 FROM rollbacks r WHERE r.environment = e.environment
                  AND r.status = 'completed' AND r.target = h.vercel_deployment_id
                  AND r.undoes IS NULL AND r.finished_at >= p.live_from
                  AND r.finished_at > app_now() - %(watch)s)
         OR p.how = 'rolled_back_elsewhere' AND p.live_from > app_now() - %(watch)s AS is_restored,
       EXISTS (SELECT 1 FROM decisions d WHERE d.period = p.id
                  AND d.outcome = 'would_roll_back') AS is_noted,
       (SELECT extract(epoch FROM d.until)::bigint FROM decisions d
         WHERE d.period = p.id AND d.outcome = 'confirming'
           AND d.at > app_now() - %(confirmed_within)s
         ORDER BY d.id DESC LIMIT 1) AS asked_at
  FROM environments e
  JOIN live_periods p ON p.environment = e.environment AND p.live_until IS NULL
  JOIN deployment_history h ON h.id = p.deployment
 WHERE e.environment = %(environment)s AND h.vercel_deployment_id = %(deployment_id)s
"""

IS_TOLD = "SELECT 1 FROM alerts WHERE once = %(once)s"

CLAIM_GATE = """
UPDATE environments SET gate_free_at = app_now() + %(lease)s
 WHERE environment = %(environment)s AND gate_free_at <= app_now()
RETURNING gate_free_at
"""

#: One that took longer than its lease is somebody else's by now.
FREE_GATE = """
UPDATE environments SET gate_free_at = app_now()
 WHERE environment = %(environment)s AND gate_free_at = %(claim)s
"""

#: The same outcome for the same reason again is no news, however often it is decided; traffic and
#: probes may take turns.
DECIDE = """
INSERT INTO decisions
  (environment, period, source, path, until, outcome, sentence, gate, target, rollback_id)
SELECT %(environment)s, %(period)s, %(source)s, %(path)s, to_timestamp(nullif(%(until)s, 0)),
       %(outcome)s, %(sentence)s, %(gate)s, %(target)s, %(rollback_id)s
 WHERE %(outcome)s = 'confirming' OR NOT EXISTS (
   SELECT 1 FROM (SELECT * FROM decisions WHERE period = %(period)s AND source = %(source)s
                   ORDER BY id DESC LIMIT 1) d
    WHERE d.outcome = %(outcome)s AND d.target IS NOT DISTINCT FROM %(target)s
      AND d.sentence = %(sentence)s
      AND d.rollback_id IS NOT DISTINCT FROM %(rollback_id)s::uuid)
"""

FORGET_DECISIONS = """
DELETE FROM decisions WHERE environment = %(environment)s AND at < app_now() - %(kept)s
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision needs to know, as it is at one moment."""

    mode: Mode
    period: int
    live_from: datetime
    is_locked: bool
    is_old: bool
    today: int  #: automatic rollbacks
    tries: int  #: automatic rollbacks of this live period
    is_running: bool
    is_restored: bool  #: a rollback went back to it, and is still watched
    is_noted: bool  #: what would have been done is written down already
    asked_at: int | None  #: end of the bucket after which the gate asked for one more


@dataclass(frozen=True, slots=True)
class AutomaticStore:
    database: Database

    async def live(self) -> tuple[list[LiveRelease], float]:
        """What is live in each environment, and the time, seconds since 1970."""
        async with self.database.transaction() as connection:
            rows = await (
                await connection.execute(LIVE, {"stragglers_for": STRAGGLERS_FOR})
            ).fetchall()
            now = await (await connection.execute(NOW)).fetchone()
        assert now is not None
        return [read_live(row) for row in rows], now["now"]

    async def periods(self, environment: Environment, *, until: int) -> list[Period]:
        """The period `until` and those before it, newest first."""
        rows = await self.database.all(PERIODS, environment=environment, until=until)
        return [Period(**row) for row in rows]

    async def freeze(
        self, live: LiveRelease, p0: dict[str, float], refused_before: float | None
    ) -> LiveRelease:
        """What a live period is held against: whoever comes first decides it for all."""
        await self.database.execute(
            FREEZE, period=live.period, p0=Jsonb(p0), refused_before=refused_before
        )
        row = await self.database.one(FROZEN, period=live.period)
        assert row is not None
        return replace(live, **row)

    async def renew(self, live: LiveRelease, view: VerdictView, recording: Iterable[str]) -> bool:
        """Keep the verdict as the newest one; True if its state is another than before.

        Then it is remembered with its recording. One that saw less than the newest is dropped.
        """
        values = {
            "environment": live.environment,
            "period": live.period,
            "until": view.until,
            "state": view.state,
            "path": view.path,
            "sentence": view.sentence,
            "newest": Jsonb(view.model_dump(mode="json")),
        }
        async with self.database.transaction() as connection:
            row = await (await connection.execute(RENEW, values)).fetchone()
            if row is None or not row["is_news"]:
                return False
            deflated = zlib.compress("\n".join(recording).encode())
            await connection.execute(REMEMBER, values | {"recording": deflated})
            await forget(connection, live.environment)
        return True

    async def traffic(self, environment: Environment) -> TrafficView:
        row = await self.database.one(TRAFFIC, environment=environment, fresh=FRESH)
        return TrafficView.model_validate(row)

    async def keep_stragglers(self, environment: Environment, found: Stragglers | None) -> None:
        value = Jsonb(found.model_dump(mode="json")) if found else None
        await self.database.execute(STRAGGLE, environment=environment, stragglers=value)

    async def facts(
        self, environment: Environment, deployment_id: str, *, window: timedelta, watch: timedelta
    ) -> Facts | None:
        """None: it is not live any more."""
        row = await self.database.one(
            FACTS,
            environment=environment,
            deployment_id=deployment_id,
            window=window,
            watch=watch,
            confirmed_within=CONFIRMED_WITHIN,
        )
        return Facts(**{**row, "mode": Mode(row["mode"])}) if row else None

    async def is_told(self, once: str) -> bool:
        """The alert was raised before and is not over."""
        return await self.database.one(IS_TOLD, once=once) is not None

    async def claim_gate(self, environment: Environment) -> datetime | None:
        """The claim, until it is freed or its lease is over; None: somebody else has it."""
        row = await self.database.one(CLAIM_GATE, environment=environment, lease=GATE_LEASE)
        return row["gate_free_at"] if row else None

    async def free_gate(self, environment: Environment, claim: datetime) -> None:
        await self.database.execute(FREE_GATE, environment=environment, claim=claim)


async def forget(connection: Connection, environment: Environment) -> None:
    """Verdicts, and their recordings sooner: those are large."""
    values = {
        "environment": environment,
        "recordings_kept": RECORDINGS_KEPT,
        "recordings": RECORDINGS,
        "kept": KEPT,
        "calm_kept": CALM_KEPT,
    }
    await connection.execute(FORGET_RECORDINGS, values)
    await connection.execute(FORGET, values)


async def write_decision(connection: Connection, **values: Any) -> None:
    """`gate`: what it saw, per candidate."""
    await connection.execute(DECIDE, values | {"gate": Jsonb(values["gate"])})
    await connection.execute(FORGET_DECISIONS, values | {"kept": KEPT})


async def reset_evidence(connection: Connection, period: int) -> None:
    """What was counted until now is no evidence any more."""
    await connection.execute(RESET, {"period": period, "kept": RESETS})


def read_live(row: dict[str, Any]) -> LiveRelease:
    kept = row["stragglers"]
    read = {
        "environment": Environment(row["environment"]),
        "resets": tuple(row["resets"] or ()),
        "stragglers": Stragglers.model_validate(kept) if kept else None,
    }
    return LiveRelease(**{**row, **read})


def read_recording(deflated: bytes) -> list[str]:
    """The lines that lib/health/recording.py reads."""
    return zlib.decompress(deflated).decode().split("\n")
