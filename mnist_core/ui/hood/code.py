"""The code behind each step, as it stands in the project: what the page calls the code that just ran."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mnist_core.files import ROOT
from mnist_core.ui.hood.notebook import training_loop

_CHART = "evaluation.charts.view_classify"
# What of a picture becomes the model's image; what these call is left out, as it fills pages.
_PICTURE = ("ink.picture.find_ink", "ink.picture.place")
_IMAGE = ("ui.lab.gallery.pictures",)

#: The functions of `explain` and of drawing that compute what a step shows, all of them. By name: their
#: files are read, not imported, which would bring in PyTorch.
FUNCTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "data": (
            "explain.tensors.to_tensor",
            "explain.tensors.normalize",
            "explain.tensors.flatten",
            "explain.neighbours.shrink",
            "explain.neighbours.likely_nearest",
            "explain.neighbours.squared_distances",
            "explain.neighbours.nearest",
        ),
        "stages": (
            "explain.stages.each_stage",
            "explain.stages.prepare",
            "explain.stages.paint",
            "ink.raster.segments",
            "ink.raster.vector_lengths",
            "ink.raster.cut",
            "ink.raster.draw_centred",
            "ink.raster.line_centre",
            "ink.raster.centre_of_mass",
            "ink.raster.draw",
        ),
        "scratch": (
            "explain.tensors.normalize",
            "explain.tensors.flatten",
            "explain.scratch.random_network",
            "explain.scratch.sigmoid",
            "explain.scratch.scratch_logits",
            "explain.scratch.softmax",
            "explain.scratch.softmax_naive",
        ),
        "layers": (
            "explain.activations.hidden_layers",
            "explain.activations.run_layers",
            "explain.activations.strongest_units",
            "explain.activations.first_weights",
            "explain.activations.unit_view",
        ),
        "modules": (
            "explain.activations.hidden_layers",
            "explain.modules.as_sequential",
            "explain.modules.chain",
            "explain.modules.largest_difference",
        ),
        "loss": (
            "explain.loss.digit_logits",
            "explain.loss.loss_from_logits",
            "explain.loss.loss_from_log_softmax",
            "explain.loss.loss_by_hand",
        ),
        "autograd": (
            "explain.toy.toy_gradient",
            "explain.loss.digit_logits",
            "explain.loss.loss_from_logits",
            "explain.gradients.twin",
            "explain.gradients.gradients_before_and_after",
            "explain.gradients.private_copy",
            "explain.gradients.loss_of",
            "explain.gradients.input_gradient",
            "explain.gradients.finite_differences",
        ),
        "sgd": (
            "explain.loss.digit_logits",
            "explain.loss.loss_from_logits",
            "explain.gradients.private_copy",
            "explain.sgd.sgd_step",
            "explain.sgd.optimizer_step",
            "explain.sgd.both_ways",
            "explain.sgd.train_few_steps",
        ),
        "why": (
            "explain.loss.digit_logits",
            "explain.attribution.evidence",
            "explain.attribution.integrated_gradients",
        ),
    }
)


def sources() -> dict[str, str]:
    """For each step the source of the functions behind it; "picture" is step 2 for a picture.

    And "image" for one of MNIST's.
    """
    functions = {**FUNCTIONS, "picture": _PICTURE, "image": _IMAGE}
    code = {step: "\n\n".join(map(_source, names)) for step, names in functions.items()}
    return code | {"loop": training_loop(), "answer": _source(_CHART)}


def _source(name: str) -> str:
    """The source of a function, "room.module.function"; `KeyError` where there is none of that name."""
    module, _, function = name.rpartition(".")
    return _functions_in(module)[function]


@cache
def _functions_in(module: str) -> dict[str, str]:
    path = ROOT.joinpath("mnist_core", *module.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        # Whole lines: a comment may end the last one.
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
