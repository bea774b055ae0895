-- The same photograph is listed once for an event. A version that adds it again without looking
-- fails. Writers wait while the index is built; the table has a few dozen rows.
-- migrate:up
ALTER TABLE shots ADD CONSTRAINT shots_once UNIQUE (event_id, subject);

-- migrate:down
ALTER TABLE shots DROP CONSTRAINT shots_once;
