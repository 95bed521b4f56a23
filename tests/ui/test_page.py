"""The page's frame: what it keeps Gradio from keeping."""

from __future__ import annotations

import gradio as gr

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.ui.page import build_page, forget_events
from tests.support.visitors import Pool


def remembered(page: gr.Blocks, count: int) -> None:
    """Names that so many clients gave their events, as Gradio notes them when an event comes."""
    for number in range(count):
        page._queue.pending_event_ids_session[f"client {number}"] = {f"event {number}"}


def test_gradio_remembers_the_latest_names_of_events_only() -> None:
    with gr.Blocks() as page:
        gr.HTML()
    remembered(page, 250)
    forget_events(page)
    names = list(page._queue.pending_event_ids_session)
    assert names == [f"client {number}" for number in range(50, 250)]
    assert page._queue.pending_messages_per_session.max_size == 200
    forget_events(page)
    assert list(page._queue.pending_event_ids_session) == names


def test_the_sweep_has_gradio_forget() -> None:
    application = Application(ready=Classifier(MLP()), pool=Pool())  # type: ignore[arg-type]
    page = build_page(application, tabs={})
    remembered(page, 201)
    application.sweep()
    assert len(page._queue.pending_event_ids_session) == 200
