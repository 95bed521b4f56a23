"""The API as tools for language models: closed unless served, and under the page's own passwords."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import TOOLS, address_of, header_of, path_of, refuse
from mnist_core.server.rates import Buckets

#: Names and passwords that open the page; None where nobody is asked.
Accounts = Sequence[tuple[str, str]] | None

_ASK = {"WWW-Authenticate": 'Basic realm="Draw a digit", charset="UTF-8"'}


class Tools:
    """Answers 401 to a request for the tools without a name and password, where the page asks for them.

    Gradio asks for them everywhere else, by its sign-in. The tools' clients know headers alone: they send
    "Authorization: Basic". A wrong guess is counted in `guesses`, and 429 the answer to too many.
    """

    def __init__(self, app: ASGIApp, *, accounts: Accounts, guesses: Buckets) -> None:
        self.app = app
        self._accounts = [f"{name}:{password}".encode() for name, password in accounts or ()]
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._accounts or not is_tools(path_of(scope)):
            await self.app(scope, receive, send)
            return
        given, address = header_of(scope, b"authorization"), address_of(scope)
        if given is None:
            error = "Expected a name and a password, as HTTP's Basic authorization."
            await refuse(scope, receive, send, status=401, error=error, headers=_ASK)
        elif not self._guesses.take(address):
            error = "Too many wrong passwords. Wait a minute, please."
            await refuse(scope, receive, send, status=429, error=error)
        elif self._is_right(given):
            self._guesses.give_back(address)
            await self.app(scope, receive, send)
        else:
            error = "This name and password are not known here."
            await refuse(scope, receive, send, status=401, error=error, headers=_ASK)

    def _is_right(self, given: bytes) -> bool:
        scheme, _, credentials = given.partition(b" ")
        try:
            pair = base64.b64decode(credentials.strip(), validate=True)
        except binascii.Error:
            return False
        # Compared with each, however early one fits: how long it takes says nothing.
        fits = [hmac.compare_digest(pair, account) for account in self._accounts]
        return scheme.lower() == b"basic" and any(fits)


def is_tools(path: str) -> bool:
    """Whether the tools are asked for there."""
    return path == TOOLS or path.startswith(f"{TOOLS}/")
