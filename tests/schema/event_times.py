"""When an event begins, as text for older code and as a time for newer code."""

EVENTS = """
CREATE TABLE events (
  id text PRIMARY KEY, title text NOT NULL, starts text NOT NULL, kind text NOT NULL DEFAULT 'x');
INSERT INTO events VALUES ('ceremony', 'Ceremony', '16:00'), ('cake', 'Cake', '17:30')
"""
UP = """
ALTER TABLE events ADD COLUMN begins time;
UPDATE events SET begins = starts::time WHERE begins IS NULL;
ALTER TABLE events ALTER COLUMN begins SET NOT NULL;
ALTER TABLE events ALTER COLUMN starts DROP NOT NULL
"""
DOWN = """
UPDATE events SET starts = to_char(begins, 'HH24:MI')
 WHERE starts IS DISTINCT FROM to_char(begins, 'HH24:MI');
ALTER TABLE events ALTER COLUMN starts SET NOT NULL;
ALTER TABLE events DROP COLUMN begins
"""
BOTH = "SELECT starts, begins FROM events WHERE id = '{}'"


def of(app, event="ceremony"):
    return app.execute(BOTH.format(event))[0]
