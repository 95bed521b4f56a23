"""The head of the page: Gradio's template with our first script, and our words for a shared link."""

from __future__ import annotations

import re
from functools import cache

from gradio.routes import templates
from jinja2 import ChoiceLoader, DictLoader

from mnist_core.ui.component import read_asset

_TEMPLATE = "frontend/index.html"
_GRADIOS_CARD = re.compile(r"\s*<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>")
# Among the first bytes, where a browser looks for it.
_CHARSET = '<meta charset="utf-8" />'


@cache
def lay_out_head() -> None:
    """Has Gradio begin the head of its pages with ours, instead of with what it says of itself.

    Gradio's own option `head` is put in by script: too late to go before Gradio's scripts, and for those
    who read a link without running any.
    """
    environment = templates.env
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, _TEMPLATE)
    ours = f"{read_asset('shared/card.html')}<script>{read_asset('shared/frames.js')}</script>"
    head = _GRADIOS_CARD.sub("", source).replace(_CHARSET, f"{_CHARSET}\n{ours}", 1)
    environment.loader = ChoiceLoader([DictLoader({_TEMPLATE: head}), environment.loader])
