"""A small simulator of the platform: its REST API, its edge, its webhooks and its failures."""

from dev.platform.config import Config, Endpoint, Hosts
from dev.platform.server import Platform

__all__ = ["Config", "Endpoint", "Hosts", "Platform"]
