"""What each step of Under the hood computes for a drawing, as numbers and bytes for the page."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable

import torch
from torch import Tensor

from mnist_core.explain import gradients, loss, modules, neighbours, scratch, sgd, tensors, toy
from mnist_core.explain.activations import (
    LayerResult,
    first_weights,
    run_layers,
    strongest_units,
    unit_view,
)
from mnist_core.explain.stages import each_stage
from mnist_core.models.config import Activation
from mnist_core.models.mlp import MLP
from mnist_core.ui.answers import Answer
from mnist_core.ui.drawings import Drawing
from mnist_core.ui.hood.settings import Settings
from mnist_core.ui.hood.training_images import TrainingImages
from mnist_core.ui.numbers import grey, largest, round_number, rounded, signed, significant

# The pad's box and the width of its line, as its script draws them.
PAD_SIZE = 1000.0
PAD_PEN = 50.0
BATCH = 64
NEIGHBOURS = 8
PICTURED_UNITS = 8
CHECKED_PIXELS = 3
NUDGE = 1e-4
QUIET = 0.05  # a tanh or sigmoid unit that passes on less says next to nothing
_FIGURE_DPI = 100


def reading(model: MLP, *, batch_size: int | None) -> Answer:
    """What a model does with pixels before it reads them. batch_size: None where nobody knows it."""
    return {"mean": model.config.mean, "std": model.config.std, "batch_size": batch_size}


def batch(data: TrainingImages, model: MLP, *, seed: int, batch_size: int | None) -> Answer:
    """A random batch with its labels, the shapes on its way, and what becomes of three pixels.

    It is as large as those that the model learnt from; at most 64 pictures of it are shown.
    """
    size = batch_size or BATCH
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(data.pixels), (min(size, BATCH),), generator=generator)
    pixels = data.pixels[chosen]
    images = tensors.to_tensor(pixels)
    normalized = tensors.normalize(images, mean=model.config.mean, std=model.config.std)
    shapes = [images.shape, tensors.flatten(normalized).shape]
    first = pixels[0].flatten()
    # A blank pixel, one from the grey edge of a stroke, and the darkest.
    places = [int(first.argmin()), int((first.int() - 128).abs().argmin()), int(first.argmax())]
    return {
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(),
        "labels": data.labels[chosen].tolist(),
        "shapes": [[size, *shape[1:]] for shape in shapes],
        "table": [
            [
                int(first[i]),
                round_number(images[0].flatten()[i]),
                round_number(normalized[0].flatten()[i]),
            ]
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
        "distances": rounded(distances),
    }


def stages(drawing: Drawing, settings: Settings) -> Answer:
    images = each_stage(drawing.ink, settings.stages.on, pad_size=PAD_SIZE, pad_pen=PAD_PEN)
    with torch.no_grad():
        probabilities = drawing.model.probabilities(torch.from_numpy(images[-1])[None])[0]
    return {
        "pictures": [grey(torch.from_numpy(image)) for image in images],
        "probabilities": rounded(probabilities),
        "usual": rounded(drawing.probabilities),
    }


def from_scratch(drawing: Drawing, settings: Settings) -> Answer:
    generator = torch.Generator().manual_seed(settings.weights_seed)
    network = scratch.random_network(generator=generator)
    inputs = tensors.flatten(tensors.normalize(drawing.images))
    logits = scratch.scratch_logits(network, inputs)
    probabilities = scratch.softmax(logits)
    larger = logits * settings.factor
    return {
        "logits": rounded(logits[0], digits=2),
        "probabilities": rounded(probabilities[0]),
        "sum": round_number(probabilities.sum(), digits=6),
        "larger": rounded(larger[0], digits=1),
        "naive": rounded(scratch.softmax_naive(larger)[0]),
        "stable": rounded(scratch.softmax(larger)[0]),
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
        "temperature": round_number(drawing.model.config.temperature, digits=3),
        "layers": [
            {
                "outputs": signed(result.outputs),
                "largest": round_number(result.outputs.abs().max(), digits=3),
                "fired": _firing(result, drawing.model.config.activation),
            }
            for result in results
        ],
        "units": units.tolist(),
        "unit_outputs": rounded(first[units], digits=2),
        "weights": [signed(picture) for picture in first_weights(drawing.model, units)],
        "logits": rounded(logits, digits=3),
        "probabilities": rounded(drawing.probabilities),
    }


def _firing(result: LayerResult, activation: Activation) -> int:
    """How many units pass something on: tanh and sigmoid units are never quite silent."""
    firing = result.sums > 0 if activation == "relu" else result.outputs.abs() >= QUIET
    return int(firing.sum())


def unit(drawing: Drawing, *, layer: int, unit: int) -> Answer:
    """What one unit looks at; IndexError where the model has no such unit."""
    sizes = drawing.model.config.layer_sizes[1:]
    if not 0 <= layer < len(sizes) or not 0 <= unit < sizes[layer]:
        raise IndexError(f"expected a unit of layers {sizes}, got {layer}, {unit}")
    with torch.no_grad():
        results, logits = run_layers(drawing.model, drawing.image)
    hidden = layer < len(results)
    return {
        "picture": signed(unit_view(drawing.model, drawing.image, layer=layer, unit=unit)),
        "sum": round_number(results[layer].sums[unit] if hidden else logits[unit], digits=3),
        "output": round_number(results[layer].outputs[unit], digits=3) if hidden else None,
    }


def in_pytorch(drawing: Drawing, settings: Settings) -> Answer:
    model = drawing.model
    return {
        "module": str(model),
        "sequential": str(modules.as_sequential(model)),
        "difference": modules.largest_difference(model, drawing.images),
        "parameters": [
            [name, list(parameter.shape), parameter.numel(), parameter.requires_grad]
            for name, parameter in model.named_parameters()
        ],
    }


def losses(drawing: Drawing, settings: Settings) -> Answer:
    with torch.no_grad():
        # In float64: the loss of a sure answer vanishes in the rounding of float32.
        logits = loss.digit_logits(drawing.model, drawing.images).double()
        return {
            "meant": drawing.label,
            "likeliest": drawing.likeliest,
            "logits": rounded(logits[0], digits=3),
            "log_probabilities": rounded(logits.log_softmax(dim=1)[0], digits=3),
            "probability": significant(logits.softmax(dim=1)[0, drawing.label]),
            "cross_entropy": significant(loss.loss_from_logits(logits, drawing.labels)),
            "nll": significant(loss.loss_from_log_softmax(logits, drawing.labels)),
            "by_hand": significant(loss.loss_by_hand(logits, drawing.labels)),
        }


def autograd(drawing: Drawing, settings: Settings) -> Answer:
    before, after = gradients.gradients_before_and_after(
        drawing.model, drawing.images, drawing.labels
    )
    function = gradients.loss_of(_precise(drawing.model), drawing.label)
    image = drawing.image.double()
    slopes = gradients.input_gradient(function, image[None]).flatten()
    pixels = _pixels_to_check(slopes, seed=settings.pixel_seed)
    with torch.no_grad():
        differences = gradients.finite_differences(function, image, pixels=pixels, step=NUDGE)
    return {
        "toy": _toy(seed=settings.pixel_seed),
        "meant": drawing.label,
        "likeliest": drawing.likeliest,
        "parameters": [
            {
                "name": name,
                "shape": list(parameter.shape),
                "before": str(before[name]),
                "after": largest(after[name]),
            }
            for name, parameter in drawing.model.named_parameters()
        ],
        # Down the loss is up towards the digit.
        "picture": signed(-slopes.view(28, 28)),
        "ink": grey(drawing.image),
        "checks": [
            {
                "pixel": [pixel // 28, pixel % 28],
                "autograd": significant(slopes[pixel]),
                "difference": significant(difference),
            }
            for pixel, difference in zip(pixels, differences, strict=True)
        ],
    }


def _toy(*, seed: int) -> Answer:
    found = toy.toy_gradient(generator=torch.Generator().manual_seed(seed))
    return {
        "x": rounded(found.x.detach().flatten()),
        "y": rounded(found.y.detach().flatten()),
        "gradient": rounded(found.gradient.flatten()),
        "mean": round_number(found.z.detach()),
        "made_by": str(found.y.grad_fn).strip("<>").partition(" ")[0],
    }


def sgd_steps(drawing: Drawing, settings: Settings) -> Answer:
    model, history = sgd.train_few_steps(
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
        "likeliest": drawing.likeliest,
        "losses": [significant(value) for value in history],
        "apart": _apart(drawing, settings) if settings.steps else None,
        "before": rounded(drawing.probabilities),
        "probabilities": rounded(probabilities),
    }


def _apart(drawing: Drawing, settings: Settings) -> float:
    """How far a step by hand and one of `optim.SGD` are apart in any weight."""
    by_hand, by_optimizer = sgd.both_ways(
        drawing.model, drawing.images, drawing.labels, learning_rate=settings.learning_rate
    )
    pairs = zip(by_hand.parameters(), by_optimizer.parameters(), strict=True)
    return max((one - other).abs().max().item() for one, other in pairs)


def figure(drawing: Drawing) -> str:
    """The image beside its probabilities, as matplotlib draws them: a PNG in base64."""
    # Loading matplotlib takes longer than anything else here; most visitors never need it.
    from mnist_core.evaluation import charts

    drawn = charts.view_classify(drawing.image.numpy(), drawing.probabilities.numpy())
    # It is drawn anew with every drawing: a fixed layout takes three quarters of the time.
    drawn.set_layout_engine("none")
    return base64.b64encode(charts.as_png(drawn, dpi=_FIGURE_DPI)).decode()


STEPS_OF_A_DRAWING: dict[str, Callable[[Drawing, Settings], Answer]] = {
    "stages": stages,
    "scratch": from_scratch,
    "layers": layers,
    "modules": in_pytorch,
    "loss": losses,
    "autograd": autograd,
    "sgd": sgd_steps,
}


# Copying a large model takes longer than all that step 6 does with it; a copy takes up to 32 MB.
@functools.lru_cache(maxsize=2)
def _precise(model: MLP) -> MLP:
    """The model in float64, as float32 is too coarse for finite differences."""
    return gradients.private_copy(model).double().requires_grad_(False)


def _pixels_to_check(slopes: Tensor, *, seed: int) -> list[int]:
    """The steepest pixel, and some at random."""
    generator = torch.Generator().manual_seed(seed)
    others = torch.randperm(len(slopes), generator=generator)[: CHECKED_PIXELS - 1].tolist()
    return [int(slopes.abs().argmax()), *others]
