"""The page's frame: what it keeps Gradio from keeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import gradio as gr
import pytest

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.ui.page import build_page, forget_events, queue_requests
from tests.support.loops import run
from tests.support.visitors import Pool


def in_a_loop(build: Callable[[], gr.Blocks]) -> gr.Blocks:
    """Build a page where an event loop runs: Gradio would leave open the ones that it makes without."""

    async def built() -> gr.Blocks:
        return build()

    return run(built())


def remember(page: gr.Blocks, count: int) -> None:
    """Names that so many clients gave their events, as Gradio notes them when an event comes."""
    for number in range(count):
        page._queue.pending_event_ids_session[f"client {number}"] = {f"event {number}"}


def test_gradio_remembers_the_latest_names_of_events_only() -> None:
    page = in_a_loop(gr.Blocks)
    remember(page, 250)
    forget_events(page)
    names = list(page._queue.pending_event_ids_session)
    assert names == [f"client {number}" for number in range(50, 250)]
    assert page._queue.pending_messages_per_session.max_size == 200
    forget_events(page)
    assert list(page._queue.pending_event_ids_session) == names


def test_the_sweep_has_gradio_forget() -> None:
    application = Application(ready=Classifier(MLP()), pool=Pool())  # type: ignore[arg-type]
    page = in_a_loop(lambda: build_page(application, tabs={}))
    remember(page, 201)
    application.sweep()
    assert len(page._queue.pending_event_ids_session) == 200


def test_without_requests_gradio_looks_for_them_fifty_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def build() -> gr.Blocks:
        page = gr.Blocks()
        queue_requests(page)
        return page

    page = in_a_loop(build)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        page._queue.stopped = True

    monkeypatch.setattr(asyncio, "sleep", rest)
    run(page._queue.start_processing())
    assert rests == [0.02]
