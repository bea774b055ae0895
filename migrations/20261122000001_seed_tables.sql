-- The three tables of the original specification, exactly as given there.
-- Locks: none that matters, the tables are new.

-- migrate:up

-- Deployment history tracking
CREATE TABLE IF NOT EXISTS deployment_history (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  timestamp TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
  git_sha VARCHAR(40) NOT NULL,
  vercel_deployment_id VARCHAR(100) NOT NULL,
  db_migration_version VARCHAR(50) NOT NULL,
  environment_variables JSONB DEFAULT '{}',
  health_check_status VARCHAR(20) DEFAULT 'unknown' CHECK (health_check_status IN ('passing', 'failing', 'unknown')),
  rollback_target BOOLEAN DEFAULT false,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);

-- Health check table for monitoring
CREATE TABLE IF NOT EXISTS health_check (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);

-- Feature flag rollback tracking
CREATE TABLE IF NOT EXISTS feature_rollbacks (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  feature_name VARCHAR(100) NOT NULL,
  rolled_back_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
  previous_state VARCHAR(20) NOT NULL,
  reason TEXT,
  rolled_back_by VARCHAR(100) NOT NULL,
  restored_at TIMESTAMP WITH TIME ZONE NULL
);

-- migrate:down

DROP TABLE feature_rollbacks;
DROP TABLE health_check;
DROP TABLE deployment_history;
