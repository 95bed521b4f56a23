"""What an error looks like: one sentence that repeats nothing of the request."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.gate.requests import path_of, refusal
from mnist_core.server.gate.routes import known

log = logging.getLogger(__name__)

_SENTENCE = "The request could not be understood."


class Faults:
    """Answers 400 where `app` raises, or lists what is wrong with a request and so repeats it (422)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = replaced = False

        async def send_unless_it_repeats(message: Message) -> None:
            nonlocal begun, replaced
            if message["type"] == "http.response.start" and message["status"] == 422:
                begun = replaced = True
                await refusal(400, _SENTENCE)(scope, receive, send)
            if replaced:
                return
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_unless_it_repeats)
        except Exception as error:
            log.warning(
                "a request could not be answered",
                extra={"path": known(path_of(scope)), "error": type(error).__name__},
            )
            if begun:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await refusal(400, _SENTENCE)(scope, receive, send)
