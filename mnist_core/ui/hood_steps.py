"""What each step of Under the hood computes for a drawing, as numbers and bytes for the page."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mnist_core.explain import attribution, gradients, loss, neighbours, scratch, sgd, tensors
from mnist_core.explain.activations import first_weights, run_layers, strongest_units, unit_view
from mnist_core.explain.stages import Stages, each_stage
from mnist_core.ink import Ink
from mnist_core.models import MLP
from mnist_core.ui.hood_data import TrainingImages

# The pad's box and the width of its line, as its script draws them.
PAD_SIZE = 1000.0
PAD_PEN = 50.0
BATCH = 64
NEIGHBOURS = 8
PICTURED_UNITS = 8
CHECKED_PIXELS = 3
NUDGE = 1e-4
STEPS = 50  # of SGD at most: each click computes all of them again

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the visitor has set in the steps.

    meant: the digit that they meant, None for the one that the model names. factor: what step 3
    multiplies the logits by. seed: of random weights, and of the pixel that step 6 checks.
    """

    meant: int | None = None
    weights_seed: int = 0
    factor: float = 1.0
    stages: Stages = field(default_factory=Stages)
    pixel_seed: int = 0
    steps: int = 0
    learning_rate: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing and the model that answers for it. image: (28, 28). `label` is what was meant."""

    ink: Ink
    model: MLP
    image: Tensor
    probabilities: Tensor
    label: int

    @classmethod
    def of(cls, ink: Ink, model: MLP, settings: Settings) -> Drawing:
        image = torch.from_numpy(ink.to_image())
        with torch.no_grad():
            probabilities = model.probabilities(image[None])[0]
        named = int(probabilities.argmax())
        label = named if settings.meant is None else settings.meant
        return cls(ink=ink, model=model, image=image, probabilities=probabilities, label=label)

    @property
    def images(self) -> Tensor:
        return self.image[None]

    @property
    def labels(self) -> Tensor:
        return torch.tensor([self.label])


def batch(data: TrainingImages, *, seed: int) -> Answer:
    """A random batch with its labels, the shapes on its way, and what becomes of three pixels."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(data.pixels), (BATCH,), generator=generator)
    pixels = data.pixels[chosen]
    images = tensors.to_tensor(pixels)
    normalized = tensors.normalize(images)
    first = pixels[0].flatten()
    # A blank pixel, one from the grey edge of a stroke, and the darkest.
    places = [int(first.argmin()), int((first.int() - 128).abs().argmin()), int(first.argmax())]
    return {
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(),
        "labels": data.labels[chosen].tolist(),
        "shapes": [list(images.shape), list(tensors.flatten(normalized).shape)],
        "table": [
            [int(first[i]), _round(images[0].flatten()[i]), _round(normalized[0].flatten()[i])]
            for i in places
        ],
    }


def nearest_images(drawing: Drawing, data: TrainingImages) -> Answer:
    places, distances = neighbours.nearest(
        drawing.image, data.pixels, data.shrunk, count=NEIGHBOURS
    )
    return {
        "pixels": base64.b64encode(data.pixels[places].numpy().tobytes()).decode(),
        "labels": data.labels[places].tolist(),
        "distances": _rounded(distances),
    }


def stages(drawing: Drawing, settings: Settings) -> Answer:
    images = each_stage(drawing.ink, settings.stages, pad_size=PAD_SIZE, pad_pen=PAD_PEN)
    with torch.no_grad():
        probabilities = drawing.model.probabilities(torch.from_numpy(images[-1])[None])[0]
    return {
        "pictures": [_grey(torch.from_numpy(image)) for image in images],
        "probabilities": _rounded(probabilities),
        "usual": _rounded(drawing.probabilities),
    }


def from_scratch(drawing: Drawing, settings: Settings) -> Answer:
    generator = torch.Generator().manual_seed(settings.weights_seed)
    network = scratch.random_network(generator=generator)
    inputs = tensors.flatten(tensors.normalize(drawing.images))
    logits = scratch.scratch_logits(network, inputs)
    probabilities = scratch.softmax(logits)
    larger = logits * settings.factor
    return {
        "logits": _rounded(logits[0], digits=2),
        "probabilities": _rounded(probabilities[0]),
        "sum": _round(probabilities.sum(), digits=6),
        "larger": _rounded(larger[0], digits=1),
        "naive": _rounded(scratch.softmax_naive(larger)[0]),
        "stable": _rounded(scratch.softmax(larger)[0]),
    }


def layers(drawing: Drawing, settings: Settings) -> Answer:
    with torch.no_grad():
        results, logits = run_layers(drawing.model, drawing.image)
    # Without hidden layers, the first layer's units are the ten digits themselves.
    first = results[0].outputs if results else logits
    units = strongest_units(first, count=PICTURED_UNITS)
    return {
        "sizes": list(drawing.model.config.layer_sizes),
        "activation": drawing.model.config.activation,
        "normalization": drawing.model.config.normalization,
        "temperature": _round(drawing.model.config.temperature, digits=3),
        "layers": [
            {
                "outputs": _strip(result.outputs),
                "largest": _round(result.outputs.abs().max(), digits=3),
                "fired": int((result.sums > 0).sum()),
            }
            for result in results
        ],
        "units": units.tolist(),
        "unit_outputs": _rounded(first[units], digits=2),
        "weights": [_signed(picture) for picture in first_weights(drawing.model, units)],
        "logits": _rounded(logits, digits=3),
        "probabilities": _rounded(drawing.probabilities),
    }


def unit(drawing: Drawing, *, layer: int, unit: int) -> Answer:
    """What one unit looks at; ValueError where the model has no such unit."""
    sizes = drawing.model.config.layer_sizes[1:]
    if not 0 <= layer < len(sizes) or not 0 <= unit < sizes[layer]:
        raise ValueError(f"expected a unit of layers {sizes}, got {layer}, {unit}")
    with torch.no_grad():
        results, logits = run_layers(drawing.model, drawing.image)
    hidden = layer < len(results)
    return {
        "picture": _signed(unit_view(drawing.model, drawing.image, layer=layer, unit=unit)),
        "sum": _round(results[layer].sums[unit] if hidden else logits[unit], digits=3),
        "output": _round(results[layer].outputs[unit], digits=3) if hidden else None,
    }


def losses(drawing: Drawing, settings: Settings) -> Answer:
    with torch.no_grad():
        # In float64: the loss of a sure answer vanishes in the rounding of float32.
        logits = loss.digit_logits(drawing.model, drawing.images).double()
        return {
            "meant": drawing.label,
            "logits": _rounded(logits[0], digits=3),
            "log_probabilities": _rounded(logits.log_softmax(dim=1)[0], digits=3),
            "probability": _significant(logits.softmax(dim=1)[0, drawing.label]),
            "cross_entropy": _significant(loss.loss_from_logits(logits, drawing.labels)),
            "nll": _significant(loss.loss_from_log_softmax(logits, drawing.labels)),
            "by_hand": _significant(loss.loss_by_hand(logits, drawing.labels)),
        }


def autograd(drawing: Drawing, settings: Settings) -> Answer:
    before, after = gradients.gradients_before_and_after(
        drawing.model, drawing.images, drawing.labels
    )
    # In float64, as float32 is too coarse for finite differences.
    function = gradients.loss_of(gradients.private_copy(drawing.model).double(), drawing.labels)
    images = drawing.images.double()
    slopes = gradients.input_gradient(function, images).flatten()
    return {
        "meant": drawing.label,
        "parameters": [
            {
                "name": name,
                "shape": list(parameter.shape),
                "before": str(before[name]),
                "after": _largest(after[name]),
            }
            for name, parameter in drawing.model.named_parameters()
        ],
        # Down the loss is up towards the digit.
        "picture": _signed(-slopes.view(28, 28)),
        "ink": _grey(drawing.image),
        "checks": [
            {
                "pixel": [pixel // 28, pixel % 28],
                "autograd": _significant(slopes[pixel]),
                "difference": _significant(
                    gradients.finite_difference(function, images, pixel=pixel, step=NUDGE)
                ),
            }
            for pixel in _pixels_to_check(slopes, seed=settings.pixel_seed)
        ],
    }


def sgd_steps(drawing: Drawing, settings: Settings) -> Answer:
    model, history = sgd.practise(
        drawing.model,
        drawing.images,
        drawing.labels,
        steps=settings.steps,
        learning_rate=settings.learning_rate,
    )
    with torch.no_grad():
        probabilities = model.probabilities(drawing.images)[0]
    return {
        "meant": drawing.label,
        "losses": [_significant(value) for value in history],
        "before": _rounded(drawing.probabilities),
        "probabilities": _rounded(probabilities),
    }


def why(drawing: Drawing) -> Answer:
    """The pixels for and against the winning digit, with the evidence that they add up to."""
    digit = int(drawing.probabilities.argmax())
    parts = attribution.integrated_gradients(drawing.model, drawing.image, digit=digit)
    with torch.no_grad():
        both = torch.stack([torch.zeros_like(drawing.image), drawing.image])
        blank, drawn = attribution.evidence(drawing.model, both, digit=digit)
    return {
        "digit": digit,
        "picture": _signed(parts),
        "ink": _grey(drawing.image),
        "for": _round(parts.clamp(min=0).sum(), digits=2),
        "against": _round(-parts.clamp(max=0).sum(), digits=2),
        "paper": _round(blank, digits=2),
        "evidence": _round(drawn, digits=2),
    }


STEPS_OF_A_DRAWING: dict[str, Callable[[Drawing, Settings], Answer]] = {
    "stages": stages,
    "scratch": from_scratch,
    "layers": layers,
    "loss": losses,
    "autograd": autograd,
    "sgd": sgd_steps,
}


def _pixels_to_check(slopes: Tensor, *, seed: int) -> list[int]:
    """The steepest pixel, and some at random."""
    generator = torch.Generator().manual_seed(seed)
    others = torch.randperm(len(slopes), generator=generator)[: CHECKED_PIXELS - 1].tolist()
    return [int(slopes.abs().argmax()), *others]


def _round(value: Tensor | float, *, digits: int = 4) -> float | None:
    """`value` with few digits; None where it is no number, as JSON has none for those."""
    number = float(value)
    return round(number, digits) if np.isfinite(number) else None


def _rounded(values: Tensor, *, digits: int = 4) -> list[float | None]:
    return [_round(value, digits=digits) for value in values.tolist()]


def _significant(value: Tensor | float) -> float | None:
    number = float(value)
    return float(f"{number:.5g}") if np.isfinite(number) else None


def _largest(gradient: Tensor | None) -> float | None:
    return None if gradient is None else _significant(gradient.abs().max())


def _grey(image: Tensor) -> str:
    """Values in [0, 1] as bytes 0..255."""
    return base64.b64encode((image * 255).round().to(torch.uint8).numpy().tobytes()).decode()


def _signed(picture: Tensor) -> str:
    """Values of either sign as bytes -127..127, the largest being 127."""
    largest = picture.abs().max().clamp(min=1e-12)
    scaled = (picture / largest * 127).nan_to_num().round().to(torch.int8)
    return base64.b64encode(scaled.numpy().tobytes()).decode()


def _strip(outputs: Tensor) -> str:
    """Outputs of a layer as bytes -127..127."""
    return _signed(outputs.detach())
