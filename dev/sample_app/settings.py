"""What a deployment was given when it was released. Read once, at the start."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    version: str
    deployment_id: str
    database_url: str
    redis_url: str
    redis_token: str
    stripe_url: str
    stripe_key: str
    flags_url: str
    flags_token: str


def read_settings() -> Settings:
    get = os.environ.get
    is_live = get("VERCEL_ENV") == "production"
    return Settings(
        version=get("APP_VERSION", "good"),
        deployment_id=get("VERCEL_DEPLOYMENT_ID", "local"),
        database_url=get("DATABASE_URL", ""),
        redis_url=get("UPSTASH_REDIS_REST_URL", ""),
        redis_token=get("UPSTASH_REDIS_REST_TOKEN", ""),
        stripe_url=get("STRIPE_API_URL", ""),
        stripe_key=get("STRIPE_SECRET_KEY", ""),
        flags_url=get("FLAGS_URL", ""),
        flags_token=get("FLAGS_TOKEN" if is_live else "FLAGS_TOKEN_STAGING", ""),
    )
