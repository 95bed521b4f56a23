"""The teacher: a convolutional network that the shipped MLP learns from, and that is thrown away then.

Convolutions know that ink moved by a pixel is the same ink; an MLP has to be shown. What the teacher
makes of every bent and slanted image, with its doubts, tells the MLP more than the label does
(Hinton, Vinyals and Dean 2015).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mnist_core.data import CLASS_COUNT, IMAGE_SIZE
from mnist_core.models import MNIST_MEAN, MNIST_STD

_CHANNELS = (24, 48, 96)
_DROPOUT = 0.3
_SIDE_AFTER_POOLING = IMAGE_SIZE // 4


class Teacher(nn.Module):
    """Three convolutions with batch normalisation, two of them pooled, and a linear layer."""

    def __init__(self, *, generator: torch.Generator) -> None:
        super().__init__()
        first, second, third = _CHANNELS
        self.layers = nn.Sequential(
            *_convolution(1, first),
            nn.MaxPool2d(2),
            *_convolution(first, second),
            nn.MaxPool2d(2),
            *_convolution(second, third),
            nn.Flatten(),
            nn.Dropout(_DROPOUT),
            nn.Linear(third * _SIDE_AFTER_POOLING**2, CLASS_COUNT + 1),
        )
        self._initialize(generator)
        self.to(memory_format=torch.channels_last)  # the layout that CPUs convolve fastest

    def forward(self, images: Tensor) -> Tensor:
        x = images.sub(MNIST_MEAN).div_(MNIST_STD)[:, None]  # (N, 1, 28, 28)
        x = x.contiguous(memory_format=torch.channels_last)
        return self.layers(x)  # type: ignore[no-any-return]  # (N, 11)

    def _initialize(self, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
