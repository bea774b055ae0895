"""What each version's code asks: as the first schema was, or as a migration made it.

The versions that bring a migration are alternatives, each built on `good`: going from one to
another leads over the way back.
"""

from dataclasses import dataclass, replace
from typing import LiteralString

from dev.sample_app.versions import (
    RENAMED_SHOTS,
    SHOT_MINUTES,
    SHOT_ONCE,
    UNTAKEN,
    VENDOR_ARRIVAL,
    VENUE_DROPPED,
)


@dataclass(frozen=True)
class Queries:
    """`add_shot` gets more than it needs: what a statement does not name is left out."""

    wedding: LiteralString = """
SELECT id, couple, takes_place_on::text AS takes_place_on, venue FROM weddings LIMIT 1
"""
    events: LiteralString = """
SELECT to_jsonb(events) - 'changed_at' - 'starts_at'
       || jsonb_build_object('starts_at', to_char(starts_at, 'HH24:MI')) AS event
  FROM events ORDER BY starts_at, id
"""
    shots: LiteralString = """
SELECT id, event_id, subject, taken FROM shots ORDER BY event_id, id
"""
    vendors: LiteralString = "SELECT id, name, role, phone FROM vendors ORDER BY name"
    move_event: LiteralString = """
UPDATE events SET starts_at = %(starts_at)s, changed_at = now() WHERE id = %(id)s
RETURNING id, title, to_char(starts_at, 'HH24:MI') AS starts_at
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
    expect_vendor: LiteralString = """
UPDATE vendors SET arrives_at = %(arrives_at)s WHERE id = %(id)s
RETURNING id, name, to_char(arrives_at, 'HH24:MI') AS arrives_at
"""


FIRST = Queries()

#: Migration -> what the code that came with it says instead.
NEWER: dict[str, dict[str, LiteralString]] = {
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
}


def queries_of(migrations: tuple[str, ...]) -> Queries:
    queries = FIRST
    for migration in migrations:
        queries = replace(queries, **NEWER.get(migration, {}))
    return queries
