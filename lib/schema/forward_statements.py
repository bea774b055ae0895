"""The statements of the way forward, from the journal of the way back. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from lib.schema import in_step
from lib.schema.journal import Run
from lib.schema.models import CHANGES_ROWS, Catalogue, Do, Step, for_run, quote
from lib.schema.renaming import aside
from lib.schema.undo import NAMES, Return, Undo, settled


def named_again(step: Step) -> str:
    if step.do is not Do.RETYPE:
        return step.sql
    kept = quote(aside(step.column, step.name))
    return f"ALTER TABLE {step.before} RENAME COLUMN {kept} TO {quote(step.name)}"


def on_the_way_forward(step: Step) -> Step:
    """As the guard's journal knows it."""
    if step.do is Do.WIDEN:
        return replace(step, do=Do.NARROW)
    if step.do is Do.RETYPE:
        to = aside(step.column, step.name)
        return replace(step, do=Do.RENAME_COLUMN, name=to, before=step.name)
    return step


def put_back(run: Run) -> Iterator[str]:
    """What takes back the changes of rows, the last first."""
    for position, (back, step) in enumerate(reversed(list(enumerate(run.steps)))):
        if step.do in CHANGES_ROWS and step.undo:
            yield for_run(step.undo, UUID(run.run_id), "forward", position, back)


def main(back: list[Return]) -> list[str]:
    return [statement for one in back for statement in one.main()]


def relaxed_again(back: list[Return]) -> list[str]:
    return [statement for one in back for statement in one.relax_again()]


def without_triggers(run: Run, statements: list[str]) -> list[str]:
    """A trigger that names a column keeps its type from changing: it is made again afterwards."""
    narrowed = {step.table for step in run.steps if step.do is Do.WIDEN}
    in_the_way = [
        step
        for step in run.steps
        if step.do is Do.KEEP_IN_STEP and not step.undo and step.table in narrowed
    ]
    return [
        *(in_step.end(step.table) for step in in_the_way),
        *statements,
        *(step.sql for step in in_the_way),
    ]


def is_altered(step: Step) -> bool:
    """On the way forward its table is: what keeps values in step stays, where names stay."""
    return step.do not in CHANGES_ROWS and (step.do is not Do.KEEP_IN_STEP or bool(step.undo))


def returns(now: Catalogue, run: Run) -> list[Return]:
    """The way back of all that is not a name, the last first."""
    tables = {table.oid: table for table in now}
    return [
        Return(tables[step.table], step) for step in reversed(run.steps) if step.do not in NAMES
    ]


def every_statement(now: Catalogue, run: Run) -> list[str]:
    """What the way forward does to the app's tables, in order, as far as it is known beforehand."""
    run = replace(run, steps=settled(now, run.steps))
    undo = Undo(now, run.steps)
    back = returns(renamed(undo), run)
    return [
        *(one.build_index() for one in back if one.is_key),
        *undo.names(),
        *(
            for_run(statement, UUID(run.run_id), "back", 0, 0)
            for statement in without_triggers(run, main(back))
        ),
        *(adopt for one in back if (adopt := one.adopt_index())),
        *(validate for one in back if (validate := one.validate())),
        *(statement for one in back for statement in one.finish(has_named_not_null=False)),
        *put_back(run),
    ]


def renamed(undo: Undo) -> Catalogue:
    """The catalogue as it will be once the names are as the newer code knows them."""
    tables = dict(undo.tables)
    for step in reversed([step for step in undo.steps if step.do in NAMES]):
        table = tables[step.table]
        match step.do:
            case Do.RENAME_TABLE:
                table = replace(table, name=step.before)
            case Do.SET_SCHEMA:
                table = replace(table, schema=step.before)
            case Do.RETYPE | Do.RENAME_COLUMN:
                to = step.before
                if step.do is Do.RETYPE:
                    to = aside(step.column, step.name)
                columns = tuple(
                    replace(one, name=to) if one.number == step.column else one
                    for one in table.columns
                )
                table = replace(table, columns=columns)
        tables[step.table] = table
    return replace(undo.catalogue, tables=tuple(tables.values()))


def too_long(back: list[Return]) -> list[str]:
    """Narrowing cuts blanks off without a word: asked under the lock."""
    return [
        f"""DO $fits$ BEGIN IF EXISTS (SELECT FROM {one.table.sql} WHERE {condition}) THEN
  RAISE EXCEPTION 'a value is longer than the newer type' USING ERRCODE = 'RB003';
END IF; END $fits$"""
        for one in back
        if one.step.do is Do.WIDEN and (condition := one.contradicts())
    ]
