"""What going back with the database is made of. Pure: no I/O, same input, same answer."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from uuid import UUID


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quote(*names: str) -> str:
    """An identifier as SQL, whatever is in it; several: qualified."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


#: What a statement of ours raises that would change more rows than it may.
TOO_MANY = "RB004"
#: In a step's statements, until it is known which run carries them out: its id, short and whole;
#: the direction; the step's position among the actions of that direction, and of the way back.
RUN, RUN_ID = "{rollback:run}", "{rollback:run_id}"
DIRECTION, POSITION, BACK = "{rollback:direction}", "{rollback:position}", "{rollback:back}"


def for_run(sql: str, run_id: UUID, direction: str, position: int, back: int) -> str:
    known = {
        RUN: run_id.hex[:12],
        RUN_ID: str(run_id),
        DIRECTION: direction,
        POSITION: str(position),
        BACK: str(back),
    }
    for placeholder, value in known.items():
        sql = sql.replace(placeholder, value)
    return sql


def cut(name: str) -> str:
    """As the server stores it: 63 bytes of it."""
    return name.encode()[:63].decode(errors="ignore")


def literal(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Migration:
    """One version's texts as they were recorded, with the checksums taken then."""

    version: str
    name: str
    up: str
    down: str | None
    up_sha256: str
    down_sha256: str | None

    @classmethod
    def of(cls, version: str, up: str, down: str | None = None, name: str = "") -> "Migration":
        return cls(version, name, up, down, sha256(up), None if down is None else sha256(down))

    @property
    def is_tampered(self) -> bool:
        down = None if self.down is None else sha256(self.down)
        return sha256(self.up) != self.up_sha256 or down != self.down_sha256


# --- the app's database as it is


@dataclass(frozen=True, slots=True)
class Column:
    number: int
    name: str
    type: str  #: as format_type() writes it: varchar(5), numeric(8,2)
    typmod: int = -1
    not_null: bool = False
    default: str | None = None
    #: It gets a value by itself: identity, or generated from others.
    is_automatic: bool = False
    is_generated: bool = False
    #: Roles have rights on it that they do not have on the table.
    has_grants: bool = False
    #: Its type is a domain that may refuse a value, NULL among them.
    is_checked_domain: bool = False

    @property
    def fills_itself(self) -> bool:
        """An INSERT that does not name it puts a value there."""
        return self.is_automatic or self.default is not None


@dataclass(frozen=True, slots=True)
class Constraint:
    oid: int
    name: str
    kind: str  #: pg_constraint.contype: c, f, p, u, x, n, t
    definition: str
    columns: tuple[int, ...] = ()
    timing: str = ""  #: DEFERRABLE, INITIALLY DEFERRED
    #: It belongs to a parent's constraint, and can only be dropped there.
    is_inherited: bool = False
    references: int = 0  #: oid of the table that a foreign key points to
    index: int = 0  #: oid of the index that a key rests on

    def is_not_null_of(self, column: int) -> bool:
        """From PostgreSQL 18 on, NOT NULL has a name."""
        return self.kind == "n" and self.columns == (column,)


@dataclass(frozen=True, slots=True)
class Index:
    oid: int
    name: str
    definition: str
    columns: tuple[int, ...]  #: 0 is an expression
    is_unique: bool = False
    #: NULL is as good as any other value: two of them conflict.
    nulls_conflict: bool = False
    constraint: int = 0


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    enabled: str  #: pg_trigger.tgenabled: O, D, R, A
    #: It may change a row before that is inserted or updated.
    is_before_row: bool = False
    #: Those that its WHEN names: they can be neither dropped nor retyped under it.
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    oid: int
    schema: str
    name: str
    kind: str = "r"  #: pg_class.relkind: r, p (partitioned), v, m, f
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    parents: tuple[int, ...] = ()
    rows: int = 0  #: estimate
    size_bytes: int = 0
    is_ours: bool = True  #: the connecting role may alter it

    @property
    def sql(self) -> str:
        return quote(self.schema, self.name)

    @property
    def called(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[Column, ...]:
        """The primary key's columns; none where the table has no primary key."""
        keys = (one.columns for one in self.constraints if one.kind == "p")
        return tuple(map(self.column, next(keys, ())))

    def column(self, number: int) -> Column:
        return next(column for column in self.columns if column.number == number)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`search_path`: the schemas in which an unqualified name of a migration is looked for."""

    tables: tuple[Table, ...]
    search_path: tuple[str, ...] = ("public",)
    #: Names of functions that exist more than once: a call may have become ambiguous.
    overloaded: frozenset[str] = frozenset()
    #: Names of functions that may change something: those that are VOLATILE.
    volatile: frozenset[str] = frozenset()
    #: Names of functions that are not the server's own.
    functions: frozenset[str] = frozenset()
    #: Schemas of which a publication sends every table.
    published: frozenset[str] = frozenset()
    #: As it says itself: 180001.
    server_version: int = 0

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    def table(self, oid: int) -> Table:
        return next(table for table in self.tables if table.oid == oid)

    def is_whole(self, table: Table) -> bool:
        """A table of its own: no view, and neither a parent nor a child of others."""
        has_parts = any(table.oid in one.parents for one in self.tables)
        return table.kind == "r" and not table.parents and not has_parts

    def with_partitions(self, oid: int) -> list[Table]:
        """The table, and all that inherit from it."""
        below = [t for table in self.tables if oid in table.parents for t in [table.oid]]
        return [self.table(oid), *(t for child in below for t in self.with_partitions(child))]


# --- what is to be done


class Mode(StrEnum):
    SHARED = "shared"  #: both releases' code works afterwards, but for what the plan warns of
    EXCLUSIVE = "exclusive"  #: the newer code does not: stragglers of it fail


class Code(StrEnum):
    """Why the database does not go back."""

    UNRECORDED = "unrecorded"
    TAMPERED = "tampered"
    NOT_NEWEST = "not_newest"
    DESTROYED = "data_already_destroyed"
    NO_DOWN = "no_down"
    UNSUPPORTED = "unsupported"
    BUDGET = "budget"
    PRIVILEGE = "privilege"
    LEFT_OVER = "left_over"
    MOVED = "moved"  #: the database is not as it was when the plan was made
    CONTRADICTION = "contradiction"  #: forward: rows that the newer rules do not allow
    NOT_ALLOWED = "not_allowed"  #: exclusive, and nobody chose that
    GUARD = "guard"  #: the step would have lost something; it was undone
    OTHER_DATABASE = "other_database"  #: restored, a branch, or not the one that our side knows


class Do(StrEnum):
    """What a step of a plan does. Each has its way back in lib/schema/undo.py."""

    DROP_NOT_NULL = "drop_not_null"
    SET_DEFAULT = "set_default"
    DROP_CONSTRAINT = "drop_constraint"
    DROP_INDEX = "drop_index"
    DISABLE_TRIGGER = "disable_trigger"
    RENAME_COLUMN = "rename_column"
    RENAME_TABLE = "rename_table"
    SET_SCHEMA = "set_schema"
    RETYPE = "retype"
    COPY_BACK = "copy_back"
    DELETE_ROWS = "delete_rows"
    KEEP_IN_STEP = "keep_in_step"
    WIDEN = "widen"
    NARROW = "narrow"  #: the way back of WIDEN


#: Under their locks, rows are read and written.
CHANGES_ROWS = (Do.COPY_BACK, Do.DELETE_ROWS)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, and all that its way back needs."""

    do: Do
    table: int
    sql: str
    #: For people: "guests.email may be empty".
    sentence: str
    column: int = 0
    name: str = ""  #: of the constraint, index, trigger; the new name of what is renamed
    #: What it was: definition, name, schema, type.
    before: str = ""
    #: As `before`: the index that a key is, and when it is checked.
    index: str = ""
    timing: str = ""
    #: oid of another table that is locked with it: what a foreign key points to.
    other: int = 0
    #: The way back, where it is derived with the plan: with the names that the newer code knows.
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    table: int
    sql: str  #: its qualified name
    mode: str = "ACCESS EXCLUSIVE"


@dataclass(frozen=True, slots=True)
class Read:
    """What the older code reads of a table that a plan touches."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    reason: str
    sentence: str = "Database stays as it is."


@dataclass(frozen=True, slots=True)
class Down:
    steps: tuple[Step, ...]
    mode: Mode
    locks: tuple[Lock, ...]
    reads: tuple[Read, ...]
    versions: tuple[str, ...]  #: that are rolled back, newest first
    ledger: tuple[str, ...]  #: of the app, as the plan was made for it
    standing: str  #: fingerprint of what earlier runs left
    #: Tables and columns that only the newer code knows, and that stay.
    kept: tuple[str, ...]
    #: Tables, and columns of others, that only the newer code knows: on the way forward, a row or
    #: value that points to what is gone may be quarantined there, and nowhere else.
    new_tables: tuple[int, ...]
    new_columns: tuple[tuple[int, int], ...]
    sentence: str
    #: Of a shared plan: where the newer code may fail all the same; "": nowhere that is known.
    warning: str = ""
    sha256: str = ""

    def sealed(self) -> "Down":
        """With its checksum: the same plan has the same one, and only the same plan."""
        plain = asdict(self) | {"sha256": ""}
        return replace(self, sha256=sha256(json.dumps(plain, sort_keys=True)))


@dataclass(frozen=True, slots=True)
class Refuse:
    code: Code
    reason: str
    remedy: str
    #: Nothing speaks against the older code on the present schema, but that nobody can tell: trying
    #: would show it.
    is_only_unproven: bool = False

    @property
    def sentence(self) -> str:
        return f"Database cannot go back: {self.reason}"

    @property
    def forward_sentence(self) -> str:
        return f"The database cannot come forward: {self.reason}"


Plan = Skip | Down | Refuse
