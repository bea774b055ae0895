"""Our own Postgres and Redis, and the app's database."""

from pydantic import Field, SecretStr

from lib.settings.kinds import Group, PostgresAddress, named


class Databases(Group):
    database_url: PostgresAddress = Field(
        validation_alias=named("DATABASE_URL", "POSTGRES_URL"),
        description="Our own Postgres; the pooled address of an integration is fine.",
    )
    database_url_unpooled: PostgresAddress | None = Field(
        None,
        validation_alias=named("DATABASE_URL_UNPOOLED", "POSTGRES_URL_NON_POOLING"),
        description="The same database without a pooler, for migrations. Unset: `DATABASE_URL`.",
    )
    app_database_url: PostgresAddress | None = Field(
        None,
        validation_alias="APP_DATABASE_URL",
        description="The app's own database, unpooled, as the owner of its tables: its migration "
        "ledger is read there, and a rollback takes it back where older code needs that. "
        "Unset: the app has no database that a rollback would have to care for.",
    )
    end_app_sessions: bool = Field(
        default=False,
        validation_alias="END_APP_SESSIONS",
        description="`true`: a rollback may end sessions of the app's database role: those that "
        "sleep in a transaction while it waits for their locks, and idle ones once a column has "
        "another name or type, whose prepared statements would fail (docs/database.md).",
    )
    redis_url: str | None = Field(
        None,
        validation_alias=named("UPSTASH_REDIS_REST_URL", "KV_REST_API_URL"),
        description="Upstash REST address for progress. Unset: Postgres alone answers.",
    )
    redis_token: SecretStr | None = Field(
        None,
        validation_alias=named("UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN"),
        description="Token of that address.",
    )
