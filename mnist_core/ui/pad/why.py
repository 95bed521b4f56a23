"""The pixels behind the answer, beside it: which spoke for the digit, and which against."""

from __future__ import annotations

import gradio as gr

from mnist_core.server.application import Application
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import COST, Drawing, DrawingRequest, of_drawing
from mnist_core.ui.hood.code import sources
from mnist_core.ui.numbers import grey, round_number, signed


def why_panel(application: Application) -> gr.HTML:
    """The panel, to be called under the answer."""

    def why(session: Session, request: DrawingRequest, drawing: Drawing) -> Answer:
        return pixels_behind(drawing)

    answer = of_drawing(application.limits, why)
    return component(
        "pad/why",
        elem_id="why",
        server_functions=[serve(application.sessions, "why", DrawingRequest, answer, cost=COST)],
        code=sources()["why"],
    )


def pixels_behind(drawing: Drawing) -> Answer:
    """The pixels for and against the winning digit, with the evidence that they add up to."""
    import torch  # not before somebody asks: it takes seconds

    from mnist_core.explain import attribution

    digit = int(drawing.probabilities.argmax())
    parts = attribution.integrated_gradients(drawing.model, drawing.image, digit=digit)
    with torch.no_grad():
        both = torch.stack([torch.zeros_like(drawing.image), drawing.image])
        blank, drawn = attribution.evidence(drawing.model, both, digit=digit)
    return {
        "digit": digit,
        "picture": signed(parts),
        "ink": grey(drawing.image),
        "for": round_number(parts.clamp(min=0).sum(), digits=2),
        "against": round_number(-parts.clamp(max=0).sum(), digits=2),
        "paper": round_number(blank, digits=2),
        "evidence": round_number(drawn, digits=2),
    }
