"""The pixels behind the answer, beside it: which spoke for the digit, and which against."""

from __future__ import annotations

from typing import Any

import gradio as gr

from mnist_core.server.sessions import Sessions
from mnist_core.ui.component import component
from mnist_core.ui.hood import steps as hood_steps
from mnist_core.ui.hood.steps import Drawing, Settings
from mnist_core.ui.hood.tab import answered, drawing_of, sources


def why_panel(sessions: Sessions) -> gr.HTML:
    """The panel, to be called under the answer."""

    def why(payload: Any) -> dict[str, Any]:
        return answered(payload, _why)

    def _why(payload: Any) -> dict[str, Any]:
        drawing = drawing_of(sessions, payload, Settings())
        if not isinstance(drawing, Drawing):
            return drawing
        return {"ok": True, "blank": False} | hood_steps.why(drawing)

    return component(
        "pad/why",
        elem_id="why",
        server_functions=[why],
        code=sources()["why"],
    )
