"""Whether, and how, the database goes back so that an older release's code runs on it.

A pure function of the app's ledger, the target's versions, the recorded texts and the catalogue.
It derives every statement itself from what the newer migrations did: nothing is dropped, what
the older code does not know stays where it is, and only what hinders it is relaxed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lib.schema import in_step, past, statements
from lib.schema.models import (
    CHANGES_ROWS,
    Catalogue,
    Code,
    Do,
    Down,
    Lock,
    Migration,
    Plan,
    Read,
    Refuse,
    Skip,
    Step,
    Table,
    quote,
)
from lib.schema.relaxing import Relaxing
from lib.schema.statements import Text
from lib.schema.unfit import Unfit, gone
from lib.schema.values import Values
from lib.schema.walk import Met, Walk

#: Each is a lock that the app waits for; more than this is not a moment any more.
MAX_LOCKS = 100
EXCLUSIVE, READERS_GO_ON = "ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE"
ONLY_WRITERS_WAIT = (*CHANGES_ROWS, Do.KEEP_IN_STEP)
CHANGES_COLUMNS = (Do.RENAME_COLUMN, Do.WIDEN)
CHOOSE = "Choose a version that was live with the present database, or fix forward."


@dataclass(frozen=True, slots=True)
class Facts:
    #: The app's ledger, in order.
    applied: tuple[str, ...]
    #: Versions that the target contains; None: they were not recorded.
    target: tuple[str, ...] | None
    texts: Mapping[str, Migration]
    catalogue: Catalogue
    #: Versions that earlier runs rolled back and nothing brought forward; the runs' fingerprint.
    rolled_back: tuple[str, ...] = ()
    standing: str = ""
    #: A run that is half way forward.
    returning: str | None = None
    #: Runs that are not forward again.
    open_runs: tuple[str, ...] = ()


def plan(facts: Facts) -> Plan:
    if facts.target is None:
        return Refuse(
            Code.UNRECORDED,
            "nobody recorded which migrations this version contains.",
            "Record releases from CI. " + CHOOSE,
        )
    if facts.returning:
        return Refuse(
            Code.LEFT_OVER,
            "the database is half way forward from an earlier rollback.",
            f"Let it end: bring {facts.returning} forward again. Then plan again.",
        )
    reverted = [
        version
        for version in facts.applied
        if version not in facts.target and version not in facts.rolled_back
    ]
    refused = check_versions(facts, facts.target, reverted) or check_texts(facts, reverted)
    if refused:
        return refused
    if not reverted:
        return Skip("No migration ran since this version was live.")
    try:
        return derive(facts, facts.target, reverted)
    except Unfit as unfit:
        is_only_unproven = is_left_to_trying(facts, facts.target, reverted)
        return replace(unfit.refusal, is_only_unproven=is_only_unproven)


def check_versions(facts: Facts, target: tuple[str, ...], reverted: list[str]) -> Refuse | None:
    if again := [version for version in target if version in facts.rolled_back]:
        return Refuse(
            Code.LEFT_OVER,
            f"this version needs {again[-1]}, which is rolled back at present.",
            "Bring the database forward first.",
        )
    if missing := [version for version in target if version not in facts.applied]:
        return Refuse(
            Code.UNRECORDED,
            f"this version needs {missing[0]}, which the database does not have.",
            "Run the migrations that it lacks, or choose another version.",
        )
    standing = [version for version in facts.applied if version not in facts.rolled_back]
    if standing[len(standing) - len(reverted) :] != reverted:
        later = [v for v in standing if v not in reverted and reverted and v > reverted[0]]
        return Refuse(
            Code.NOT_NEWEST,
            f"{reverted[0]} would go, and {(later or standing)[-1]} came later and stays.",
            CHOOSE,
        )
    return None


def check_texts(facts: Facts, reverted: list[str]) -> Refuse | None:
    for version in reversed(reverted):
        text = facts.texts.get(version)
        if text is None:
            return Refuse(
                Code.UNRECORDED, f"nobody recorded what {version} did.", "Record it. " + CHOOSE
            )
        if text.is_tampered:
            return Refuse(
                Code.TAMPERED,
                f"the text of {version} is not the one that was recorded.",
                "Find out who changed it before anything else. " + CHOOSE,
            )
    return None


def is_left_to_trying(facts: Facts, target: tuple[str, ...], reverted: list[str]) -> bool:
    """Every statement is read, none destroyed what the older code knows, and none hinders it, but
    for those of which nobody can tell and trying shows.
    """
    try:
        return isinstance(derive(facts, target, reverted, is_trying=True), Skip)
    except Unfit:
        return False


def derive(
    facts: Facts, target: tuple[str, ...], reverted: list[str], *, is_trying: bool = False
) -> Plan:
    walk, lasting, downs = walk_back(facts, target, reverted, heed_authors=not is_trying)
    check_ghosts(walk)
    values = Values(walk, downs, lasting.made)
    relaxing = Relaxing(walk, lasting, facts.texts, values, is_trying=is_trying)
    for met in walk.met:
        relaxing.take(met)
    relaxing.release_new_tables()
    steps = relaxing.ordered()
    kept = kept_names(walk)
    if not steps:
        also = f" It does not know of {', '.join(kept)}, and need not." if kept else ""
        return Skip(f"The older code runs on the present schema.{also}")
    check_in_step(facts, values, steps)
    locks = lock(facts.catalogue, steps)
    return Down(
        steps=steps,
        mode=relaxing.mode,
        locks=locks,
        reads=read_back(walk, locks),
        versions=tuple(reversed(reverted)),
        ledger=facts.applied,
        standing=facts.standing,
        kept=kept,
        new_tables=tuple(sorted(walk.new_tables)),
        new_columns=tuple(sorted(walk.new_columns)),
        sentence=sentence(target, reverted, steps),
        warning=relaxing.warning,
    ).sealed()


def walk_back(
    facts: Facts, target: tuple[str, ...], reverted: list[str], *, heed_authors: bool
) -> tuple[Walk, past.Past, list[Met]]:
    """With what the down parts write. `heed_authors`: their `safe` counts.

    Raises Unfit for what no walk can pass.
    """
    known = [version for version in facts.applied if version in (*target, *reverted)]
    texts: dict[str, Text] = {
        version: statements.read(facts.texts[version].up)
        for version in known
        if version in facts.texts
    }
    lasting = past.of(
        (texts[version].changes for version in known if version in texts),
        is_complete=all(version in texts for version in target),
    )
    walk, downs = Walk(facts.catalogue), list[Met]()
    for version in reversed(reverted):
        text = texts[version]
        if text.irreversible:
            raise Unfit(
                Code.NO_DOWN, f"its author says that {version} is irreversible: {text.irreversible}"
            )
        settled = [lasting.settled(change) for change in text.changes]
        down = statements.read(facts.texts[version].down or "").changes
        is_asserted = heed_authors and bool(text.safe)
        downs += walk.writes(version, down, is_asserted=is_asserted)
        walk.undo(version, settled, is_asserted=is_asserted)
    return walk, lasting, downs


def check_ghosts(walk: Walk) -> None:
    """What a version dropped and no version in between had made, the older code reads."""
    for met in walk.ghosts.values():
        if not met.is_asserted and met.table not in walk.new_tables:
            raise gone(met)


def check_in_step(facts: Facts, values: Values, steps: tuple[Step, ...]) -> None:
    """What an earlier run keeps in step names its columns, and must find them; and what two
    triggers hand on, one of them would miss, whichever comes first. So would the app's own.
    """
    for step in steps:
        table = facts.catalogue.table(step.table)
        if step.do is Do.KEEP_IN_STEP and (name := in_step.later(table)):
            raise Unfit(
                Code.UNSUPPORTED,
                f"trigger {name} of {table.called} would come after the one that keeps values in"
                " step, which would not follow what it makes of a row.",
                "Give it a name that begins with an ASCII letter. " + CHOOSE,
            )
        kept = {
            number
            for one in table.triggers
            for number in one.columns
            if any(in_step.stands_for(one.name, run) for run in facts.open_runs)
        }
        is_handed_on = step.do is Do.KEEP_IN_STEP and kept & values.in_step(table.oid)
        if is_handed_on or (step.column in kept and step.do in CHANGES_COLUMNS):
            raise Unfit(
                Code.LEFT_OVER,
                f"{step.sentence}, and an earlier rollback keeps values of {table.called} in step.",
                "Bring the database forward first, or choose another version.",
            )


def kept_names(walk: Walk) -> tuple[str, ...]:
    tables = [walk.catalogue.table(oid).called for oid in walk.new_tables]
    columns = [
        f"{walk.catalogue.table(oid).called}.{walk.catalogue.table(oid).column(number).name}"
        for oid, number in walk.new_columns
        if oid not in walk.new_tables
    ]
    return tuple(sorted(tables + columns))


def lock(catalogue: Catalogue, steps: tuple[Step, ...]) -> tuple[Lock, ...]:
    """In the order of oids, so that two runs cannot wait for each other."""
    tables: dict[int, Table] = {}
    altered: set[int] = set()
    for step in steps:
        for oid in filter(None, (step.table, step.other)):
            found = {table.oid: table for table in catalogue.with_partitions(oid)}
            tables |= found
            altered |= set() if step.do in ONLY_WRITERS_WAIT else set(found)
    for table in tables.values():
        if not table.is_ours:
            raise Unfit(
                Code.PRIVILEGE,
                f"the role of APP_DATABASE_URL may not alter {table.called}.",
                "Connect as the owner of the app's tables.",
            )
    if len(tables) > MAX_LOCKS:
        raise Unfit(
            Code.BUDGET,
            f"{len(tables)} tables and partitions would be locked; {MAX_LOCKS} may be.",
        )
    return tuple(
        Lock(oid, table.sql, EXCLUSIVE if oid in altered else READERS_GO_ON)
        for oid, table in sorted(tables.items())
    )


def read_back(walk: Walk, locks: tuple[Lock, ...]) -> tuple[Read, ...]:
    """What the older code reads of the tables that are touched, by the names that it uses."""
    called = {oid: name for name, oid in walk.names.items()}
    parts = {table.oid for table in walk.catalogue if table.parents}  # read through their tables
    return tuple(
        Read(
            quote(*called[one.table]), tuple(n for n, c in walk.columns[one.table].items() if c > 0)
        )
        for one in locks
        if one.table in called and one.table not in parts
    )


def sentence(target: tuple[str, ...], reverted: list[str], steps: tuple[Step, ...]) -> str:
    count = "one step" if len(reverted) == 1 else f"{len(reverted)} steps"
    to = target[-1] if target else "the beginning"
    done = {step.do for step in steps}
    carried = " What was written since is carried back." if Do.COPY_BACK in done else ""
    kept = "Rows go aside and are kept." if Do.DELETE_ROWS in done else "Nothing is deleted."
    return f"Goes back {count} ({reverted[-1]} to {to}).{carried} {kept}"
