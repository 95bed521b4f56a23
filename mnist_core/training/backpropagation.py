"""Backpropagation written out for a plain MLP, two and a half times as fast as autograd on one small batch.

The chain rule, layer by layer, with its products written straight into the gradient's memory
(Rumelhart, Hinton and Williams 1986), and those of the pixels made with ink alone. Networks that this
does not cover take autograd.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.data.datasets import Dataset
from mnist_core.models.mlp import MLP
from mnist_core.training.kernels import (
    Ink,
    add_ink,
    add_ink_transposed,
    find_ink,
    loss_gradient,
)

# d activation / d input from the activation's own output, as PyTorch's backward kernels take it. Their
# overloads by name: finding the right one costs as much as the kernel's work on a small layer.
_threshold_backward = torch.ops.aten.threshold_backward.default
_DERIVATIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relu": lambda gradient, output: _threshold_backward(gradient, output, 0),
    "sigmoid": torch.ops.aten.sigmoid_backward.default,
    "tanh": torch.ops.aten.tanh_backward.default,
}
_FORWARD: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "sigmoid": torch.sigmoid_,
    "tanh": torch.tanh_,
}


class FlatParameters:
    """All parameters of a model as one vector, and all of their gradients as another.

    Afterwards the model's parameters are views into `values`, and their `.grad` into `gradients`, so
    that an update is one operation on one vector whatever the number of layers. The first layer's
    weights lie pixel by pixel there, as `kernels` takes them.
    """

    def __init__(self, model: MLP) -> None:
        pixels = model.linear_layers[0].weight
        pixels.data = pixels.data.t().contiguous().t()
        self.values = torch.empty(model.parameter_count)
        self.gradients = torch.zeros_like(self.values)
        start = 0
        for parameter in model.parameters():
            own = slice(start, start + parameter.numel())
            shape = parameter.shape, parameter.stride()
            parameter.data = self.values[own].as_strided(*shape).copy_(parameter.detach())
            parameter.grad = self.gradients[own].as_strided(*shape)
            start = own.stop


class Backpropagation:
    """Cross-entropy loss and its gradients for one model, written into the parameters' `.grad`.

    The model's parameters must be flat already (`FlatParameters`): their memory is looked up once. So is
    the ink of `data`, which most batches are of. `ValueError` where a label is none of the model's.
    """

    def __init__(self, model: MLP, data: Dataset) -> None:
        classes = model.output.out_features
        strange = data.labels[(data.labels < 0) | (data.labels >= classes)]
        if len(strange):
            raise ValueError(f"labels: expected 0 to {classes - 1}, got {strange[0].item()}")
        self._model = model
        self._data = data
        self._ink: Ink | None = None  # of that data, once it is asked for
        self._first = _InkLayer(model)
        # Plain tensors on the parameters' memory, which autograd does not follow: looking up a module's
        # attributes at each step costs as much as a small layer's arithmetic.
        layers = model.linear_layers[1:]
        self._weights = [layer.weight.detach() for layer in layers]
        self._transposed = [weight.t() for weight in self._weights]
        self._biases = [layer.bias.detach() for layer in layers]
        self._weight_gradients = [_gradient(layer.weight) for layer in layers]
        self._bias_gradients = [_gradient(layer.bias) for layer in layers]
        self._written_out = model.config.normalization == "none" and not model.config.rejects

    def __call__(
        self,
        data: Dataset,
        chosen: Tensor,
        *,
        dropout: float,
        generator: torch.Generator,
        label_smoothing: float = 0.0,
    ) -> tuple[float, int]:
        """The mean loss of a batch, and how many of its images are named right before the update.

        The batch: the images of `data` at `chosen`, (N,) int64. dropout: the share of hidden units to
        silence, drawn from `generator`. label_smoothing: the share of each label that goes to all
        classes alike, as `functional.cross_entropy` has it; the loss that comes back is of the labels as
        they are, to be compared with that of images held out.
        """
        labels = data.labels.index_select(0, chosen)
        if not self._written_out:
            images = data.images.index_select(0, chosen)
            return self._by_autograd(
                images, labels, dropout=dropout, label_smoothing=label_smoothing
            )
        activation = self._model.config.activation
        activate, derivative = _FORWARD[activation], _DERIVATIVES[activation]

        ink = self._ink_of(data)
        sums = self._first.sums(ink, chosen)  # (N, units), of each layer in turn
        inputs, outputs, masks = [], [], []
        for transposed, bias in zip(self._transposed, self._biases, strict=True):
            output = activate(sums)
            mask = _dropout_mask(output, dropout, generator) if dropout else None
            outputs.append(output)
            masks.append(mask)
            inputs.append(output if mask is None else output * mask)
            sums = torch.addmm(bias, inputs[-1], transposed)
        gradient = sums
        loss, correct = loss_gradient(gradient.numpy(), labels.numpy(), np.float32(label_smoothing))

        for depth in range(len(self._weights) - 1, -1, -1):
            torch.mm(gradient.t(), inputs[depth], out=self._weight_gradients[depth])
            torch.sum(gradient, dim=0, out=self._bias_gradients[depth])
            gradient = torch.mm(gradient, self._weights[depth])  # (N, units of the layer below)
            mask = masks[depth]
            if mask is not None:
                gradient.mul_(mask)
            gradient = derivative(gradient, outputs[depth])
        self._first.take(gradient, ink, chosen)
        return loss, correct

    def _ink_of(self, data: Dataset) -> Ink:
        """The ink of a data set; of the one that it learns from, found once."""
        if data is not self._data:
            return self._first.find_ink(data.images)
        if self._ink is None:
            self._ink = self._first.find_ink(data.images)
        return self._ink

    def _by_autograd(
        self, images: Tensor, labels: Tensor, *, dropout: float, label_smoothing: float
    ) -> tuple[float, int]:
        model = self._model
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.zero_()
        logits = model(images)
        functional.cross_entropy(logits, labels, label_smoothing=label_smoothing).backward()
        found = logits.detach()
        return functional.cross_entropy(found, labels).item(), _count_correct(found, labels)


class _InkLayer:
    """The first layer of a model, which is given images as the ink on them.

    Standardised, the pixels are slope * ink + paper: paper is the same everywhere.
    """

    def __init__(self, model: MLP) -> None:
        layer = model.linear_layers[0]
        self._weights, self._bias = layer.weight.detach().t(), layer.bias.detach()
        self._by_weights, self._by_bias = _gradient(layer.weight).t(), _gradient(layer.bias)
        mean, std = model.config.mean, model.config.std
        self._slope, self._paper = 1 / std, -mean / std

    def find_ink(self, images: Tensor) -> Ink:
        """The ink of (N, 28, 28) images in [0, 1], standardised."""
        return find_ink(images.view(len(images), -1).numpy(), np.float32(self._slope))

    def sums(self, ink: Ink, chosen: Tensor) -> Tensor:
        """What the units add up for the images at `chosen`: (N, units)."""
        of_paper = torch.add(self._bias, self._weights.sum(dim=0), alpha=self._paper)
        sums = of_paper.expand(len(chosen), -1).contiguous()
        add_ink(ink, chosen.numpy(), self._weights.numpy(), sums.numpy())
        return sums

    def take(self, gradient: Tensor, ink: Ink, chosen: Tensor) -> None:
        """Writes the parameters' gradients, given that by the `sums` of these images."""
        torch.sum(gradient, dim=0, out=self._by_bias)
        self._by_weights.copy_(self._by_bias * self._paper)  # in every row
        add_ink_transposed(ink, chosen.numpy(), gradient.numpy(), self._by_weights.numpy())


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        raise ValueError("model: expected flat parameters (FlatParameters), got one without .grad")
    return parameter.grad


def _count_correct(logits: Tensor, labels: Tensor) -> int:
    return int(torch.count_nonzero(logits.argmax(dim=1) == labels))


def _dropout_mask(output: Tensor, dropout: float, generator: torch.Generator) -> Tensor:
    """0 for the silenced units, 1 / (1 - dropout) for the rest ("inverted" dropout)."""
    return torch.empty_like(output).bernoulli_(1 - dropout, generator=generator).div_(1 - dropout)
