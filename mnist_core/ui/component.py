"""The page's own components: a name in `assets/` becomes a `gr.HTML`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def read_asset(name: str) -> str:
    """The text of the file `name` in `assets/`."""
    return (ASSETS / name).read_text(encoding="utf-8")


def component(
    name: str,
    *,
    server_functions: Sequence[Callable[..., Any]] = (),
    elem_id: str | None = None,
    scripts: Sequence[str] = (),
    **props: Any,
) -> gr.HTML:
    """A component made of `assets/<name>.html`, `.css` and `.js`.

    Its script sees `element`, `props`, `watch` and `server`, on which each of `server_functions`
    is an async method. The markup and style are taken as they are: what changes is written by the
    script, with `textContent`, so nothing that a visitor typed can become markup. `scripts` are
    further files, `assets/<script>.js`, whose names the component's own script uses.
    """
    script = "\n".join(read_asset(f"{each}.js") for each in (*scripts, name))
    return gr.HTML(
        html_template=_literal(read_asset(f"{name}.html")),
        css_template=_literal(read_asset(f"{name}.css")),
        js_on_load=script,
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
