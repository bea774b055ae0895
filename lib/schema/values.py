"""Values that depend on each other across two releases, from the authors' own UPDATEs.

A down part's UPDATE tells how the older code's columns follow from the newer's: it is carried out
on the way back. With the up part's UPDATE it also makes a trigger that keeps both in step from then
on. A DELETE of a down part is carried out, too. Whatever row is changed is kept as it was. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lib.schema import in_step
from lib.schema.carrying import Carrying
from lib.schema.in_step import Group, Side, Writer
from lib.schema.models import RUN, Code, Do, Step, Table
from lib.schema.rendering import NotSimple
from lib.schema.retyping import Retyping
from lib.schema.statements import DELETE, UPDATE
from lib.schema.unfit import Unfit
from lib.schema.updates import Assignment, Delete, Reader, Update
from lib.schema.walk import Met, Walk

#: Read through while its writers wait.
MAX_SCANNED_BYTES = 600_000_000
SIMPLE = (
    "Write it as an UPDATE or DELETE of the row's own columns, with functions of PostgreSQL only;"
    " or say `-- rollback: safe <reason>` at the top of the migration, if the older code runs"
    " without it."
)


@dataclass(slots=True)
class Values:
    """`downs`: what the down parts write, the newest version first."""

    walk: Walk
    downs: list[Met]
    made: frozenset[str]
    updates: list[Update] = field(default_factory=list)
    deletes: list[Delete] = field(default_factory=list)
    groups: dict[int, list[Group]] = field(default_factory=dict)
    retypings: list[Retyping] = field(default_factory=list)
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        """Raises Unfit for what a down part writes and nobody can derive."""
        self.reader = Reader(self.walk.catalogue, self.made)
        for met in self.downs:
            if self._concerns_older(met):
                self._read(self.reader, met)
        self._check_chains()
        ups = self._ups(self.reader)
        for oid in sorted({one.table for one in (*self.updates, *ups)}):
            if found := list(self._groups_of(oid, ups)):
                self.groups[oid] = found

    @property
    def derived(self) -> frozenset[tuple[int, int]]:
        """Columns of the newer release that have a value where the older code writes a row."""
        return frozenset(
            (oid, assignment.column)
            for oid, groups in self.groups.items()
            for group in groups
            for _, assignment in group.newer.updates
        )

    def concerns(self, oid: int, column: int) -> bool:
        """A down part reads or writes the column, or it is in step with others."""
        return any(
            column in (*update.changes, *(n for a in update.assignments for n in a.reads))
            for update in self.updates
            if update.table == oid
        ) or column in self.in_step(oid)

    def in_step(self, oid: int) -> frozenset[int]:
        return frozenset(
            number
            for group in self.groups.get(oid, ())
            for number in (*group.older.columns, *group.newer.columns)
        )

    def covers(self, met: Met) -> bool:
        """A down part of its version takes back what an up part wrote into old columns."""
        if met.change.to == UPDATE:
            mine = (one for one in self.updates if one.table == met.table)
            changed = {c for one in mine if one.version == met.version for c in one.changes}
            old = {c for c in met.columns if (met.table, c) not in self.walk.new_columns}
            return bool(old) and old <= changed
        return met.change.to != DELETE and any(
            (one.version, one.table) == (met.version, met.table) for one in self.deletes
        )

    def _concerns_older(self, met: Met) -> bool:
        if met.table <= 0 or met.table in self.walk.new_tables:
            return False
        if met.change.to != UPDATE:
            return met.change.to == DELETE
        return any(number in self._older_columns(met.table) for number in met.columns)

    def _check_chains(self) -> None:
        """A statement reads what an earlier one of them made: the row alone does not tell it."""
        read = {(one.table, n) for one in self.updates for n in one.reads}
        for met in self.downs:
            made = {number for number in met.columns if (met.table, number) in read}
            if made and met.change.to == UPDATE and not met.is_asserted:
                table = self.walk.catalogue.table(met.table)
                between = table.column(min(made)).name
                raise Unfit(
                    Code.UNSUPPORTED,
                    f"what the older code reads of {table.called} goes through {between} and"
                    f" several statements, one of them in the down part of {met.version}"
                    f" (line {met.change.line}).",
                    "Choose the version before that one, or fix forward; next time let each UPDATE"
                    " read what the newest code writes.",
                )

    def _older_columns(self, oid: int) -> set[int]:
        return {number for number in self.walk.columns[oid].values() if number > 0}

    def _read(self, reader: Reader, met: Met) -> None:
        table = self.walk.catalogue.table(met.table)
        try:
            self._check_table(table, met)
            if met.change.to == DELETE:
                self.deletes.append(reader.delete(met))
            else:
                self.updates.append(reader.update(met))
        except NotSimple as reason:
            if not met.is_asserted:
                raise Unfit(
                    Code.UNSUPPORTED,
                    f"what the down part of {met.version} writes into {table.called} cannot be"
                    f" derived: it {reason} (line {met.change.line}).",
                    SIMPLE,
                ) from None

    def _check_table(self, table: Table, met: Met) -> None:
        if not self.walk.catalogue.is_whole(table):
            raise NotSimple("is about a partitioned table or a view")
        if not table.key:
            raise NotSimple("is about a table without a primary key")
        if {one.number for one in table.key} & set(met.columns):
            raise NotSimple("sets a primary key")
        if table.size_bytes > MAX_SCANNED_BYTES:
            raise Unfit(
                Code.BUDGET,
                f"{table.called} has {table.size_bytes // 1_000_000} MB, which would be read"
                " through while its writers wait.",
                "Choose another version, or fix forward.",
            )

    def _ups(self, reader: Reader) -> list[Update]:
        """What the newer release filled its columns with, where that is a matter of the row."""
        found = []
        for met in self.walk.met:
            fills = met.change.to == UPDATE and met.table in self.walk.columns
            if fills and any((met.table, c) in self.walk.new_columns for c in met.columns):
                try:
                    update = reader.update(met)
                    update.conditions()
                    found.append(update)
                except NotSimple:
                    continue
        return found

    # --- which columns belong together

    def _groups_of(self, oid: int, ups: list[Update]) -> Iterator[Group]:
        table = self.walk.catalogue.table(oid)
        new = {number for table_, number in self.walk.new_columns if table_ == oid}
        back = [(u, a) for u in self.updates if u.table == oid for a in u.assignments]
        back = [(u, a) for u, a in back if u.follows_from(a, new) & new and a.column not in new]
        told = {a.column for _, a in back}
        on = [(u, a) for u in ups if u.table == oid for a in u.assignments if a.column in new]
        on = [(u, a) for u, a in reversed(on) if not a.is_touch]
        for columns in connected(
            [(a.column, u.follows_from(a, new)) for u, a in back]
            + [(a.column, u.follows_from(a, told)) for u, a in on]
        ):
            older = [(u, a) for u, a in back if a.column in columns]
            newer = [(u, a) for u, a in on if a.column in columns]
            if older or any(self.is_required(table, a.column) for _, a in newer):
                self._check_conditions(older)
                yield Group(
                    table,
                    Side(tuple(sorted(columns - new)), tuple(older)),
                    Side(tuple(sorted(columns & new)), tuple(newer)),
                )

    def _check_conditions(self, older: list[tuple[Update, Assignment]]) -> None:
        for update, _ in older:
            try:
                update.conditions()
            except NotSimple as reason:
                table = self.walk.catalogue.table(update.table)
                raise Unfit(
                    Code.UNSUPPORTED,
                    f"what the down part of {update.version} writes into {table.called} cannot be"
                    f" derived: it {reason}.",
                    SIMPLE,
                ) from None

    def is_required(self, table: Table, number: int) -> bool:
        """NOT NULL, and relaxed on the way back: an INSERT of the older code leaves it empty."""
        column = table.column(number)
        is_new = (table.oid, number) in self.walk.new_columns
        is_retyped = any(
            (one.table.oid, one.column.number) == (table.oid, number) for one in self.retypings
        )
        if is_retyped:
            return column.not_null
        return is_new and column.not_null and not column.fills_itself

    # --- steps

    def steps(
        self, tables: Mapping[int, str], columns: Mapping[int, Mapping[int, str]]
    ) -> Iterator[Step]:
        """In order. `tables`, `columns`: as all will be called when they run."""
        groups = {oid: list(of) for oid, of in self.groups.items()}
        for one in self.retypings:
            groups.setdefault(one.table.oid, []).append(one.group)
            path = self.walk.catalogue.search_path
            yield one.step(tables[one.table.oid], columns[one.table.oid], path)
        carrying = {
            oid: Carrying(
                self.walk.catalogue.table(oid),
                tables[oid],
                columns[oid],
                self.walk.catalogue.search_path,
            )
            for oid in {u.table for u in self.updates} | {d.table for d in self.deletes}
        }
        for update in self.updates:
            yield self._copy_back(update, carrying[update.table])
        for delete in self.deletes:
            yield carrying[delete.table].delete(delete)
        for oid, of in groups.items():
            yield self._keep_in_step(of, tables[oid], columns[oid])

    def _copy_back(self, update: Update, carrying: Carrying) -> Step:
        older = self._older_columns(update.table)
        new = {number for oid, number in self.walk.new_columns if oid == update.table}
        mine = [one for one in update.assignments if one.column in older]
        is_mapping = not any(update.follows_from(one, new) & new for one in mine)
        return carrying.copy_back(update, mine, is_mapping=is_mapping)

    def _keep_in_step(self, groups: list[Group], here: str, names: Mapping[int, str]) -> Step:
        tables = [group.table for group in groups]
        columns = {one.number: one for table in tables for one in table.columns}
        table = replace(tables[0], columns=tuple(columns.values()))
        not_null = frozenset(one.number for one in table.columns if one.not_null)
        relaxed = frozenset(number for number in not_null if self.is_required(table, number))
        writer = Writer(self.walk.catalogue, table, names, not_null - relaxed, relaxed)
        pairs = [
            " and ".join(names[n] for n in (*group.older.columns, *group.newer.columns))
            for group in groups
        ]
        moves = here != table.sql or any(names[c.number] != c.name for c in table.columns)
        return Step(
            Do.KEEP_IN_STEP,
            table.oid,
            in_step.statements(writer, groups, here),
            f"{table.called}: {'; '.join(pairs)} are kept in step",
            name=f"in_step_{RUN}_{table.oid}",
            undo=in_step.end(table.oid) if moves else "",
        )


def connected(edges: list[tuple[int, frozenset[int]]]) -> Iterator[set[int]]:
    """Columns that are reached from each other, however far."""
    left = [{column, *reads} for column, reads in edges]
    while left:
        found = left.pop(0)
        while near := [one for one in left if one & found]:
            for one in near:
                found |= one
                left.remove(one)
        yield found
