"""One JSON object per log line.

The platform's Python runtime sends `record.getMessage()` and ignores formatters and `extra`,
so the record's message itself must be the JSON.
"""

import copy
import json
import logging
import traceback

BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonMessage(logging.Filter):
    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a copy: the same record goes to every handler."""
        facts = {key: value for key, value in vars(record).items() if key not in BUILT_IN}
        line = copy.copy(record)
        if record.exc_info and record.exc_info[1]:
            facts["error"] = "".join(traceback.format_exception(record.exc_info[1]))
            line.exc_info = None
        line.msg = json.dumps(
            {"event": record.getMessage(), "logger": record.name, **facts}, default=str
        )
        line.args = None
        return line


def install() -> None:
    """Idempotent; called when a function is loaded.

    The HTTP libraries log one line per request at info: their noise would hide our transitions.
    """
    logging.getLogger("lib").setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(known, JsonMessage) for known in handler.filters):
            handler.addFilter(JsonMessage())
