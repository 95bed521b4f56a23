"""The teacher: a convolutional network that the shipped MLP learns from, and that is thrown away then.

Convolutions know that ink moved by a pixel is the same ink; an MLP has to be shown. What the teacher
makes of every bent and slanted image, with its doubts, tells the MLP more than the label does
(Hinton, Vinyals and Dean 2015).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mnist_core.models.config import MNIST_MEAN, MNIST_STD, MLPConfig

_CHANNELS = (32, 64, 96)
_DROPOUT = 0.3
_SMALLER = 4  # times, each side of the last maps


class Teacher(nn.Module):
    """Four convolutions with batch normalisation, down to a quarter of each side, and a linear layer."""

    def __init__(self, learner: MLPConfig, *, generator: torch.Generator) -> None:
        """It sees the images that the `learner` sees, and answers as that does."""
        super().__init__()
        first, second, third = _CHANNELS
        self.convolutions = nn.Sequential(
            # A stride at once: on a CPU, normalising maps of the full size would take most of the time.
            *_convolution(1, first, size=5, stride=2),
            *_convolution(first, second),
            nn.MaxPool2d(2),
            *_convolution(second, third),
            *_convolution(third, third),
            nn.Dropout2d(_DROPOUT),
        )
        height, width = (side // _SMALLER for side in learner.image_shape)
        self.output = nn.Linear(third * height * width, learner.layer_sizes[-1])
        self._initialize(generator)
        self.to(memory_format=torch.channels_last)  # the layout that CPUs convolve fastest

    def forward(self, images: Tensor) -> Tensor:
        x = images.sub(MNIST_MEAN).div_(MNIST_STD)[:, None]  # (N, 1, height, width)
        x = self.convolutions(x.contiguous(memory_format=torch.channels_last))
        # Flattened along that layout, so that neither this nor its gradient moves anything.
        return self.output(x.permute(0, 2, 3, 1).flatten(1))  # type: ignore[no-any-return]

    def _initialize(self, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _convolution(inputs: int, outputs: int, *, size: int = 3, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
