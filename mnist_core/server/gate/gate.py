"""The gate: which routes there are, how much, how often, how safe.

Gradio brings routes along that this page has no use for, and answers a request that it can't read
with whatever its code raised. Here only the page's own routes are open, bodies are bounded before
anything is read from them, and an error is a fixed sentence that repeats nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.server.gate.bodies import BODY_S, Bodies
from mnist_core.server.gate.faults import Faults
from mnist_core.server.gate.forms import Forms, RoomForUploads
from mnist_core.server.gate.headers import SecurityHeaders
from mnist_core.server.gate.health import Health
from mnist_core.server.gate.hosts import Hosts
from mnist_core.server.gate.rates import Rates
from mnist_core.server.gate.routes import Routes
from mnist_core.server.gate.tools import Accounts, Tools
from mnist_core.server.limits import Limits
from mnist_core.server.rates import Buckets
from mnist_core.server.uploads import Uploads

# Wrong passwords of one address: a class that shares one mistypes some, who tries all gets nowhere.
_GUESSES = 10
_GUESSES_PER_S = 0.1


class Gate:
    """ASGI middleware around the whole page: all of this folder's, the first one outermost.

    `is_well` answers the health endpoint: 200 where it is true, else 503. A refused request gets
    404 (no such route), 405 (method), 411, 413 or 415 (body), 401 (no password), 429 (too often), 503
    (too much at once) or, where the page could not make sense of it, 400; always with one fixed
    sentence as {"error": ...}. What is uploaded finds room in `uploads`. The API's tools for language
    models are there where `tools` says so, and for those in `accounts` alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        is_well: Callable[[], bool],
        uploads: Uploads | None = None,
        tools: bool = False,
        accounts: Accounts = None,
        body_s: float = BODY_S,
    ) -> None:
        self._app = app
        inner = Faults(app if uploads is None else RoomForUploads(app, uploads=uploads))
        guesses = Buckets(_GUESSES_PER_S, most=_GUESSES)
        rated = Rates(
            Tools(inner, accounts=accounts, guesses=guesses), limits=limits, guesses=guesses
        )
        limited = Bodies(rated, limits=limits, body_s=body_s)
        routes = Routes(Hosts(Forms(limited)), tools=tools)
        self._gate = SecurityHeaders(Health(routes, is_well=is_well))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The page speaks HTTP alone; the server's own start and end come by "lifespan".
        if scope["type"] == "http":
            await self._gate(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
