"""The app's database by hand: python -m scripts.rollback_migration COMMAND, which is plan, run,
status, forward, conflicts, let-go or accept.

The same engine as in a rollback, and the same audit log; traffic stays where it is. Reads
DATABASE_URL and APP_DATABASE_URL. Exit codes: 0, done, or there is nothing to do; 1, refused, and
why is said; 2, it was not asked rightly; 3, others held what it needs, nothing was changed, try
again; 4, a database went away, the same again (--run) finds out what was done; 5, the newer
release's code would stop working, which --allow-exclusive chooses.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

import psycopg
from pydantic import ValidationError

from lib import errors
from lib.access.models import Caller, Role
from lib.audit.store import write_audit
from lib.operations.models import AcceptDatabase
from lib.rollback.models import Environment
from lib.schema import known
from lib.schema.app_database import AppDatabase, Away
from lib.schema.identity import Mark
from lib.schema.outcome import Outcome, State
from lib.schema.plan import GoesBack, Plan, Planner, Refused, Stays
from lib.settings import settings
from lib.wiring import Services, build
from scripts.command_line import NO_TABLES, NOT_MEANT, actor, fail, says_yes

DONE, REFUSED, WRONG, BUSY, AWAY, CHOICE = range(6)
CODES = {State.DONE: DONE, State.REFUSED: REFUSED, State.BUSY: BUSY, State.UNKNOWN: AWAY}


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    try:
        return asyncio.run(carry_out(options))
    except (errors.DatabaseUnavailable, errors.AppDatabaseUnavailable, Away) as error:
        return fail(f"A database does not answer: {error}", AWAY)
    except errors.Error as error:
        return fail(str(error), WRONG)
    except psycopg.errors.UndefinedTable:
        return fail(NO_TABLES, WRONG)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.rollback_migration", description=__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)
    plan = commands.add_parser("plan", help="say what would be done")
    run = commands.add_parser("run", help="take the database back")
    status = commands.add_parser("status", help="say what is back at present")
    forward = commands.add_parser("forward", help="bring it forward again")
    conflicts = commands.add_parser(
        "conflicts", help="list what one version's code wrote and the other's could not see"
    )
    conflicts.add_argument("--json", action="store_true", help="one object a line")
    letting_go = commands.add_parser(
        "let-go", help="end keeping values in step with what is forward again"
    )
    accept = commands.add_parser("accept", help="a restored or branched one is right as it is")
    for command in (plan, run):
        command.add_argument(
            "--to", required=True, metavar="DEPLOYMENT|VERSION", help="dpl_…, or of the ledger"
        )
    for command in (run, status, forward, conflicts):
        command.add_argument("--run", type=UUID, metavar="ID", help="this one")
    for command in (plan, run, forward, letting_go, accept):
        command.add_argument(
            "--environment", type=Environment, choices=[*Environment], default="production"
        )
    for command in (run, forward):
        command.add_argument(
            "--dry-run", action="store_true", help="print each statement, and change nothing"
        )
    for command in (run, forward, letting_go, accept):
        command.add_argument("--yes", action="store_true", help="do not ask")
        command.add_argument("--reason", help="for the audit log", required=command is accept)
    run.add_argument(
        "--allow-exclusive",
        action="store_true",
        help="also where the newer release's code stops working",
    )
    return parser.parse_args(arguments)


async def carry_out(options: argparse.Namespace) -> int:
    services = build(settings())
    planner = services.engine.tools.planner
    if planner.app is None:
        return fail("Set APP_DATABASE_URL: which database is the app's?", WRONG)
    try:
        match options.command:
            case "plan":
                return await show_plan(options, planner)
            case "run":
                return await go_back(options, services, planner, planner.app)
            case "status":
                return await show_status(options, planner.app)
            case "conflicts":
                return await show_conflicts(options, planner.app)
            case "let-go":
                return await let_go(options, services, planner.app)
            case "accept":
                return await accept_database(options, services, planner.app)
        return await go_forward(options, services, planner.app)
    finally:
        await services.close()


async def make_plan(options: argparse.Namespace, planner: Planner) -> Plan:
    if options.to.startswith("dpl_"):
        return await planner.plan(options.environment, options.to)
    return await planner.plan_to(options.environment, options.to)


async def show_plan(options: argparse.Namespace, planner: Planner) -> int:
    plan = await make_plan(options, planner)
    if isinstance(plan, GoesBack):
        print(plan.sentence)
        for step in plan.down.steps:
            print(f"  {step.sentence}")
        for kept in plan.down.kept:
            print(f"  {kept} stays")
        return CHOICE if plan.is_exclusive else DONE
    return say(plan)


def say(plan: Stays | Refused) -> int:
    if isinstance(plan, Stays):
        print(plan.sentence)
        return DONE
    return fail(plan.in_full, AWAY if plan.may_pass else REFUSED)


async def go_back(
    options: argparse.Namespace, services: Services, planner: Planner, app: AppDatabase
) -> int:
    run_id = options.run or uuid4()
    if options.run and (found := await app.status(run_id)) is not None:
        async with services.database.transaction() as connection:
            await known.note(connection, options.environment, found.mark)
        print(f"{run_id}: {found.state}: {', '.join(found.versions)}")
        return DONE
    plan = await make_plan(options, planner)
    if not isinstance(plan, GoesBack):
        return say(plan)
    if options.dry_run:
        return show(app.statements(run_id, plan.down))
    print(plan.sentence)
    if plan.is_exclusive and not options.allow_exclusive:
        return fail("To do it all the same: --allow-exclusive.", CHOICE)
    if not (options.yes or says_yes()):
        return fail(NOT_MEANT, WRONG)
    print(f"run {run_id}", flush=True)
    facts = {"run_id": str(run_id), "versions": list(plan.down.versions)}
    await note(services, options, "database.back", "accepted", facts)
    ended = await app.run(run_id, plan.down, exclusive=options.allow_exclusive)
    await note(services, options, "database.back", ended.state, facts, mark=ended.mark)
    return tell(ended)


async def show_status(options: argparse.Namespace, app: AppDatabase) -> int:
    runs = [options.run] if options.run else [UUID(run) for run in await app.open_runs()]
    for run_id in runs:
        found = await app.status(run_id)
        if found is None:
            return fail(f"{run_id}: nothing of this run was ever done.", REFUSED)
        print(f"{run_id}: {found.state}: {', '.join(found.versions)}")
        for step in found.steps:
            print(f"  {step.sentence}")
    if not runs:
        print("Nothing is rolled back.")
    return DONE


async def show_conflicts(options: argparse.Namespace, app: AppDatabase) -> int:
    found = await app.conflicts(options.run)
    for one in found:
        print(json.dumps(asdict(one), default=str) if options.json else f"{one.at} {one.sentence}")
    if not found and not options.json:
        print("Nothing was written that the other version could not see.")
    return DONE


async def let_go(options: argparse.Namespace, services: Services, app: AppDatabase) -> int:
    print("What pages of the older version that are still open write is not carried over any more.")
    if not (options.yes or says_yes()):
        return fail(NOT_MEANT, WRONG)
    ended = await app.let_go()
    await note(services, options, "database.let_go", ended.state, {"sentence": ended.sentence})
    return tell(ended)


async def go_forward(options: argparse.Namespace, services: Services, app: AppDatabase) -> int:
    """The newest run, unless one is named: they come forward in the order that they went back."""
    before = await known.read(services.database)
    standing = await app.standing()
    if (other := await before.refusal(options.environment, standing)) is not None:
        return fail(f"{other.forward_sentence} {other.remedy}", REFUSED)
    if not options.run and not standing.open_runs:
        print("Nothing is rolled back.")
        return DONE
    run_id = options.run or UUID(standing.open_runs[-1])
    if options.dry_run:
        return show(await app.forward_statements(run_id))
    if not (options.yes or says_yes()):
        return fail(NOT_MEANT, WRONG)
    print(f"run {run_id}", flush=True)
    facts = {"run_id": str(run_id)}
    await note(services, options, "database.forward", "accepted", facts)
    ended = await app.forward(run_id)
    await note(services, options, "database.forward", ended.state, facts, mark=ended.mark)
    return tell(ended)


async def accept_database(options: argparse.Namespace, services: Services, app: AppDatabase) -> int:
    before = await known.read(services.database)
    standing = await app.standing()
    if (other := await before.refusal(options.environment, standing)) is not None:
        print(other.reason)
    print(f"The app's database is {standing.mark}.")
    if not (options.yes or says_yes()):
        return fail(NOT_MEANT, WRONG)
    try:
        operation = AcceptDatabase(
            action="accept_database", environment=options.environment, reason=options.reason
        )
    except ValidationError:
        return fail(
            "--reason: write what the audit log should keep, in 1 to 500 characters.", WRONG
        )
    caller = Caller(name=actor(), role=Role.OPERATOR)
    print((await services.operations.carry_out(operation, caller)).message)
    return DONE


async def note(
    services: Services,
    options: argparse.Namespace,
    action: str,
    result: str,
    facts: dict[str, Any],
    *,
    mark: Mark | None = None,
) -> None:
    async with services.database.transaction() as connection:
        await known.note(connection, options.environment, mark)
        await write_audit(
            connection,
            actor=actor(),
            action=action,
            environment=options.environment,
            subject=getattr(options, "to", None),
            reason=options.reason,
            result=result,
            facts=facts,
        )


def show(statements: list[str]) -> int:
    for statement in statements:
        print(f"{statement.strip()};")
    return DONE


def tell(ended: Outcome) -> int:
    if ended.state is State.DONE:
        print(ended.sentence)
        return DONE
    lines = [f"{ended.sentence} {ended.remedy}".strip(), *ended.rows]
    return fail("\n".join(lines), CODES[ended.state])


if __name__ == "__main__":
    sys.exit(main())
