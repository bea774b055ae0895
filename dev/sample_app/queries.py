"""What each version's code asks: as the first schema was, or as a migration made it.

The versions that bring a migration are alternatives, each built on `good`: going from one to
another leads over the way back.
"""

from dataclasses import dataclass, replace
from typing import LiteralString

from dev.sample_app.versions import (
    EVENT_NOTE,
    EVENT_TIMES,
    RENAMED_SHOTS,
    SHOT_MINUTES,
    SHOT_ONCE,
    UNTAKEN,
    VENDOR_ARRIVAL,
    VENDOR_NAMES,
    VENUE_DROPPED,
)


@dataclass(frozen=True)
class Queries:
    """`add_shot` gets more than it needs: what a statement does not name is left out."""

    wedding: LiteralString = """
SELECT id, couple, takes_place_on::text AS takes_place_on, venue FROM weddings LIMIT 1
"""
    events: LiteralString = """
SELECT id, title, place, starts_at, vendor_id FROM events ORDER BY starts_at, id
"""
    shots: LiteralString = """
SELECT id, event_id, subject, taken FROM shots ORDER BY event_id, id
"""
    vendors: LiteralString = "SELECT id, name, role, phone FROM vendors ORDER BY name"
    move_event: LiteralString = """
UPDATE events SET starts_at = %(starts_at)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, starts_at
"""
    add_event: LiteralString = """
INSERT INTO events (id, title, place, starts_at)
VALUES (%(id)s, %(title)s, %(place)s, %(starts_at)s)
RETURNING id, title, starts_at
"""
    note_event: LiteralString = """
UPDATE events SET note = %(note)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, note
"""
    take_shot: LiteralString = """
UPDATE shots SET taken = %(taken)s WHERE id = %(id)s RETURNING id, event_id, subject, taken
"""
    add_shot: LiteralString = """
INSERT INTO shots (id, event_id, subject) SELECT %(id)s, id, %(subject)s FROM events
 WHERE id = %(event_id)s
RETURNING id, event_id, subject, taken
"""
    rename_vendor: LiteralString = """
UPDATE vendors SET name = %(name)s WHERE id = %(id)s RETURNING id, name
"""
    expect_vendor: LiteralString = """
UPDATE vendors SET arrives_at = %(arrives_at)s WHERE id = %(id)s
RETURNING id, name, to_char(arrives_at, 'HH24:MI') AS arrives_at
"""


FIRST = Queries()

#: Migration -> what the code that came with it says instead.
NEWER: dict[str, dict[str, LiteralString]] = {
    EVENT_NOTE: {
        "events": """
SELECT id, title, place, starts_at, vendor_id, note FROM events ORDER BY starts_at, id
"""
    },
    VENDOR_ARRIVAL: {
        "vendors": """
SELECT id, name, role, phone, to_char(arrives_at, 'HH24:MI') AS arrives_at
  FROM vendors ORDER BY name
"""
    },
    SHOT_MINUTES: {
        "shots": "SELECT id, event_id, subject, taken, minutes FROM shots ORDER BY event_id, id",
        "add_shot": """
INSERT INTO shots (id, event_id, subject, minutes) SELECT %(id)s, id, %(subject)s, %(minutes)s
  FROM events WHERE id = %(event_id)s
RETURNING id, event_id, subject, taken, minutes
""",
    },
    SHOT_ONCE: {
        "add_shot": """
INSERT INTO shots (id, event_id, subject) SELECT %(id)s, id, %(subject)s FROM events
 WHERE id = %(event_id)s
ON CONFLICT (event_id, subject) DO UPDATE SET subject = excluded.subject
RETURNING id, event_id, subject, taken
"""
    },
    VENUE_DROPPED: {
        "wedding": "SELECT id, couple, takes_place_on::text AS takes_place_on FROM weddings LIMIT 1"
    },
    RENAMED_SHOTS: {
        "shots": "SELECT id, event_id, subject, taken FROM photos ORDER BY event_id, id",
        "take_shot": """
UPDATE photos SET taken = %(taken)s WHERE id = %(id)s RETURNING id, event_id, subject, taken
""",
        "add_shot": """
INSERT INTO photos (id, event_id, subject) SELECT %(id)s, id, %(subject)s FROM events
 WHERE id = %(event_id)s
RETURNING id, event_id, subject, taken
""",
    },
    UNTAKEN: {
        "add_shot": """
INSERT INTO shots (id, event_id, subject, taken) SELECT %(id)s, id, %(subject)s, false FROM events
 WHERE id = %(event_id)s
RETURNING id, event_id, subject, taken
"""
    },
    EVENT_TIMES: {
        "events": """
SELECT id, title, place, to_char(begins_at, 'HH24:MI') AS starts_at, vendor_id
  FROM events ORDER BY begins_at, id
""",
        "move_event": """
UPDATE events SET begins_at = %(starts_at)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, to_char(begins_at, 'HH24:MI') AS starts_at
""",
        "add_event": """
INSERT INTO events (id, title, place, begins_at)
VALUES (%(id)s, %(title)s, %(place)s, %(starts_at)s)
RETURNING id, title, to_char(begins_at, 'HH24:MI') AS starts_at
""",
    },
    VENDOR_NAMES: {
        "vendors": """
SELECT id, btrim(concat_ws(' ', given_name, family_name)) AS name, given_name, family_name,
       role, phone
  FROM vendors ORDER BY family_name, given_name
""",
        "rename_vendor": """
UPDATE vendors SET given_name = %(given_name)s, family_name = %(family_name)s WHERE id = %(id)s
RETURNING id, given_name, family_name
""",
    },
}


def queries_of(migrations: tuple[str, ...]) -> Queries:
    queries = FIRST
    for migration in migrations:
        queries = replace(queries, **NEWER.get(migration, {}))
    return queries
