"""The log of the server and its workers: JSON objects, a line each.

No drawing, no secret and no visitor's words are in it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from typing import Any

# What a record has of its own; the rest was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as {"time", "level", "logger", "event", ...}, with what was given as `extra`.

    Of an exception it tells the type and the places in the code. Its message may hold what a visitor
    sent, and so stays out.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        # Libraries put values of their own into records, under names that begin with "_".
        line |= {
            name: value
            for name, value in vars(record).items()
            if name not in _OWN and not name.startswith("_")
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json(level: int) -> None:
    """Sends all of this process's log to stderr as JSON lines, what other packages set up included."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.startswith("uvicorn"):
            logger.handlers.clear()
            logger.propagate = True
    logging.captureWarnings(True)
    threading.excepthook = _log_end_of_thread
    # It tells of each broken form byte by byte.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_value is None or end.exc_type is SystemExit:
        return
    logging.getLogger(__name__).error(
        "a thread broke off", exc_info=(end.exc_type, end.exc_value, end.exc_traceback)
    )
