"""A visitor's own weights, for the network that answers in their browser."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mnist_core.errors import RefusedError
from mnist_core.server.gate.requests import WEIGHTS
from mnist_core.server.payload import Payload, parsed, unexpected
from mnist_core.server.runs import MAX_TRAVELLING_BYTES
from mnist_core.server.session import Session
from mnist_core.server.sessions import Sessions
from mnist_core.ui.answers import Answer, FromVisitor, answered
from mnist_core.ui.static import in_pieces

# Among a visitor's requests, weights count as one for each so many bytes.
_BYTES_OF_A_REQUEST = 256 * 2**10
_NEVER_KEPT = {"Cache-Control": "no-store"}


class WeightsRequest(Payload):
    """run: of the visitor's trainings, or the model that they loaded, by its id.

    step: of a kept moment of the run; None for its newest weights.
    """

    run: int
    step: int | None = None


def weights_route(sessions: Sessions) -> Route:
    """The route of a visitor's own weights: a checkpoint, or {ok: false, code, error} as JSON.

    Asked by POST, since a secret has no place in an address. The headers "X-Step" and "X-Version" say
    which weights they are; of a run's newest weights, a higher version is the later one.
    """

    async def serve(request: Request) -> Response:
        body = await request.body()
        response: Response | None = None

        def answer() -> Answer:
            nonlocal response
            response = _answer(sessions, body)
            return {}

        refusal = answered(answer)
        return response or JSONResponse(refusal, headers=_NEVER_KEPT)

    return Route(WEIGHTS, serve, methods=["POST"], name="weights")


def _answer(sessions: Sessions, body: bytes) -> Response:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise unexpected() from None
    session = sessions.visit(parsed(FromVisitor, payload).token)
    return _weights(session, parsed(WeightsRequest, payload))


def _weights(session: Session, request: WeightsRequest) -> Response:
    loaded = session.loaded
    is_loaded = loaded is not None and loaded.id == request.run
    source = loaded if is_loaded else session.find(request.run)
    if source is None:
        raise RefusedError("gone", "There is no such model any more.")
    found = source.hand_out(request.step)
    if found is None or not 0 < len(found[0].weights) <= MAX_TRAVELLING_BYTES:
        raise RefusedError(
            "gone",
            f"These weights are not kept, or take more than {MAX_TRAVELLING_BYTES >> 20} MB.",
        )
    snapshot, weights = found
    session.charge(len(snapshot.weights) // _BYTES_OF_A_REQUEST)
    headers = {**_NEVER_KEPT, "X-Step": str(snapshot.step), "X-Version": str(weights.version)}
    return in_pieces(snapshot.weights, headers=headers)
