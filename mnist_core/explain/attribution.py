"""Which pixels spoke for a digit, and which against it.

Integrated gradients: Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", 2017.
"""

import torch
from torch import Tensor

from mnist_core.explain.loss import digit_logits
from mnist_core.models.mlp import MLP


def evidence(model: MLP, images: Tensor, *, digit: int) -> Tensor:
    """How far the digit's logit lies above the average of all ten, (N,).

    Adding one number to all logits leaves the probabilities as they are, and so leaves this.
    """
    logits = digit_logits(model, images)
    return logits[:, digit] - logits.mean(dim=1)


def integrated_gradients(model: MLP, image: Tensor, *, digit: int, steps: int = 64) -> Tensor:
    """What each pixel added to the evidence while the ink faded in from blank paper, (28, 28).

    The more steps, the closer their sum comes to the evidence of the drawing minus that of
    blank paper: nothing is left unexplained.
    """
    strengths = (torch.arange(steps, dtype=image.dtype) + 0.5) / steps  # middle of each step
    faded = (strengths.view(-1, 1, 1) * image).requires_grad_()  # (steps, 28, 28)
    score = evidence(model, faded, digit=digit).sum()
    gradients = torch.autograd.grad(score, faded)[0]
    return image * gradients.mean(dim=0)
