"""The API's endpoints, described so that the page's "Use via API" shows what can be run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradio.components.api_component import Api
from gradio.context import get_blocks_context
from gradio.events import api

Schema = dict[str, Any]

#: A 7 as it is sent: strokes of [x, y], y down.
SEVEN = [[[20, 20], [80, 20], [45, 110]]]
#: A 7 and a 1 beside it.
SEVENTY_ONE = [*SEVEN, [[120, 20], [115, 110]]]
PICTURE = {"path": "photo.png", "meta": {"_type": "gradio.FileData"}, "orig_name": "photo.png"}

ANSWER: Schema = {
    "type": "object",
    "description": "digit: 0 to 9, or null for blank ink and 'not a digit'. probabilities: ten, for "
    "the digits 0 to 9, summing to 1. digit_likeness: 0 to 1, low means 'not a digit'. words: the "
    "answer as the page says it.",
    "properties": {
        "digit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "probabilities": {"type": "array", "items": {"type": "number"}},
        "digit_likeness": {"type": "number"},
        "words": {"type": "string"},
    },
    "required": ["digit", "probabilities", "digit_likeness", "words"],
}

READING: Schema = {
    "type": "object",
    "description": 'text: the number, "2026", or "" for blank ink and where something is no digit. digits: '
    "from left to right, each with its probabilities as /predict has them, and its box: left, top, right "
    "and bottom, in the units of the strokes or as shares of the picture's sides. confidence: 0 to 1, "
    "that all are right. words: the answer as the page says it.",
    "properties": {
        "text": {"type": "string"},
        "digits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "digit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "probabilities": {"type": "array", "items": {"type": "number"}},
                    "digit_likeness": {"type": "number"},
                    "box": {"type": "array", "items": {"type": "number"}},
                },
                "required": ["digit", "probabilities", "digit_likeness", "box"],
            },
        },
        "confidence": {"type": "number"},
        "words": {"type": "string"},
    },
    "required": ["text", "digits", "confidence", "words"],
}


def endpoint(
    function: Callable[..., Any],
    *,
    name: str,
    description: str,
    parameter: str,
    example: Any,
    returns: Schema = ANSWER,
) -> None:
    """`function`, of one parameter, as `/name` of the API.

    `parameter` describes what it takes, `example` is what the page's snippets send.
    """
    event = api(function, api_name=name, api_description=description, queue=False)
    blocks = get_blocks_context()
    assert blocks is not None
    block_fn = blocks.fns[event["id"]]
    (taken,), (given,) = block_fn.inputs, block_fn.outputs
    if isinstance(taken, Api) and isinstance(given, Api):
        # Gradio knows no types but plain ones, and has no words for them.
        taken._api_info = {**taken._api_info, "additional_description": parameter}
        # Not as its value, which would be a default: the parameter is needed.
        taken.example_payload = taken.example_value = lambda: example  # type: ignore[method-assign]
        given._api_info = returns
        given.label = "answer"
