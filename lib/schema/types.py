"""Which change of a type costs nothing and loses nothing. Pure."""

import re

ALIASES = {
    "character varying": "varchar",
    "character": "bpchar",
    "char": "bpchar",
    "int4": "integer",
    "int": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}
UNLIMITED = {"character": "bpchar", "char": "bpchar", "bit": "varbit"}
WRITTEN = re.compile(r"^(?P<base>[a-z0-9_ ]+?)\s*(?:\((?P<modifiers>[0-9, -]+)\))?$")


def parsed(name: str) -> tuple[str, tuple[int, ...]] | None:
    """varchar(5) -> ('varchar', (5,)); None: an array, or a type that is not the server's own."""
    found = WRITTEN.match(name)
    if found is None:
        return None
    modifiers = tuple(int(part) for part in (found["modifiers"] or "").split(",") if part.strip())
    return ALIASES.get(found["base"], found["base"]), modifiers


def is_same(one: str, other: str) -> bool:
    return parsed(one) is not None and parsed(one) == parsed(other)


def is_wider(wide: str, narrow: str) -> bool:
    """Every value of `narrow` is one of `wide`, stored the same: no rewrite, no index rebuilt."""
    match parsed(wide), parsed(narrow):
        case ("text" | "varchar", ()), ("varchar", _):
            return True
        case ("varchar", (more,)), ("varchar", (less,)):
            return more >= less
        case ("numeric", ()), ("numeric", _):
            return True
        case ("numeric", (more, scale)), ("numeric", (less, same)):
            return more >= less and scale == same
    return False


def base(name: str) -> str:
    """Without modifiers: a cast to varchar(5) would cut off what does not fit. Without them, char
    and bit hold a single one.
    """
    bare = re.sub(r"\([0-9, -]+\)", "", name)
    return re.sub(r"^(character|char|bit)(?=$|\[)", lambda found: UNLIMITED[found[0]], bare)
