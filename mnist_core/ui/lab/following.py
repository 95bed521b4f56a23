"""A training from the page: started, steered, and followed as it learns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mnist_core.errors import RefusedError
from mnist_core.server.limits import Limits
from mnist_core.server.payload import Payload
from mnist_core.server.runs import CROWDED
from mnist_core.server.session import Session
from mnist_core.server.setup import LIVE_FIELDS, parse_setup
from mnist_core.ui.answers import Answer
from mnist_core.worker.messages import Pause, Resume, Step

_TO_A_RUN: dict[str, type[Pause | Resume | Step]] = {
    "pause": Pause,
    "resume": Resume,
    "step": Step,
}

_Visit = Annotated[str, Field(max_length=40)] | None
_Count = Annotated[int, Field(ge=0)]


class Known(Payload):
    """How much of a run the page has already."""

    run: int
    points: _Count = 0
    measures: _Count = 0
    rewinds: _Count = 0  # of the run, when the page got them


class PollRequest(Payload):
    """known: the page's newest run. all: it has nothing yet. hidden: it is in the background.

    visit: which opening of the page asks.
    """

    known: Known | None = None
    all: bool = False
    hidden: bool = False
    visit: _Visit = None


class StartRequest(Payload):
    """A set-up, which `parse_setup` reads."""

    setup: object = None
    paused: bool = False
    visit: _Visit = None


class OrderRequest(Payload):
    order: Literal["pause", "resume", "step", "stop", "reset"]


class ChangeRequest(Payload):
    """Fields of the set-up that change while it trains."""

    values: dict[str, object]


class LeaveRequest(Payload):
    visit: _Visit = None


def poll(session: Session, request: PollRequest) -> Answer:
    """What is new: summaries of the runs, and the newest run's points from the cursors on."""
    session.presence.follow(hidden=request.hidden, visit=request.visit)
    answer: Answer = {
        "model": session.has_model,
        "loaded": None if session.loaded is None else session.loaded.summary(),
        "shown": session.shown,
        "opened": session.opened,
        "runs": [each.summary() for each in session.runs],
        "queue": session.queued(),
    }
    run, known = session.run, request.known
    if run is None:
        return answer
    if request.all:
        history = {
            str(each.id): {
                "points": each.points,
                "measures": each.measures,
                "losses": each.epoch_losses,
            }
            for each in session.runs
        }
        return answer | {"history": history}
    rewinds = run.rewinds  # before the rest: what is taken back meanwhile is told the next time
    if known is None or (known.run, known.rewinds) != (run.id, rewinds):
        known = Known(run=run.id)
    # The last one may have been measured anew.
    measures = max(0, min(known.measures, len(run.measures) - 1))
    fresh = {
        "run": run.id,
        "from": [known.points, measures],
        "points": run.points[known.points :],
        "measures": run.measures[measures:],
        "losses": run.epoch_losses,
    }
    return answer | {"fresh": fresh}


def start(session: Session, request: StartRequest, *, limits: Limits) -> Answer:
    setup = parse_setup(request.setup, limits=limits)
    session.presence.follow(visit=request.visit)
    run = session.start(setup, paused=request.paused)
    if run is None:
        raise RefusedError("full", CROWDED)
    return {"run": run.id}


def order(session: Session, request: OrderRequest) -> Answer:
    match request.order:
        case "stop":
            session.stop()
        case "reset":
            session.reset()
        case "pause" | "resume" | "step" as kind:
            session.order(_TO_A_RUN[kind])
    return {}


def change(session: Session, request: ChangeRequest, *, limits: Limits) -> Answer:
    """Go on with other settings; a training that is over stays as it is."""
    run = session.run
    if run is None or not run.active:
        return {}
    live = {name: value for name, value in request.values.items() if name in LIVE_FIELDS}
    session.change(parse_setup(live, limits=limits, onto=run.setup))
    return {}


def leave(session: Session, request: LeaveRequest) -> Answer:
    session.presence.leave(visit=request.visit)
    return {}
