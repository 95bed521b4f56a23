"""The Train tab: the laboratory's component and the server functions behind it."""

from __future__ import annotations

import base64
import binascii
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_core.models.checkpoints import dump_checkpoint, load_checkpoint
from mnist_core.server.runs import CROWDED, Run, first_layer
from mnist_core.server.session import Session, VisitorError
from mnist_core.server.sessions import Sessions
from mnist_core.server.setup import LIVE_FIELDS, SetupError, controls, parse_setup
from mnist_core.ui.component import component, read_asset

log = logging.getLogger(__name__)

_WEIGHT_PICTURES = 40  # units of the first layer that the page shows
_MISTAKES = 24  # pictures of one cell of the confusion matrix
_ORDERS = ("pause", "resume", "step", "stop", "reset")
_LOADER = "use_model.py"

Payload = dict[str, Any]
Answer = dict[str, Any]
Function = Callable[[Session, Payload], Answer]


class RefusedError(Exception):
    """A request that can't be met; the message is the sentence that the page shows."""

    def __init__(self, sentence: str, code: str = "refused") -> None:
        super().__init__(sentence)
        self.code = code


def lab_tab(sessions: Sessions) -> None:
    """Lays out the laboratory; to be called inside its tab."""
    component(
        "lab/lab",
        elem_id="lab",
        server_functions=server_functions(sessions),
        controls=controls(sessions.limits),
    )


def server_functions(sessions: Sessions) -> list[Callable[..., Any]]:
    """What the page's script calls: each takes {token, ...} and answers {ok, ...}, never raising."""

    def start(session: Session, payload: Payload) -> Answer:
        setup = parse_setup(payload.get("setup"), limits=sessions.limits)
        session.touch()
        run = session.start(setup, paused=payload.get("paused") is True)
        if run is None:
            raise RefusedError(CROWDED, "full")
        return {"run": run.id}

    def change(session: Session, payload: Payload) -> Answer:
        return _change(sessions, session, payload)

    def views(session: Session, payload: Payload) -> Answer:
        return _views(sessions, session, payload)

    def mistakes(session: Session, payload: Payload) -> Answer:
        return _mistakes(sessions, session, payload)

    def upload(session: Session, payload: Payload) -> Answer:
        return _upload(session, payload, limit_bytes=sessions.limits.upload_bytes)

    answers: dict[str, Function] = {
        "lab_poll": _poll,
        "lab_order": _order,
        "lab_set": change,
        "lab_leave": _leave,
        "lab_show": _show,
        "lab_start": start,
        "lab_views": views,
        "lab_mistakes": mistakes,
        "lab_download": _download,
        "lab_upload": upload,
    }
    return [_served(sessions, name, function) for name, function in answers.items()]


def _served(sessions: Sessions, name: str, function: Function) -> Callable[..., Any]:
    """`function` as Gradio calls it: with the session looked up and every error an answer."""

    def answer(payload: Any) -> Answer:
        try:
            if not isinstance(payload, dict):
                raise RefusedError("The page sent something that does not belong here.")
            session = sessions.visit(payload.get("token"))
            return {"ok": True} | function(session, payload)
        except (RefusedError, VisitorError) as refusal:
            return {"ok": False, "error": str(refusal), "code": refusal.code}
        except SetupError as error:
            return {"ok": False, "error": str(error), "code": "setup"}
        except Exception:
            log.exception("a request of the laboratory failed")
            sentence = "That did not work. Please try again."
            return {"ok": False, "error": sentence, "code": "internal"}

    async def quick_answer(payload: Any) -> Answer:
        return answer(payload)

    # Starting may wait for a process and models may be large; the others take a millisecond.
    quick = name in ("lab_poll", "lab_order", "lab_set", "lab_leave", "lab_show", "lab_views")
    served = quick_answer if quick else answer
    served.__name__ = name
    return served


def _poll(session: Session, payload: Payload) -> Answer:
    """What is new: summaries of the runs, and the newest run's points from the cursors on."""
    session.touch(hidden=payload.get("hidden") is True)
    run = session.run
    known = payload.get("known")
    answer: Answer = {
        "model": session.has_model,
        "loaded": session.loaded is not None,
        "shown": session.shown,
        "runs": [each.summary() for each in session.runs],
        "queue": session.queued(),
    }
    if run is None:
        return answer
    if payload.get("all") is True:
        answer["history"] = {
            str(each.id): {"points": each.points, "measures": each.measures}
            for each in session.runs
        }
        return answer
    points, measures = 0, 0
    if isinstance(known, dict) and known.get("run") == run.id:
        points, measures = _whole(known.get("points")), _whole(known.get("measures"))
    answer["fresh"] = {
        "run": run.id,
        "from": [points, measures],
        "points": run.points[points:],
        "measures": run.measures[measures:],
    }
    return answer


def _order(session: Session, payload: Payload) -> Answer:
    kind = payload.get("order")
    if kind not in _ORDERS:
        raise RefusedError("There is no such order.")
    if kind == "stop":
        session.stop()
    elif kind == "reset":
        session.reset()
    else:
        session.order(kind)
    return {}


def _change(sessions: Sessions, session: Session, payload: Payload) -> Answer:
    run, values = session.run, payload.get("values")
    if run is None or not run.active or not isinstance(values, dict):
        return {}
    live = {name: value for name, value in values.items() if name in LIVE_FIELDS}
    run.change(parse_setup(live, limits=sessions.limits, onto=run.setup))
    config = run.setup.train_config()
    session.order("set", train={name: getattr(config, name) for name in config.__slots__})
    return {}


def _leave(session: Session, payload: Payload) -> Answer:
    session.leave()
    return {}


def _show(session: Session, payload: Payload) -> Answer:
    """Let a moment of a run answer for the drawing, or its newest weights."""
    run, moment = _moment(session, payload)
    session.show(run, moment)
    return {}


def _views(sessions: Sessions, session: Session, payload: Payload) -> Answer:
    """The confusion matrix, accuracy and first-layer weights of a moment."""
    run, moment = _moment(session, payload)
    answer: Answer = {"run": run.id, "moment": moment}
    snapshot = run.at(moment)
    if snapshot is not None:
        rows = first_layer(snapshot.weights, count=_WEIGHT_PICTURES)
        scale = float(np.abs(rows).max()) or 1.0
        values = np.round(rows / scale * 127).astype(np.int8)
        answer |= {
            "step": snapshot.step,
            "weights": base64.b64encode(values.tobytes()).decode(),
            "scale": scale,
        }
    found = _found(sessions, run, moment)
    if found is not None:
        predictions, labels, _ = found
        counts = np.bincount(labels.astype(np.int64) * 10 + predictions, minlength=100)
        answer["matrix"] = counts.tolist()
        answer["accuracy"] = float((predictions == labels).mean())
    return answer


def _mistakes(sessions: Sessions, session: Session, payload: Payload) -> Answer:
    """Pictures of the digits `truth` that were taken for `guess` at a moment."""
    run, moment = _moment(session, payload)
    truth, guess = payload.get("truth"), payload.get("guess")
    if type(truth) is not int or type(guess) is not int or not 0 <= min(truth, guess) <= 9:
        raise RefusedError("There is no such cell.")
    found = _found(sessions, run, moment)
    if found is None:
        return {"count": 0, "images": ""}
    predictions, labels, images = found
    chosen = np.flatnonzero((labels == truth) & (predictions == guess))
    pictures = base64.b64encode(images[chosen[:_MISTAKES]].tobytes()).decode()
    return {"count": len(chosen), "images": pictures}


def _found(sessions: Sessions, run: Run, moment: int | None) -> tuple[Any, Any, Any] | None:
    """Predictions, labels and images that measured a moment; None where nothing has yet."""
    snapshot = run.measured(moment)
    kept = sessions.pool.evaluation.get(run.started.get("measured_on", ""))
    if snapshot is None or not snapshot.predictions or kept is None:
        return None
    predictions = np.frombuffer(snapshot.predictions, dtype=np.uint8)
    images, labels = (part[:: snapshot.stride][: len(predictions)] for part in kept)
    return predictions, labels, images


def _download(session: Session, payload: Payload) -> Answer:
    """The model that answers, as a safetensors file, or the Python file that loads it."""
    if payload.get("kind") == "loader":
        return {"text": read_asset(_LOADER)}
    if not session.has_model:
        raise RefusedError("There is no model of your own yet. Train one first.")
    model = session.classifier_for("yours").model
    return {"data": base64.b64encode(dump_checkpoint(model)).decode()}


def _upload(session: Session, payload: Payload, *, limit_bytes: int) -> Answer:
    """Take in a model file, piece by piece; it answers once the last piece is there."""
    if payload.get("begin") is True:
        session.upload = bytearray()
    piece = payload.get("data")
    if not isinstance(piece, str) or len(session.upload) + len(piece) * 3 // 4 > limit_bytes + 3:
        session.upload = bytearray()
        raise RefusedError(
            f"A model file of more than {limit_bytes >> 20} MB is not taken.", "huge"
        )
    try:
        session.upload += base64.b64decode(piece, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("The file did not arrive whole. Please try again.") from error
    if payload.get("end") is not True:
        return {}
    data, session.upload = bytes(session.upload), bytearray()
    try:
        model = load_checkpoint(data)
    except ValueError as error:
        log.info("a model file was refused: %s", error)
        raise RefusedError(_refused(str(error)), "foreign") from error
    session.stop()
    session.take(model)
    sizes = [784, *model.config.hidden_sizes, 10]
    return {"layers": sizes, "parameters": model.parameter_count}


def _refused(reason: str) -> str:
    if "format" in reason:
        return "That is a safetensors file, but not a model that was downloaded here."
    if "not a safetensors file" in reason:
        return "That is not a model file: a .safetensors file that was downloaded here is needed."
    if "NaN" in reason:
        return "That model holds weights that are not numbers, so it can't answer."
    return "That model file is damaged: its weights do not fit its description."


def _moment(session: Session, payload: Payload) -> tuple[Run, int | None]:
    run = session.find(payload["run"]) if "run" in payload else session.run
    moment = payload.get("moment")
    if run is None:
        raise RefusedError("There is no such training any more.", "gone")
    if moment is None:
        return run, None
    if type(moment) is not int or not 0 <= moment < len(run.moments):
        raise RefusedError("That moment is not kept any more.", "gone")
    return run, moment


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return max(0, int(value))
