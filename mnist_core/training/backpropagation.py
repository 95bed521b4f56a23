"""Backpropagation written out for a plain MLP, twice as fast as autograd on one small batch.

The chain rule, layer by layer, with its products written straight into the gradient's memory
(Rumelhart, Hinton and Williams 1986). Networks that this does not cover take autograd.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.models.mlp import MLP

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
    that an update is one operation on one vector whatever the number of layers.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        parameters = list(model.parameters())
        self.values = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self.gradients = torch.zeros_like(self.values)
        start = 0
        for parameter in parameters:
            stop = start + parameter.numel()
            parameter.data = self.values[start:stop].view_as(parameter)
            parameter.grad = self.gradients[start:stop].view_as(parameter)
            start = stop


class Backpropagation:
    """Cross-entropy loss and its gradients for one model, written into the parameters' `.grad`.

    The model's parameters must be flat already (`FlatParameters`): their memory is looked up once.
    """

    def __init__(self, model: MLP) -> None:
        self._model = model
        layers = model.linear_layers
        # Plain tensors on the parameters' memory, which autograd does not follow: looking up a module's
        # attributes at each step costs as much as a small layer's arithmetic.
        self._weights = [layer.weight.detach() for layer in layers]
        self._transposed = [weight.t() for weight in self._weights]
        self._biases = [layer.bias.detach() for layer in layers]
        self._weight_gradients = [_gradient(layer.weight) for layer in layers]
        self._bias_gradients = [_gradient(layer.bias) for layer in layers]
        mean, std = model.config.mean, model.config.std
        self._slope, self._offset = 1 / std, torch.tensor(-mean / std)
        self._one_hot = torch.eye(layers[-1].out_features)
        self._written_out = model.config.normalization == "none" and not model.config.rejects

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        dropout: float,
        generator: torch.Generator,
        label_smoothing: float = 0.0,
    ) -> tuple[float, int]:
        """The mean loss of a batch, and how many of its images are named right before the update.

        images: (N, 28, 28) in [0, 1], whose memory is used up. labels: (N,) int64. dropout: the share of
        hidden units to silence, drawn from `generator`. label_smoothing: the share of each label that
        goes to all classes alike, as `functional.cross_entropy` has it; the loss that comes back is of
        the labels as they are, to be compared with that of images held out.
        """
        if self._written_out:
            return self._by_hand(
                images,
                labels,
                dropout=dropout,
                generator=generator,
                label_smoothing=label_smoothing,
            )
        return self._by_autograd(images, labels, dropout=dropout, label_smoothing=label_smoothing)

    def _by_hand(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        dropout: float,
        generator: torch.Generator,
        label_smoothing: float,
    ) -> tuple[float, int]:
        activation = self._model.config.activation
        activate, derivative = _FORWARD[activation], _DERIVATIVES[activation]

        # What each layer is given, (N, units) each: first the standardised pixels, in one pass over
        # the batch's own memory. A copy of it would push the weights out of the processor's cache.
        pixels = images.view(len(images), -1)
        inputs = [torch.add(self._offset, pixels, alpha=self._slope, out=pixels)]
        outputs, masks = [], []
        for transposed, bias in zip(self._transposed[:-1], self._biases[:-1], strict=True):
            output = activate(torch.addmm(bias, inputs[-1], transposed))
            mask = _dropout_mask(output, dropout, generator) if dropout else None
            outputs.append(output)
            masks.append(mask)
            inputs.append(output if mask is None else output * mask)
        # A column an image from here to the loss: along rows of ten numbers, softmax takes five times
        # as long.
        logits = torch.addmm(
            self._biases[-1][:, None], self._weights[-1], inputs[-1].t()
        )  # (10, N)
        one_hot = self._one_hot.index_select(1, labels)
        loss, correct, gradient = _loss(logits, labels, one_hot, smoothing=label_smoothing)

        for depth in range(len(self._weights) - 1, -1, -1):
            torch.mm(gradient.t(), inputs[depth], out=self._weight_gradients[depth])
            torch.sum(gradient, dim=0, out=self._bias_gradients[depth])
            if depth:
                gradient = torch.mm(gradient, self._weights[depth])  # (N, units of the layer below)
                mask = masks[depth - 1]
                if mask is not None:
                    gradient.mul_(mask)
                gradient = derivative(gradient, outputs[depth - 1])
        return loss, correct

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


def _loss(
    logits: Tensor, labels: Tensor, one_hot: Tensor, *, smoothing: float
) -> tuple[float, int, Tensor]:
    """The mean cross-entropy, how many logits are right, and its gradient with smoothed labels, (N, 10).

    logits, and the labels as one_hot: (10, N).
    """
    log_probabilities = torch.log_softmax(logits, dim=0)
    own = log_probabilities.gather(0, labels[None])  # each label's
    # Right where no other is larger: four times as fast as to look for the largest one's place.
    correct = int(torch.count_nonzero(own == log_probabilities.amax(dim=0)))
    loss = -own.sum().item() / len(labels)
    # (probabilities - smoothed one-hot labels) / N
    gradient = log_probabilities.exp_().sub_(one_hot, alpha=1 - smoothing)
    if smoothing:
        gradient.sub_(smoothing / len(gradient))
    return loss, correct, gradient.mul_(1 / len(labels)).t()


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        raise ValueError("model: expected flat parameters (FlatParameters), got one without .grad")
    return parameter.grad


def _count_correct(logits: Tensor, labels: Tensor) -> int:
    return int(torch.count_nonzero(logits.argmax(dim=1) == labels))


def _dropout_mask(output: Tensor, dropout: float, generator: torch.Generator) -> Tensor:
    """0 for the silenced units, 1 / (1 - dropout) for the rest ("inverted" dropout)."""
    return torch.empty_like(output).bernoulli_(1 - dropout, generator=generator).div_(1 - dropout)
