"""The page: Gradio components and tabs around `server`. Nothing else knows Gradio."""

import inspect
from typing import Any, cast


def _import_gradio() -> None:
    """Imports Gradio without the type stubs that it writes beside its components, half of the work.

    It leaves them out for a class that is in no file, which is what it hears of each here.
    """
    find = inspect.getfile

    def find_no_component(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError(f"{thing.__module__}: no stubs")
        return find(thing)

    inspect.getfile = cast(Any, find_no_component)
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = find


_import_gradio()
