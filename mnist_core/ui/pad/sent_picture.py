"""A picture that a visitor puts on the pad: read, and what was found in it sent back. Nothing is kept."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mnist_core.errors import PictureError
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture import FoundInk, extent
from mnist_core.ink.picture_file import NO_INK, read_picture
from mnist_core.server.application import Application
from mnist_core.server.gate.requests import PICTURE
from mnist_core.server.memory import give_back_memory
from mnist_core.ui.answers import Answer, answered

if TYPE_CHECKING:
    from mnist_core.models.classifier import Classifier, Reading

_BUSY = "Many pictures are being read here. Try again in a moment, please."
_LATE = "The picture took too long to come. A smaller one may do."

# Among a visitor's requests, a picture counts as so many: one from a phone takes half a second.
_COST = 100.0
# They are read one after the other, as a large one takes a few hundred MB; so many wait at most.
_MOST_WAITING = 16
# What goes back is for the pad, which is hardly larger.
_SIDE = 400
_NEVER_KEPT = {"Cache-Control": "no-store"}


def picture_route(application: Application) -> Route:
    """The route of pictures for the pad: the body is a file, the header "X-Session" holds the secret.

    The answer is {ok: true, picture, ink, box, image, images, said}: what was read, as a JPEG, and what of
    it was taken for ink, as the alpha of a PNG; [left, top, right, bottom] of that, as shares of its sides;
    the image that the model sees, 784 numbers of 32 bits; where it shows a number, those of its digits as
    the ready-made model parts them, and beside them what is `said` of them, as in `Reading`. All bytes are
    in base64. Or {ok: false, code, error}.
    """
    queue = _Queue(lambda: application.ready)

    def visit(request: Request) -> Answer:
        application.sessions.visit(request.headers.get("x-session"), cost=_COST)
        return {}

    async def serve(request: Request) -> Response:
        answer = answered(lambda: visit(request))
        try:
            # Whoever is refused misses the answer while they are still sending.
            file = await _body(request, keep=answer["ok"] is True)
            if answer["ok"]:
                answer = await queue.read(file, request)
        except TimeoutError:
            answer = {"ok": False, "code": "late", "error": _LATE}
        except ClientDisconnect:
            answer = {"ok": False, "code": "gone", "error": ""}  # nobody hears it
        return JSONResponse(answer, headers=_NEVER_KEPT)

    return Route(PICTURE, serve, methods=["POST"], name="picture")


async def _body(request: Request, *, keep: bool) -> io.BytesIO:
    file = io.BytesIO()
    async for piece in request.stream():
        if keep:
            file.write(piece)
    return file


class _Queue:
    """Reads one picture at a time, on a thread; those whose visitor has gone meanwhile are left."""

    def __init__(self, classifier: Callable[[], Classifier]) -> None:
        self._classifier = classifier
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def read(self, file: io.BytesIO, request: Request) -> Answer:
        if self._waiting >= _MOST_WAITING:
            return {"ok": False, "code": "busy", "error": _BUSY}
        self._waiting += 1
        try:
            async with self._turn:
                if await request.is_disconnected():
                    raise ClientDisconnect
                return await asyncio.to_thread(answered, lambda: found_in(file, self._classifier()))
        finally:
            self._waiting -= 1


def found_in(file: io.BytesIO, classifier: Classifier) -> Answer:
    """What is found in a picture file, as the page shows it; `PictureError` where there is nothing."""
    try:
        reading = classifier.read(Ink.from_image(read_picture(file)))
    finally:
        give_back_memory()
    ink = reading.ink
    if ink.found is None:
        raise PictureError(NO_INK)
    return {
        "picture": _base64(_encoded(_sheet(ink.found.picture), "JPEG")),
        "ink": _base64(_encoded(_transparent(ink.found.ink), "PNG")),
        "box": _box(ink.found),
        "image": _floats(ink.to_image()),
        **_digits(reading),
    }


def _digits(reading: Reading) -> Answer:
    if len(reading.digits) < 2:
        return {"images": [], "said": []}
    return {
        "images": [_floats(digit.image) for digit in reading.digits],
        "said": [said if said is None else said.round(4).tolist() for said in reading.said],
    }


def _floats(image: NDArray[np.float32]) -> str:
    return _base64(image.astype("<f4").tobytes())


def _sheet(values: NDArray[np.floating]) -> Image.Image:
    """Values in [0, 1] as a picture of grey levels, no larger than the pad."""
    levels = (np.clip(values, 0.0, 1.0) * 255).round().astype(np.uint8)
    sheet = Image.fromarray(levels)
    sheet.thumbnail((_SIDE, _SIDE))
    return sheet


def _transparent(ink: NDArray[np.floating]) -> Image.Image:
    """Black ink on nothing."""
    alpha = _sheet(ink)
    return Image.merge("LA", (Image.new("L", alpha.size), alpha))


def _box(found: FoundInk) -> list[float]:
    height, width = found.ink.shape
    rows, columns = extent(found.ink)
    shares = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
    return [round(float(share), 4) for share in shares]


def _encoded(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
