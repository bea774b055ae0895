"""Ends what a test has set off."""

import asyncio
from typing import Any


async def end(task: asyncio.Task[Any]) -> None:
    """Cancelled, and waited for: else what it does to the very end opens what the test closes."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
