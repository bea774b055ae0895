-- How long each photograph takes. Required: a version that does not know the column cannot add a
-- shot any more. Reads the table through under its lock; it has a few dozen rows.
-- migrate:up
ALTER TABLE shots ADD COLUMN minutes int;
UPDATE shots SET minutes = 5 WHERE minutes IS NULL;
ALTER TABLE shots ALTER COLUMN minutes SET NOT NULL;

-- migrate:down
ALTER TABLE shots DROP COLUMN minutes;
