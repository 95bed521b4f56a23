"""The Under the hood tab: the notebook's steps on the visitor's own drawing."""

from __future__ import annotations

import ast
import base64
import inspect
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import gradio as gr

from mnist_core.explain import (
    activations,
    attribution,
    gradients,
    loss,
    neighbours,
    scratch,
    sgd,
    stages,
    tensors,
)
from mnist_core.files import ROOT
from mnist_core.ink.ink import Ink
from mnist_core.record.pools import RecordConfig
from mnist_core.server.session import Model, Session, VisitorError
from mnist_core.server.sessions import Sessions
from mnist_core.server.strokes import StrokesError, checked_strokes
from mnist_core.ui.component import component
from mnist_core.ui.hood import steps as hood_steps
from mnist_core.ui.hood.steps import STEPS, STEPS_OF_A_DRAWING, Drawing, Settings
from mnist_core.ui.hood.training_images import TrainingImages, TrainingImagesLoader

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Payload = Mapping[str, Any]

_MAX_SEED = 2**31 - 1
_MAX_FACTOR = 50.0
_MAX_LEARNING_RATE = 1.0
_FIGURE_DPI = 100
# Among a visitor's requests, one here counts as so many predictions: it takes longer.
_COST = 3.0
_WEIGHTS_OF_A_COST = 2e6  # moved by SGD

_CHARTS = ROOT / "mnist_core" / "evaluation" / "charts.py"
_MISSING = (
    "The MNIST images are not on this machine yet, so there is no batch to show. Start a training "
    "in the Train tab once and it fetches them. The other steps work without."
)
_ERRORS = {
    "payload": "The page sent something unexpected. Reload it, please.",
    "strokes": "That drawing could not be read. Clear it and draw again.",
    "internal": "This step did not work out. Draw something else, or try again.",
}

# The functions whose source a step shows: those that compute what it shows.
_CODE: dict[str, tuple[Callable[..., Any], ...]] = {
    "data": (
        tensors.to_tensor,
        tensors.normalize,
        tensors.flatten,
        neighbours.shrink,
        neighbours.likely_nearest,
        neighbours.squared_distances,
        neighbours.nearest,
    ),
    "stages": (stages.prepare, stages.paint),
    "scratch": (
        scratch.random_network,
        scratch.sigmoid,
        scratch.scratch_logits,
        scratch.softmax,
        scratch.softmax_naive,
    ),
    "layers": (activations.run_layers, activations.unit_view),
    "loss": (
        loss.digit_logits,
        loss.loss_from_logits,
        loss.loss_from_log_softmax,
        loss.loss_by_hand,
    ),
    "autograd": (
        gradients.gradients_before_and_after,
        gradients.input_gradient,
        gradients.finite_differences,
    ),
    "sgd": (sgd.sgd_step, sgd.train_few_steps),
    "why": (attribution.evidence, attribution.integrated_gradients),
}


class _PayloadError(ValueError):
    """A request of another form than the page sends."""


def sources() -> dict[str, str]:
    """For each step the source of the functions behind it."""
    code = {
        step: "\n\n".join(inspect.getsource(function).rstrip() for function in functions)
        for step, functions in _CODE.items()
    }
    return code | {"answer": _source_in(_CHARTS, "view_classify")}


def _source_in(path: Path, function: str) -> str:
    """The source of a function in a file that is not imported for it."""
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_source_segment(text, node) or ""
    raise LookupError(f"{path} has no function {function}")


def hood_tab(sessions: Sessions) -> gr.HTML:
    """The steps, to be called inside their tab."""
    return component(
        "hood/hood",
        elem_id="hood",
        server_functions=server_functions(sessions),
        code=sources(),
        max_steps=STEPS,
    )


def server_functions(sessions: Sessions) -> list[Callable[[Any], Answer]]:
    """What the page's script calls, with {token, ...}; each answers {ok, ...} and never raises.

    They are plain functions, so that they run in threads and leave the pad's predictions alone.
    """
    loader = TrainingImagesLoader(sessions.data)

    def hood_steps_of(payload: Any) -> Answer:
        return answered(payload, lambda request: _steps(sessions, loader, request))

    def hood_batch(payload: Any) -> Answer:
        return answered(payload, lambda request: _batch(sessions, loader, request))

    def hood_unit(payload: Any) -> Answer:
        return answered(payload, lambda request: _unit(sessions, request))

    def hood_figure(payload: Any) -> Answer:
        return answered(payload, lambda request: _figure(sessions, request))

    return [hood_steps_of, hood_batch, hood_unit, hood_figure]


def answered(payload: Any, answer: Callable[[Payload], Answer]) -> Answer:
    try:
        if not isinstance(payload, dict):
            raise _PayloadError
        return answer(payload)
    except _PayloadError:
        return _failed("payload")
    except VisitorError as error:
        return {"ok": False, "code": error.code, "error": str(error)}
    except StrokesError:
        return _failed("strokes")
    except Exception:
        log.exception("a step failed")
        return _failed("internal")


def _failed(code: str) -> Answer:
    return {"ok": False, "code": code, "error": _ERRORS[code]}


def _model(payload: Payload) -> Model:
    model = payload.get("model")
    if model != "ready" and model != "yours":
        raise _PayloadError
    return cast(Model, model)


def drawing_of(sessions: Sessions, payload: Payload, settings: Settings) -> Drawing | Answer:
    """The payload's drawing with the model that answers; else what to answer instead."""
    session = sessions.visit(payload.get("token"), cost=_COST)
    model = _model(payload)
    ink = Ink(checked_strokes(payload.get("strokes"), max_points=sessions.limits.points))
    if ink.is_empty:
        return {"ok": True, "blank": True}
    return Drawing.of(ink, session.classifier_for(model).model, settings)


def _steps(sessions: Sessions, loader: TrainingImagesLoader, payload: Payload) -> Answer:
    wanted = payload.get("open")
    if not isinstance(wanted, list) or len(wanted) > 2 * len(_CODE):
        raise _PayloadError
    settings = _settings(payload.get("settings"))
    drawing = drawing_of(sessions, payload, settings)
    if not isinstance(drawing, Drawing):
        return drawing
    if "sgd" in wanted:
        weights = settings.steps * drawing.model.parameter_count
        sessions.visit(payload.get("token"), cost=weights / _WEIGHTS_OF_A_COST)
    answers = {
        name: compute(drawing, settings)
        for name, compute in STEPS_OF_A_DRAWING.items()
        if name in wanted
    }
    if "data" in wanted and isinstance(data := loader.get(), TrainingImages):
        answers["data"] = hood_steps.nearest_images(drawing, data)
    return {"ok": True, "blank": False, "steps": answers}


def _batch(sessions: Sessions, loader: TrainingImagesLoader, payload: Payload) -> Answer:
    session = sessions.visit(payload.get("token"))
    answers = _model(payload)
    model = session.classifier_for(answers).model
    batch_size = _batch_size(session, answers)
    answer = {"ok": True, "reading": hood_steps.reading(model, batch_size=batch_size)}
    data = loader.get()
    if isinstance(data, TrainingImages):
        seed = _whole(payload.get("seed"), 0, _MAX_SEED)
        batch = hood_steps.batch(data, model, seed=seed, batch_size=batch_size)
        return answer | {"status": "there"} | batch
    return answer | {"status": data, "words": _MISSING}


def _batch_size(session: Session, model: Model) -> int | None:
    """Of the batches that the model which answers learnt from; None where nobody knows it."""
    if model == "ready" or not session.has_model:
        return RecordConfig().batch_size
    run = session.answering
    return None if run is None else run.setup.batch_size


def _unit(sessions: Sessions, payload: Payload) -> Answer:
    drawing = drawing_of(sessions, payload, Settings())
    if not isinstance(drawing, Drawing):
        return drawing
    layer, unit = (_whole(payload.get(name), 0, 10_000) for name in ("layer", "unit"))
    try:
        return {"ok": True, "blank": False} | hood_steps.unit(drawing, layer=layer, unit=unit)
    except ValueError as error:  # the model has changed since the page was told its sizes
        raise _PayloadError from error


def _figure(sessions: Sessions, payload: Payload) -> Answer:
    drawing = drawing_of(sessions, payload, Settings())
    if not isinstance(drawing, Drawing):
        return drawing
    # Loading matplotlib takes longer than anything else here; most visitors never need it.
    from mnist_core.evaluation import charts

    figure = charts.view_classify(drawing.image.numpy(), drawing.probabilities.numpy())
    # It is drawn anew with every drawing: a fixed layout takes three quarters of the time.
    figure.set_layout_engine("none")
    png = charts.as_png(figure, dpi=_FIGURE_DPI)
    return {"ok": True, "blank": False, "png": base64.b64encode(png).decode()}


def _settings(values: Any) -> Settings:
    if not isinstance(values, dict):
        raise _PayloadError
    meant, on = values.get("meant"), values.get("stages")
    if not isinstance(on, dict) or set(on) != {"crop", "scale", "centre", "pen"}:
        raise _PayloadError
    return Settings(
        meant=None if meant is None else _whole(meant, 0, 9),
        weights_seed=_whole(values.get("weights_seed"), 0, _MAX_SEED),
        factor=_number(values.get("factor"), _MAX_FACTOR),
        stages=stages.Stages(**{name: value is True for name, value in on.items()}),
        pixel_seed=_whole(values.get("pixel_seed"), 0, _MAX_SEED),
        steps=_whole(values.get("steps"), 0, STEPS),
        learning_rate=_number(values.get("learning_rate"), _MAX_LEARNING_RATE),
    )


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _PayloadError
    return value


def _number(value: Any, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _PayloadError
    if not math.isfinite(value) or not 0 < value <= high:
        raise _PayloadError
    return float(value)
