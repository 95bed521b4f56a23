"""The page's own components: a name in `assets/` becomes a `gr.HTML`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from mnist_core.files import ASSETS
from mnist_core.ui.static import mount_script


def read_asset(name: str) -> str:
    """The text of the file `name` in `assets/`."""
    return (ASSETS / name).read_text(encoding="utf-8")


def component(
    name: str,
    *,
    server_functions: Sequence[Callable[..., Any]] = (),
    elem_id: str | None = None,
    **props: Any,
) -> gr.HTML:
    """A component made of `assets/<name>.html`, `.css` and `.js`, where `name` is "pad/answer", say.

    Its script is a module that exports `mount({element, props, server})`; each of `server_functions`
    is an async method of `server`. The markup and style are taken as they are: what changes is
    written by the script, with `textContent`, so nothing that a visitor typed can become markup.
    """
    return gr.HTML(
        html_template=_literal(read_asset(f"{name}.html")),
        css_template=_literal(read_asset(f"{name}.css")),
        js_on_load=mount_script(f"{name}.js"),
        server_functions=list(server_functions),
        elem_id=elem_id,
        apply_default_css=False,
        **props,
    )


def _literal(text: str) -> str:
    """`text` as Gradio's templates (Handlebars, then a JavaScript literal) leave it alone."""
    if "{{" in text:
        raise ValueError("'{{' starts a Handlebars expression; components write text by script")
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
