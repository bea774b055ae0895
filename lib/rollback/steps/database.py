"""Step `database`: the app's database fits the target's code, going back for it where it must.

Known by the rollback's id over there: whoever comes after a lost answer to COMMIT, or takes over,
finds the run and does nothing. It runs only what was derived, never SQL that somebody wrote, so
an automatic rollback may do all of it but what is exclusive.
"""

from typing import TYPE_CHECKING

from lib.rollback.machine import Done, Failed, Outcome, Skipped
from lib.rollback.models import Claim, Rollback
from lib.rollback.steps import forward
from lib.rollback.steps.base import Tools, traffic_after
from lib.rollback.steps.telling import audit_once
from lib.schema.app_database import AppDatabase, Away
from lib.schema.plan import GoesBack, Refused, Stays

if TYPE_CHECKING:
    from lib.schema import outcome
    from lib.schema.identity import Mark

SHOWN = (
    "{why} Nobody could tell whether {target} runs on the present schema: it answered {pairs} of"
    " {pairs} paired probes on it, while the live version failed. The database stays as it is."
)

STAYED = "Database stays as it is: that was found before traffic moved, and it does not answer now."


async def run(claim: Claim, tools: Tools) -> Outcome:
    """The plan is made anew each time: what it was made of may have moved since."""
    if claim.rollback.undoes is not None:
        return await forward.run(claim, tools)
    plan = await tools.planner.plan(claim.rollback.environment, claim.rollback.target)
    app = tools.planner.app
    if app is not None and "sentence" in claim.facts:
        # After the plan: a run that ends between the two is found here, or by its id.
        earlier = await look_for_earlier(claim, tools, app)
        if earlier is not None:
            return earlier
    match plan:
        case Stays(sentence):
            return Skipped(sentence)
        case Refused(may_pass=True) if is_after_switch(claim.rollback):
            return Skipped(STAYED)
        case Refused() if is_shown(claim.rollback, plan):
            return await leave(claim, tools, plan)
        case Refused(sentence, remedy, may_pass):
            return Failed(sentence, retryable=may_pass, traffic=traffic_after(claim), remedy=remedy)
        case GoesBack():
            assert app is not None
            return await go_back(claim, tools, app, plan)


async def look_for_earlier(claim: Claim, tools: Tools, app: AppDatabase) -> Outcome | None:
    """An earlier attempt went as far as the app's database: what came of it?"""
    try:
        found = await app.status(claim.rollback.id)
    except Away:
        return Failed("The app's database went away.", retryable=True, traffic=traffic_after(claim))
    if found is not None and found.state == "back":
        return await done(claim, tools, found.mark)
    await tools.store.remember(claim, went_back=None)
    if found is None:
        return None
    return Failed(
        "The database went back for this rollback, and somebody brought it forward again.",
        retryable=False,
        traffic=traffic_after(claim),
        remedy="Ask who did that, then start another rollback.",
    )


def is_after_switch(rollback: Rollback) -> bool:
    """Only where the record step has found that it stays: else it would come before."""
    return rollback.find("database").position > rollback.find("switch").position


def is_shown(rollback: Rollback, plan: Refused) -> bool:
    """The gate has tried it, and the plan is refused for what it was refused for then."""
    return (
        rollback.trial is not None
        and plan.is_only_unproven
        and plan.sentence == rollback.trial.refused
    )


async def leave(claim: Claim, tools: Tools, plan: Refused) -> Skipped:
    """As policy `switch_if_proven` has it."""
    rollback = claim.rollback
    assert rollback.trial is not None
    facts = rollback.trial.model_dump()
    await tools.store.remember(claim, **facts)
    await audit_once(claim, tools, "database.left", facts)
    target = rollback.called(rollback.target)
    return Skipped(SHOWN.format(why=plan.sentence, target=target, pairs=rollback.trial.pairs))


async def go_back(claim: Claim, tools: Tools, app: AppDatabase, plan: GoesBack) -> Outcome:
    """Whoever dies from when it is asked for leaves that nobody knows whether it is back."""
    rollback = claim.rollback
    await tools.store.remember(
        claim,
        sentence=plan.sentence,
        warning=plan.down.warning,
        versions=list(plan.down.versions),
        is_exclusive=plan.is_exclusive,
        went_back="unknown",
    )
    may = rollback.allow_exclusive and not rollback.automatic
    ended = await app.run(rollback.id, plan.down, exclusive=may)
    if ended.state.value == "done":
        return await done(claim, tools, ended.mark)
    if ended.state.value == "unknown":
        return failed(claim, ended, retryable=True)
    if ended.code is not None and ended.code.value == "moved":
        # Found after COMMIT, it is final: planning again would find the database as it should be.
        return failed(claim, ended, retryable=not await is_there(claim, tools, app))
    await tools.store.remember(claim, went_back=None)
    return failed(claim, ended, retryable=ended.state.value == "busy")


async def is_there(claim: Claim, tools: Tools, app: AppDatabase) -> bool:
    try:
        found = await app.status(claim.rollback.id)
    except Away:
        return False
    is_back = found is not None and found.state == "back"
    await tools.store.remember(claim, went_back="yes" if is_back else None)
    return found is not None


def failed(claim: Claim, ended: "outcome.Outcome", *, retryable: bool) -> Failed:
    sentence = ended.sentence
    if ended.state.value == "refused":
        sentence = f"The database did not go back: {sentence.removesuffix('.')}."
    return Failed(sentence, retryable=retryable, traffic=traffic_after(claim), remedy=ended.remedy)


async def done(claim: Claim, tools: Tools, mark: "Mark | None") -> Done:
    await tools.store.remember(claim, went_back="yes")
    facts = {name: claim.facts[name] for name in ("versions", "sentence")}
    await audit_once(claim, tools, "database.back", facts, mark)
    return Done(claim.facts["sentence"])
