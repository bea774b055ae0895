"""The HTTP edge: one URL per function, errors as problems, bodies as models."""

from lib.web.endpoint import Reply, below, endpoint
from lib.web.reading import (
    read_body,
    read_environment,
    read_idempotency_key,
    read_last_segment,
    read_part,
    read_query,
    read_raw,
    read_union,
)

__all__ = [
    "Reply",
    "below",
    "endpoint",
    "read_body",
    "read_environment",
    "read_idempotency_key",
    "read_last_segment",
    "read_part",
    "read_query",
    "read_raw",
    "read_union",
]
