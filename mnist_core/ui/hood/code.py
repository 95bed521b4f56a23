"""The code behind each step, as it stands in the project: what the page calls the code that just ran."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mnist_core.explain import (
    activations,
    attribution,
    gradients,
    loss,
    neighbours,
    scratch,
    sgd,
    stages,
    tensors,
)
from mnist_core.files import ROOT
from mnist_core.ink import raster

_CHARTS = ROOT / "mnist_core" / "evaluation" / "charts.py"

#: The functions of `explain` and of drawing that compute what a step shows, all of them.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], ...]] = MappingProxyType(
    {
        "data": (
            tensors.to_tensor,
            tensors.normalize,
            tensors.flatten,
            neighbours.shrink,
            neighbours.likely_nearest,
            neighbours.squared_distances,
            neighbours.nearest,
        ),
        "stages": (
            stages.each_stage,
            stages.prepare,
            stages.paint,
            raster.segments,
            raster.vector_lengths,
            raster.cut,
            raster.draw_centred,
            raster.line_centre,
            raster.centre_of_mass,
            raster.draw,
        ),
        "scratch": (
            tensors.normalize,
            tensors.flatten,
            scratch.random_network,
            scratch.sigmoid,
            scratch.scratch_logits,
            scratch.softmax,
            scratch.softmax_naive,
        ),
        "layers": (
            activations.hidden_layers,
            activations.run_layers,
            activations.strongest_units,
            activations.first_weights,
            activations.unit_view,
        ),
        "loss": (
            loss.digit_logits,
            loss.loss_from_logits,
            loss.loss_from_log_softmax,
            loss.loss_by_hand,
        ),
        "autograd": (
            loss.digit_logits,
            loss.loss_from_logits,
            gradients.twin,
            gradients.gradients_before_and_after,
            gradients.private_copy,
            gradients.loss_of,
            gradients.input_gradient,
            gradients.finite_differences,
        ),
        "sgd": (
            loss.digit_logits,
            loss.loss_from_logits,
            gradients.private_copy,
            sgd.sgd_step,
            sgd.train_few_steps,
        ),
        "why": (
            loss.digit_logits,
            attribution.evidence,
            attribution.integrated_gradients,
        ),
    }
)


def sources() -> dict[str, str]:
    """For each step the source of the functions behind it."""
    code = {
        step: "\n\n".join(inspect.getsource(function).rstrip() for function in functions)
        for step, functions in FUNCTIONS.items()
    }
    return code | {"answer": _source_in(_CHARTS, "view_classify")}


def _source_in(path: Path, function: str) -> str:
    """The source of a function in a file that is not imported for it."""
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_source_segment(text, node) or ""
    raise LookupError(f"{path} has no function {function}")
