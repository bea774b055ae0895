-- Every flag is said outright. What this does is known to nobody who only reads it: a version that
-- leaves a flag out cannot add a shot any more.
-- migrate:up
DO $$
DECLARE
  flag record;
BEGIN
  FOR flag IN SELECT table_name, column_name FROM information_schema.columns
               WHERE table_schema = 'public' AND data_type = 'boolean' LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT', flag.table_name, flag.column_name);
  END LOOP;
END
$$;

-- migrate:down
ALTER TABLE shots ALTER COLUMN taken SET DEFAULT false;
