"""The page's frame: header, the pad and its answer on the left, tabs on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware

from mnist_core.errors import RefusedError
from mnist_core.server.application import Application
from mnist_core.server.environment import own_folder
from mnist_core.server.gate.gate import Gate
from mnist_core.server.gate.tools import Accounts
from mnist_core.server.uploads import Uploads
from mnist_core.ui.component import component, read_asset
from mnist_core.ui.files import check_values
from mnist_core.ui.head import lay_out_head
from mnist_core.ui.pad.column import pad_column
from mnist_core.ui.pad.sent_picture import picture_route
from mnist_core.ui.pad.weights import weights_route
from mnist_core.ui.pad.why import why_panel
from mnist_core.ui.quick_calls import QuickCalls
from mnist_core.ui.static import preload_links, static_route

Tab = Callable[[Application], object]

_STYLES = ("shared/page.css", "shared/present.css")
# Requests under way when the page ends have so long to be answered.
_GRACE_S = 3
# Uploads on the disk, those under way aside; each is read right after it came.
_UPLOADS_BYTES = 256 * 2**20
# Names of events that Gradio may remember: it would keep those that nobody asks about for good.
_MAX_EVENT_NAMES = 200
# Between Gradio's looks for requests to the API: its own thousand a second take 2 to 3 % of a core.
_LOOK_S = 0.02
_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica", "Arial", "sans-serif")
_FONT_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


class Page(gr.Blocks):
    """Gradio's page, which keeps to itself and to the log's form what a request got wrong."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        # Gradio's own would print what came, a drawing perhaps, in the middle of a stack trace.
        expected = len(block_fn.inputs)
        if len(inputs) < expected:
            raise gr.Error(f"Expected {expected} input, got {len(inputs)}.", print_exception=False)
        # The first that Gradio does with a request's values; then it would fetch what they name.
        try:
            check_values(inputs)
        except RefusedError as error:
            raise gr.Error(str(error), print_exception=False) from None


def build_page(application: Application, *, tabs: Mapping[str, Tab]) -> gr.Blocks:
    """The whole page; each of `tabs` lays out what stands under its name."""
    lay_out_head()
    page = Page(title="Draw a digit", analytics_enabled=False)
    with page:
        component("shared/header", elem_id="header")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="pad-column", min_width=0):
                pad_column(application)
                why_panel(application)
            if tabs:
                with gr.Column(elem_id="tabs-column", min_width=0), gr.Tabs(elem_id="tabs"):
                    for name, tab in tabs.items():
                        with gr.Tab(name):
                            tab(application)
    application.sweep.add(lambda: forget_events(page))
    uploads = _uploads()
    if uploads is not None:
        application.sweep.add(uploads.sweep)
        application.sweep.add(lambda: _forget_uploads(page))
    return page


def queue_requests(page: gr.Blocks) -> None:
    """Have Gradio answer eight requests to the API at once, keep a hundred, and rest in between."""
    page.queue(default_concurrency_limit=8, max_size=100)
    page._queue.sleep_when_free = _LOOK_S


def _uploads() -> Uploads | None:
    folder = own_folder()  # one that others use as well is not ours to sweep
    return None if folder is None else Uploads(folder, most_bytes=_UPLOADS_BYTES)


def _forget_uploads(page: gr.Blocks) -> None:
    # Gradio keeps the names of all files that ever came.
    page.upload_file_set.clear()
    for names in page.temp_file_sets:
        names.clear()


def forget_events(page: gr.Blocks) -> None:
    """Drop names of events beyond a few hundred, and have Gradio keep as few of their messages."""
    queue = page._queue
    queue.pending_messages_per_session.max_size = _MAX_EVENT_NAMES
    names = list(queue.pending_event_ids_session)
    for name in names[: max(0, len(names) - _MAX_EVENT_NAMES)]:
        queue.pending_event_ids_session.pop(name, None)


def launch_options(
    application: Application, *, tools: bool = False, accounts: Accounts = None
) -> dict[str, Any]:
    """What `Blocks.launch` needs for the page's look, and to serve quickly and safely.

    tools: the API is also served to language models. accounts: names and passwords that the page asks for.
    """
    theme = gr.themes.Default(
        primary_hue="indigo", neutral_hue="zinc", font=_FONT, font_mono=_FONT_MONO
    )
    return {
        "theme": theme,
        "head": f"<style>{''.join(map(read_asset, _STYLES))}</style>{preload_links()}",
        "footer_links": ["api", "settings"],
        # Keeping a history of runs, or rendering on the server, costs more than the prediction.
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": application.limits.picture_bytes,
        "app_kwargs": {
            "routes": [
                static_route(),
                weights_route(application.sessions),
                picture_route(application),
            ],
            "middleware": [
                Middleware(
                    Gate,
                    limits=application.limits,
                    is_well=lambda: application.is_open,
                    uploads=_uploads(),
                    tools=tools,
                    accounts=accounts,
                ),
                Middleware(QuickCalls),
            ],
        },
        # Each thread keeps memory of its own, and more of them than cores only wait for each other.
        "max_threads": 8,
        # Gradio keeps a state for each name that a request gives itself; the page needs none.
        "state_session_capacity": 8,
        "enable_monitoring": False,
    }


def end_page(page: gr.Blocks, application: Application) -> None:
    """Answers the requests under way, for three seconds at most, and ends all trainings."""
    application.refuse()
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()  # type: ignore[no-untyped-call]
    server = getattr(page, "server", None)
    if server is not None:
        server.config.timeout_graceful_shutdown = _GRACE_S
    page.close(verbose=False)
    application.close()
