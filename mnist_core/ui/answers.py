"""How the page's scripts are answered: {ok: true, ...}, or {ok: false, code, error} with a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from mnist_core.errors import RefusedError, StrokesError
from mnist_core.server.payload import Payload, Request, parsed
from mnist_core.server.session import Session
from mnist_core.server.sessions import Sessions

log = logging.getLogger(__name__)

#: What is sent as JSON.
Answer = dict[str, object]
#: What a component's script calls by name.
ServerFunction = Callable[[Any], Any]

_QUICK = "answers_at_once"
_INTERNAL = "Something went wrong here, not at yours. Try again."


class FromVisitor(Payload):
    """What every request holds: the visitor's secret, whose other values are nobody's."""

    token: object = None


def answered(answer: Callable[[], Answer]) -> Answer:
    """What `answer` gives, or what the page needs to know of its error; never raises."""
    try:
        return {"ok": True} | answer()
    except RefusedError as refusal:
        return {"ok": False, "code": refusal.code, "error": str(refusal)}
    except Exception:
        log.exception("a request could not be answered")
        return {"ok": False, "code": "internal", "error": _INTERNAL}


def serve(
    sessions: Sessions,
    name: str,
    kind: type[Request],
    answer: Callable[[Session, Request], Answer],
    *,
    cost: float = 1.0,
    quick: bool = False,
) -> ServerFunction:
    """The server function `name` for the visitor whose secret comes with a request of that `kind`.

    cost: how many of the visitor's requests it counts as. quick: it takes about a millisecond, so it
    runs where requests arrive; others run on threads, and leave the pad's predictions alone.
    """

    def of_a_visitor(payload: object) -> Answer:
        token = parsed(FromVisitor, payload).token
        session = sessions.visit(token, cost=cost)
        return answer(session, parsed(kind, payload))

    def threaded(payload: Any) -> Answer:
        return answered(lambda: of_a_visitor(payload))

    async def at_once(payload: Any) -> Answer:
        return answered(lambda: of_a_visitor(payload))

    function = at_once if quick else threaded
    function.__name__ = name
    setattr(function, _QUICK, quick)  # on a function, Gradio's wrapper of it has it too
    return function


def is_quick(function: object) -> bool:
    """Whether that is a function that `serve` made `quick`."""
    return getattr(function, _QUICK, False) is True


def api_error(error: RefusedError) -> gr.Error:
    """The error as the API tells it: what was expected, where there is more to say than to a visitor."""
    sentence = error.expected if isinstance(error, StrokesError) else str(error)
    return gr.Error(sentence, print_exception=False)
