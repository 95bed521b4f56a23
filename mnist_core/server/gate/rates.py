"""How often one address may ask."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.gate.requests import (
    PAGE_CALLS,
    PICTURE,
    SIGN_IN,
    WEIGHTS,
    address_of,
    path_of,
    refuse,
    stated_bytes,
)
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Buckets

# Bodies of more bytes are counted for each address: reading JSON holds everybody up.
_LARGE_BYTES = 16 * 2**10


class Rates:
    """Answers 429 to an address with too many requests to the API, bytes, or wrong passwords."""

    def __init__(self, app: ASGIApp, *, limits: Limits, guesses: Buckets) -> None:
        self.app = app
        self._api = Buckets(limits.api_requests_per_s)
        self._large = Buckets(limits.large_bytes_per_s)
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._within(scope):
            sentence = "Too many requests. Wait a moment, please."
            await refuse(scope, receive, send, status=429, error=sentence)
        elif scope["method"] == "POST" and path_of(scope) == SIGN_IN:
            await self._sign_in(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts before the answer is known, since many may guess at once; a right one is not counted."""
        address = address_of(scope)
        if not self._guesses.take(address):
            sentence = "Too many wrong passwords. Wait a minute, please."
            await refuse(scope, receive, send, status=429, error=sentence)
            return

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._guesses.give_back(address)
            await send(message)

        await self.app(scope, receive, send_and_count)

    def _within(self, scope: Scope) -> bool:
        address = address_of(scope)
        path = path_of(scope)
        of_the_api = scope["method"] == "POST" and path not in (PAGE_CALLS, WEIGHTS, PICTURE)
        if of_the_api and not self._api.take(address):
            return False
        # A class behind one address sends its photos at once, and nothing parses them where they arrive.
        size = 0 if path == PICTURE else stated_bytes(scope) or 0
        return size <= _LARGE_BYTES or self._large.take(address, size)
