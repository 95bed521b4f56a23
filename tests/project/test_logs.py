"""The log: JSON lines that hold what happened, and nothing that a visitor sent."""

from __future__ import annotations

import json
import logging

from mnist_core.logs import JsonLines


def line(**values: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "page", "levelname": "WARNING", "created": 0} | values)
    return json.loads(JsonLines().format(record))  # type: ignore[no-any-return]


def test_a_record_is_an_object_with_its_extras() -> None:
    assert line(msg="a worker died", run=3) == {
        "time": "1970-01-01T00:00:00Z",
        "level": "warning",
        "logger": "page",
        "event": "a worker died",
        "run": 3,
    }


def test_an_exception_is_told_without_its_message() -> None:
    try:
        raise KeyError("what a visitor sent")
    except KeyError as error:
        told = line(msg="failed", exc_info=(KeyError, error, error.__traceback__))
    assert told["error"] == "KeyError"
    assert "test_logs.py" in str(told["at"])
    assert "visitor" not in json.dumps(told)
