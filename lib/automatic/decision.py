"""From evidence to a rollback, or to a sentence that says why not.

However many instances decide at once, and wherever one of them dies: one asks the gate, one
rollback is started, and what is decided is decided again by the next look if nobody got so far.

1. May anything be done by itself? If not, a person is told, with everything ready to press.
2. Is it one feature? Then its switch is turned off first, and code waits (`flags_first.py`).
3. Ask the gate about the version to go back to and, if it is no better, about the next one.
4. Act: roll back, or write down what would have been done, as the environment's mode says.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lib import errors
from lib.alerts import raise_alert
from lib.automatic.case import Candidate, Case, evidence, needs_confirmation, reason
from lib.automatic.flags_first import FlagsFirst
from lib.automatic.gate import Answer, Gate
from lib.automatic.models import Mode, Suspicion
from lib.automatic.noting import note
from lib.automatic.store import AutomaticStore, Facts, reset_evidence
from lib.deployments.eligibility import candidates
from lib.deployments.models import DeploymentRow
from lib.deployments.store import DeploymentStore
from lib.health.watch import Path
from lib.migrations.ledger_events import LedgerEvents
from lib.rollback.engine import Engine
from lib.rollback.models import Environment, OnRefuse, Order, Rollback
from lib.schema.plan import Plan, Refused, is_shared
from lib.settings import Settings
from lib.vercel.routing import Routing

log = logging.getLogger(__name__)

REQUESTED_BY = "automatic"
#: A fourth in a day means that rolling back is not what helps.
PER_DAY = 3
#: After a rollback: what it went back to is watched, and not rolled back by itself again.
WATCH = timedelta(minutes=15)
#: The best one, and the next known good one.
CANDIDATES = 2
#: Whose plans for the database are looked at.
PLANNED = 10
#: So far back a version to go back to is looked for, among those that were live.
HISTORY_LIMIT = 200

DID_NOT_HELP = (
    "It is what the last rollback went back to, so that rollback did not help, and another one"
    " would not either. Look for what both versions need: the database, a provider, a setting."
)
PERSONS_CHOICE = (
    "It was rolled back before and somebody let it go live again, so going back is a person's"
    " decision."
)
NOTHING_BACK = (
    "There is no earlier version to go back to. Turn off the feature that fails, or release a mend."
)
SHARED = (
    "The version to go back to fails as well: the cause is shared, so traffic does not move. Look"
    " at the database and the providers."
)
NO_BETTER = (
    "No version to go back to is well, so traffic does not move. This one answered again just now:"
    " look whether it goes on, and at the database and the providers."
)
DATABASE_MOVED = (
    "Its database changed after it went live ({changes}) and its code did not, so the code is not"
    " to blame and traffic does not move. Look at that migration: release what fits it, or undo it."
)
DATABASE_HOLDS = (
    "Going back by itself would need more of the database than what both versions run on, so it is"
    " a person's decision. {called}: {why}"
)
NOT_SHOWN = (
    "Nobody can tell whether {called} runs on the database as it is, and trying did not show it, so"
    " going back is a person's decision. {why}"
)
NOT_ASKED = (
    "The version to go back to could not be asked whether it is well ({detail}), so going back is a"
    " person's decision."
)


@dataclass(frozen=True, slots=True)
class Decider:
    store: AutomaticStore
    deployments: DeploymentStore
    routing: Routing
    gate: Gate
    engine: Engine
    ledger: LedgerEvents
    flags: FlagsFirst
    settings: Settings

    async def decide(self, suspicion: Suspicion) -> Rollback | None:
        """The rollback that was started, if one was. Raises Upstream, and is then asked again."""
        facts = await self.facts(suspicion)
        if facts is None or facts.is_running or (facts.mode is Mode.SHADOW and facts.is_noted):
            return None
        case = Case(suspicion, facts)
        if await self.flags.come_first(case):
            return None
        case = replace(case, tried=await self.flags.trials.tried(facts.period))
        rows = await self.deployments.history(
            suspicion.environment, limit=HISTORY_LIMIT, was_live=True
        )
        found = [row for row in candidates(rows) if row.url]
        if facts.is_restored:
            await self.tell(case, "rollback_did_not_help", DID_NOT_HELP)
        elif any(is_a_persons_choice(row) for row in rows):
            await self.tell(case, "automatic_refused", PERSONS_CHOICE)
        elif (why_not := refusal(facts)) is not None:
            await self.tell(case, "automatic_refused", why_not)
        elif (move := await self.moved(case)) is not None:
            await self.tell(case, "database_moved", move)
        elif not found:
            await self.tell(case, "down_not_rolled_back", NOTHING_BACK)
        elif not (targets := await self.to_ask(case, found)):
            await self.tell(case, "automatic_refused", await self.why_none_fits(case, found[0]))
        elif (claim := await self.store.claim_gate(case.environment)) is not None:
            try:
                case = await self.ask_gate(case, targets)
                return await self.conclude(case) if await self.is_still_so(case) else None
            finally:
                await self.store.free_gate(case.environment, claim)
        return None

    async def tell_no_help(self, suspicion: Suspicion) -> bool:
        """True if what fails is what a rollback just went back to: then people hear just that,
        also where nothing is left to go back to, or that fails as well.
        """
        facts = await self.facts(suspicion)
        if facts is None or not facts.is_restored:
            return False
        await self.tell(Case(suspicion, facts), "rollback_did_not_help", DID_NOT_HELP)
        return True

    async def facts(self, suspicion: Suspicion) -> Facts | None:
        return await self.store.facts(
            suspicion.environment,
            suspicion.deployment_id,
            window=self.settings.automatic_window,
            watch=WATCH,
        )

    async def is_still_so(self, case: Case) -> bool:
        """The gate took seconds, and somebody may have shipped the mend, or acted, meanwhile.

        The platform is asked as well: it may not have told us yet what is live.
        """
        live = await self.routing.live(case.environment)
        return (
            live is not None
            and live.id == case.suspicion.deployment_id
            and await self.facts(case.suspicion) == case.facts
        )

    async def to_ask(self, case: Case, rows: Sequence[DeploymentRow]) -> list[Candidate]:
        """Those that the database fits, or goes back for in a way that both versions run on.

        After them, where settings say so, those that have to show that they run on it as it is.
        """
        looked_at = rows[:PLANNED]
        plans = await self.plans(case.environment, looked_at)
        held = {
            row.deployment_id: plans[row.deployment_id].sentence
            for row in looked_at
            if not is_shared(plans[row.deployment_id])
        }
        if held:
            log.info("database_holds", extra={"environment": case.environment, "held": held})
        found = [Candidate(row) for row in looked_at if row.deployment_id not in held]
        if self.may_try(case):
            found += [
                Candidate(row, plan.sentence)
                for row in looked_at
                if isinstance(plan := plans[row.deployment_id], Refused) and plan.is_only_unproven
            ]
        return found[:CANDIDATES]

    def may_try(self, case: Case) -> bool:
        """By the hard path only: a share of errors waits for a person."""
        is_hard = case.suspicion.path is not Path.SOFT
        return is_hard and self.settings.on_refuse is OnRefuse.SWITCH_IF_PROVEN

    async def why_none_fits(self, case: Case, best: DeploymentRow) -> str:
        plan = (await self.plans(case.environment, [best]))[best.deployment_id]
        why = plan.in_full if isinstance(plan, Refused) else plan.sentence
        return DATABASE_HOLDS.format(called=best.called, why=why)

    async def plans(
        self, environment: Environment, rows: Sequence[DeploymentRow]
    ) -> dict[str, Plan]:
        planner = self.engine.tools.planner
        return await planner.plans(environment, [row.deployment_id for row in rows])

    async def moved(self, case: Case) -> str | None:
        """What others changed in the app's database under the live code: not the code's fault."""
        move = await self.ledger.ledger_moved_since(case.environment, case.facts.live_from)
        if move is None:
            return None
        changes = [f"{version} was applied" for version in move.applied]
        changes += [f"{version} was undone" for version in move.undone]
        return DATABASE_MOVED.format(changes=", ".join(changes))

    async def ask_gate(self, case: Case, targets: Sequence[Candidate]) -> Case:
        """Until one of them does not fail."""
        hosts = await self.routing.own_hosts(case.environment)
        if not hosts:
            raise errors.VercelUnavailable("The platform lists no host that could be looked at.")
        for target in targets:
            passage = await self.gate.ask(hosts, case.suspicion.deployment_id, target.row)
            case = replace(case, seen=(*case.seen, passage), unproven=target.unproven)
            log.info("gate_asked", extra={"environment": case.environment, **passage.facts()})
            if passage.answer is not Answer.FAILS:
                break
        return case

    async def conclude(self, case: Case) -> Rollback | None:
        newest = case.newest
        if newest.answer is Answer.FAILS:
            why = NO_BETTER if newest.live_is_well else SHARED
            await self.tell(case, "gate_refused", why)
        elif newest.answer is Answer.UNKNOWN and case.suspicion.path is Path.SOFT:
            await self.tell(case, "automatic_refused", NOT_ASKED.format(detail=newest.detail))
        elif case.unproven is not None and not newest.is_proof:
            why = NOT_SHOWN.format(called=newest.target.called, why=case.unproven)
            await self.tell(case, "automatic_refused", why)
        elif needs_confirmation(case):
            async with self.store.database.transaction() as connection:
                await note(connection, case, "confirming", case.suspicion.sentence)
        elif case.facts.mode is Mode.SHADOW:
            await self.note_shadow(case)
        else:
            return await self.roll_back(case)
        return None

    async def roll_back(self, case: Case) -> Rollback | None:
        case = replace(case, explained=await self.flags.explanation(case))
        suspicion, facts, target = case.suspicion, case.facts, case.newest.target
        # A release that comes back later has another period; a failed try has a number.
        key = f"{suspicion.deployment_id}:{target.deployment_id}:{facts.period}:{facts.tries}"
        order = Order(
            environment=case.environment,
            switch_method=self.settings.switch_method(case.environment),
            target=target.deployment_id,
            from_deployment=suspicion.deployment_id,
            requested_by=REQUESTED_BY,
            automatic=True,
            reason=reason(case),
            evidence=evidence(case),
            idempotency_key=key,
            request_sha256=hashlib.sha256(key.encode()).digest(),
        )
        try:
            rollback = await self.engine.start(order)
        except errors.RollbackInProgress:
            return None
        async with self.store.database.transaction() as connection:
            await note(connection, case, "rolled_back", rollback.reason, rollback_id=rollback.id)
        await self.deployments.set_health(
            case.environment, suspicion.deployment_id, is_passing=False
        )
        return rollback

    async def note_shadow(self, case: Case) -> None:
        explained = await self.flags.explanation(case)
        sentence = (
            f"{case.environment.capitalize()} has problems: {case.suspicion.sentence}.{explained}"
            f" It would have been rolled back by itself to {case.newest.target.called}; the mode is"
            " shadow, so nothing was changed."
        )
        async with self.store.database.transaction() as connection:
            await note(connection, case, "would_roll_back", sentence)
            await raise_alert(
                connection,
                environment=case.environment,
                kind="would_roll_back",
                sentence=sentence,
                once=f"would_roll_back:{case.facts.period}",
            )

    async def tell(self, case: Case, kind: str, why: str) -> None:
        """A person is told once, with the reason, and nothing moves.

        Where the gate refused, what was counted is no evidence against this release any more; but
        a gate that nobody answered is asked again.
        """
        is_gate = kind == "gate_refused"
        is_heard = not all(passage.is_silent for passage in case.seen)
        once = f"{kind}:{case.facts.period}:{why}"
        # It is decided again and again while it fails: asked for only where people will hear it.
        is_told = await self.store.is_told(once)
        explained = "" if is_told else await self.flags.explanation(case)
        async with self.store.database.transaction() as connection:
            await note(connection, case, kind if is_gate else "ask_a_person", why)
            if is_gate and is_heard:
                await reset_evidence(connection, case.facts.period)
            await raise_alert(
                connection,
                environment=case.environment,
                kind=kind,
                sentence=f"{case.environment.capitalize()} has problems:"
                f" {case.suspicion.sentence}.{explained} {why}",
                once=once,
            )


def is_a_persons_choice(row: DeploymentRow) -> bool:
    """It is live, was rolled back before, and somebody promoted it or rolled forward to it: nothing
    fights a person.

    One that came back with a push was nobody's choice.
    """
    came_back = row.quarantined and row.how in ("promote", "rolled_back_elsewhere")
    return row.is_live and (came_back or row.how == "roll_forward")


def refusal(facts: Facts) -> str | None:
    if facts.mode is Mode.OFF:
        return "Automatic rollbacks are switched off, so going back is a person's decision."
    if facts.is_locked:
        return "The last rollback did not finish, so the next one is a person's decision."
    if facts.today >= PER_DAY:
        return (
            f"There were {facts.today} automatic rollbacks today; the next one is a person's"
            " decision."
        )
    if facts.is_old:
        return "It has been live for long, so going back is a person's decision."
    return None
