"""The convolutional network: it reads pairs, and teaches the MLP of one digit.

Convolutions know that ink moved by a pixel is the same ink; an MLP has to be shown. What such a teacher
makes of every bent and slanted image, with its doubts, tells the MLP more than the label does
(Hinton, Vinyals and Dean 2015); the teacher is thrown away then.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.models.config import (
    CONVOLUTIONS,
    MNIST_MEAN,
    MNIST_STD,
    Convolution,
    NetworkConfig,
)
from mnist_core.models.convolutional import feature_count
from mnist_core.models.pairs import read_pair_network

_DROPOUT = 0.3


class ConvolutionalLayer(nn.Module):
    """A convolution with batch normalisation and ReLU, pooled or not."""

    def __init__(self, inputs: int, layer: Convolution) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs,
            layer.channels,
            layer.size,
            stride=layer.stride,
            padding=layer.size // 2,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(layer.channels)
        self.pooled = layer.pooled

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.convolution(x)))
        return functional.max_pool2d(x, 2) if self.pooled else x


class ConvNet(nn.Module):
    """`CONVOLUTIONS`, dropout and a linear layer."""

    def __init__(self, config: NetworkConfig, *, generator: torch.Generator | None = None) -> None:
        """It sees images as that `config` has them, and answers with as many logits.

        With a `generator`, the first weights are the same for the same seed.
        """
        super().__init__()
        self.config = config
        inputs = (1, *(layer.channels for layer in CONVOLUTIONS))
        self.layers = nn.ModuleList(map(ConvolutionalLayer, inputs, CONVOLUTIONS))
        self.dropout = nn.Dropout2d(_DROPOUT)
        self.output = nn.Linear(feature_count(config.image_shape), config.output_size)
        if generator is not None:
            self._initialize(generator)
        self.to(memory_format=torch.channels_last)  # the layout that CPUs convolve fastest

    def forward(self, images: Tensor) -> Tensor:
        """(N, height, width) in [0, 1] -> (N, logits)."""
        x = images.sub(MNIST_MEAN).div_(MNIST_STD)[:, None]  # (N, 1, height, width)
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(x)
        x = self.dropout(x)
        # Flattened along that layout, so that neither this nor its gradient moves anything.
        return self.output(x.permute(0, 2, 3, 1).flatten(1))  # type: ignore[no-any-return]

    def _initialize(self, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def load_pair_network(source: Path | str | bytes) -> ConvNet:
    """The reader of pairs in a file, or in its bytes; errors are those of `read_checkpoint`."""
    network = read_pair_network(source)
    model = ConvNet(network.config).eval()
    model.load_state_dict({key: torch.tensor(value) for key, value in network.tensors.items()})
    return model
