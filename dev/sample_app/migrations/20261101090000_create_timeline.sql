-- The tables of a wedding day, with one wedding in them. New tables only: no lock anybody waits for.
-- An event starts at a text, such as '16:00': what a first version gets away with.
-- migrate:up
CREATE TABLE weddings (
  id        text PRIMARY KEY,
  couple    text NOT NULL,
  takes_place_on date NOT NULL,
  venue     text NOT NULL
);

CREATE TABLE vendors (
  id      text PRIMARY KEY,
  name    text NOT NULL,
  role    text NOT NULL,
  phone   text NOT NULL
);

CREATE TABLE events (
  id        text PRIMARY KEY,
  title     text NOT NULL,
  place     text NOT NULL,
  starts_at text NOT NULL,
  vendor_id text REFERENCES vendors (id),
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shots (
  id       text PRIMARY KEY,
  event_id text NOT NULL REFERENCES events (id),
  subject  text NOT NULL,
  taken    boolean NOT NULL DEFAULT false
);

INSERT INTO weddings VALUES ('mia-and-tom', 'Mia & Tom', '2026-11-28', 'Orchard House');

INSERT INTO vendors VALUES
  ('coordinator', 'Grace Okafor', 'Venue coordinator', '+44 20 7946 0101'),
  ('photographer', 'Lena Hart', 'Photographer', '+44 20 7946 0102'),
  ('florist', 'Petal & Stem', 'Florist', '+44 20 7946 0103'),
  ('caterer', 'The Long Table', 'Caterer', '+44 20 7946 0104'),
  ('band', 'The Night Owls', 'Band', '+44 20 7946 0105');

INSERT INTO events (id, title, place, starts_at, vendor_id) VALUES
  ('flowers', 'Flowers arrive', 'Barn', '13:00', 'florist'),
  ('portraits', 'Portraits of the couple', 'Orchard', '14:30', 'photographer'),
  ('ceremony', 'Ceremony', 'Walled garden', '16:00', 'coordinator'),
  ('reception', 'Drinks reception', 'Terrace', '17:00', 'caterer'),
  ('cake', 'Cutting the cake', 'Terrace', '17:30', 'caterer'),
  ('dinner', 'Dinner', 'Barn', '18:30', 'caterer'),
  ('first-dance', 'First dance', 'Barn', '20:30', 'band');

INSERT INTO shots (id, event_id, subject) VALUES
  ('rings', 'portraits', 'The rings on the stone wall'),
  ('couple-orchard', 'portraits', 'The couple under the old pear tree'),
  ('aisle', 'ceremony', 'Walking down the aisle'),
  ('vows', 'ceremony', 'The vows, from the left'),
  ('grandparents', 'reception', 'Both pairs of grandparents'),
  ('cake', 'dinner', 'Cutting the cake');

-- migrate:down
DROP TABLE shots, events, vendors, weddings;
