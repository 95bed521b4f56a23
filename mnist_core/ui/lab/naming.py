"""What a visitor does with a run besides training it: a name for it, or away with it."""

from __future__ import annotations

from mnist_core.errors import RefusedError
from mnist_core.server.payload import Payload
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.lab.views import GONE

MAX_NAME = 40  # letters
_JOINER = "\u200d"  # between the parts of an emoji


class NameRequest(Payload):
    run: int
    name: str


class DeleteRequest(Payload):
    """run: one of them; all of them where it is None."""

    run: int | None = None


def name(session: Session, request: NameRequest) -> Answer:
    """Call a run by a name of the visitor's, or by none."""
    run = session.find(request.run)
    if run is None:
        raise RefusedError("gone", GONE)
    # What has no look of its own would change how the letters beside it are written.
    seen = "".join(each for each in request.name if each.isprintable() or each == _JOINER).strip()
    if len(seen) > MAX_NAME:
        words = f"A name has at most {MAX_NAME} letters; this one has {len(seen):,}."
        raise RefusedError("name", words)
    run.rename(seen)
    return {"name": seen}


def delete(session: Session, request: DeleteRequest) -> Answer:
    """Forget a run, or all; one that is under way is ended first. Those that are gone stay so."""
    for run in list(session.runs):
        if request.run is None or run.id == request.run:
            session.delete(run)
    return {}
