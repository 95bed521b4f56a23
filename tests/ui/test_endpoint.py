"""What the API says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from mnist_core.models.classifier import Classifier
from mnist_core.server.application import Application
from mnist_core.server.strokes import checked_strokes
from mnist_core.ui.page import build_page
from tests.support.loops import run


async def described() -> Any:
    """What `/info` answers; a page is built where a loop runs."""
    return build_page(Application(ready=Classifier.load()), tabs={}).get_api_info()


@pytest.mark.parametrize("name", ["/predict", "/read", "/predict_image", "/read_image"])
def test_every_endpoint_describes_what_it_takes_and_gives(name: str) -> None:
    info = run(described())
    endpoint = info["named_endpoints"][name]
    (parameter,), (given,) = endpoint["parameters"], endpoint["returns"]
    assert endpoint["description"]
    assert parameter["python_type"]["description"]
    assert parameter["parameter_has_default"] is False
    assert given["python_type"]["type"] != "Any"
    assert "digit" in given["python_type"]["type"]
    assert "probabilities" in given["python_type"]["description"]
    example = parameter["example_input"]
    if "image" not in name:
        assert checked_strokes(example, max_points=100)
    else:
        assert example["meta"] == {"_type": "gradio.FileData"}
