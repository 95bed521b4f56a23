"""How often one address may ask."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.requests import PAGE_CALLS, path_of, refuse, stated_bytes
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Buckets

# Bodies of more bytes are counted for each address: reading JSON holds everybody up.
_LARGE_BYTES = 16 * 2**10


class Rates:
    """Answers 429 to an address with too many requests to the API, or too many bytes."""

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self.app = app
        self._api = Buckets(limits.api_requests_per_s)
        self._large = Buckets(limits.large_bytes_per_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._within(scope):
            await self.app(scope, receive, send)
        else:
            sentence = "Too many requests. Wait a moment, please."
            await refuse(scope, receive, send, status=429, error=sentence)

    def _within(self, scope: Scope) -> bool:
        address = scope["client"][0] if scope.get("client") else ""
        of_the_api = scope["method"] == "POST" and path_of(scope) != PAGE_CALLS
        if of_the_api and not self._api.take(address):
            return False
        size = stated_bytes(scope) or 0
        return size <= _LARGE_BYTES or self._large.take(address, size)
