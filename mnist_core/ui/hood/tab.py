"""The Under the hood tab: the notebook's steps on the visitor's own drawing."""

from __future__ import annotations

import gradio as gr

from mnist_core.server.application import Application
from mnist_core.server.payload import unexpected
from mnist_core.server.session import Model, Session
from mnist_core.server.setup import parse_setup
from mnist_core.ui.answers import Answer, ServerFunction, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import COST, Drawing, DrawingRequest, of_drawing
from mnist_core.ui.hood.code import sources
from mnist_core.ui.hood.notebook import notebook
from mnist_core.ui.hood.settings import (
    STEPS,
    BatchRequest,
    NotebookRequest,
    StepsRequest,
    UnitRequest,
)
from mnist_core.ui.hood.training_images import TrainingImages, TrainingImagesLoader

_WEIGHTS_OF_A_COST = 2e6  # moved by SGD
_MISSING = (
    "The MNIST images are not on this machine yet, so there is no batch to show. Start a training "
    "in the Train tab once and it fetches them. The other steps work without."
)


def hood_tab(application: Application) -> gr.HTML:
    """The steps, to be called inside their tab."""
    return component(
        "hood/hood",
        elem_id="hood",
        server_functions=server_functions(application),
        code=sources(),
        max_steps=STEPS,
    )


def server_functions(application: Application) -> list[ServerFunction]:
    """What the page's script calls, on threads: these take longer than a prediction."""
    sessions, limits = application.sessions, application.limits
    loader = TrainingImagesLoader(application.data)

    def computed_steps(session: Session, request: StepsRequest, drawing: Drawing) -> Answer:
        return {"steps": _steps(session, request, drawing, loader)}

    def batch(session: Session, request: BatchRequest) -> Answer:
        from mnist_core.ui.hood import steps  # with PyTorch

        data = loader.get()
        model = session.classifier_for(request.model).model
        size = _batch_size(session, request.model)
        answer: Answer = {"reading": steps.reading(model, batch_size=size)}
        if isinstance(data, TrainingImages):
            shown = steps.batch(data, model, seed=request.seed, batch_size=size)
            return answer | {"status": "there"} | shown
        return answer | {"status": data, "words": _MISSING}

    def as_notebook(session: Session, request: NotebookRequest) -> Answer:
        return {"text": notebook(parse_setup(request.setup, limits=limits))}

    return [
        serve(
            sessions, "hood_steps_of", StepsRequest, of_drawing(limits, computed_steps), cost=COST
        ),
        serve(sessions, "hood_batch", BatchRequest, batch),
        serve(sessions, "hood_notebook", NotebookRequest, as_notebook),
        serve(sessions, "hood_unit", UnitRequest, of_drawing(limits, _unit), cost=COST),
        serve(sessions, "hood_figure", DrawingRequest, of_drawing(limits, _figure), cost=COST),
    ]


def _steps(
    session: Session, request: StepsRequest, drawing: Drawing, loader: TrainingImagesLoader
) -> Answer:
    from mnist_core.ui.hood import steps  # with PyTorch

    if "sgd" in request.open:
        weights = request.settings.steps * drawing.model.parameter_count
        session.charge(weights / _WEIGHTS_OF_A_COST)
    answers: Answer = {
        name: compute(drawing, request.settings)
        for name, compute in steps.STEPS_OF_A_DRAWING.items()
        if name in request.open
    }
    if "data" in request.open and isinstance(data := loader.get(), TrainingImages):
        answers["data"] = steps.nearest_images(drawing, data)
    return answers


def _batch_size(session: Session, model: Model) -> int | None:
    """Of the batches that the model which answers learnt from; None where nobody knows it."""
    if model == "ready" or not session.has_model:
        from mnist_core.record.pools import RecordConfig  # with PyTorch

        return RecordConfig().batch_size
    run = session.answering
    return None if run is None else run.setup.batch_size


def _unit(session: Session, request: UnitRequest, drawing: Drawing) -> Answer:
    from mnist_core.ui.hood import steps  # with PyTorch

    try:
        return steps.unit(drawing, layer=request.layer, unit=request.unit)
    except IndexError as error:  # the model has changed since the page was told its sizes
        raise unexpected() from error


def _figure(session: Session, request: DrawingRequest, drawing: Drawing) -> Answer:
    from mnist_core.ui.hood import steps  # with PyTorch

    return {"png": steps.figure(drawing)}
