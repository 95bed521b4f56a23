"""A network on its way through a recipe: its optimiser, its schedule, and its running average."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.models.config import CLASS_COUNT
from mnist_core.record.pools import Batch, RecordConfig
from mnist_core.training.state import without_prefix

Network = TypeVar("Network", bound=nn.Module)
_OPTIMIZER_STATE = ("step", "exp_avg", "exp_avg_sq")


class Learner(Generic[Network]):
    """Trains `network` for so many `epochs`; `average` are its weights averaged over the last steps."""

    def __init__(self, network: Network, *, epochs: int, config: RecordConfig) -> None:
        self.network = network
        self.average = copy.deepcopy(network).eval()
        self.config = config
        self._steps = epochs * config.steps_per_epoch
        self._optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )

    def learn(self, batches: Iterable[Batch], *, epoch: int) -> float:
        """One epoch, counted from 0; the mean loss of its batches."""
        self.network.train()
        total = torch.zeros(())
        first = epoch * self.config.steps_per_epoch
        for step, (images, labels, taught) in enumerate(batches, start=first):
            self._set_learning_rate(step)
            self._optimizer.zero_grad(set_to_none=True)
            with autocast(images.device):
                logits = self.network(images)
            loss = loss_of(logits.float(), labels, taught, config=self.config)
            loss.backward()
            self._optimizer.step()
            self._move_average(step)
            total += loss.detach().cpu()
        self.average.eval()
        return float(total) / self.config.steps_per_epoch

    def state(self) -> dict[str, Tensor]:
        """All that `resume` needs, on the CPU."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, parameter in enumerate(self.network.parameters()):
            for name, value in self._optimizer.state[parameter].items():
                tensors[f"optimizer.{index}.{name}"] = value
        return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}

    def resume(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes up a `state`. KeyError or RuntimeError where it is another network's."""
        for part, module in (("network.", self.network), ("average.", self.average)):
            module.load_state_dict(without_prefix(part, tensors))
        for index, parameter in enumerate(self.network.parameters()):
            kept = {name: tensors[f"optimizer.{index}.{name}"] for name in _OPTIMIZER_STATE}
            # In the parameter's own memory layout: the fused optimiser runs along all of them at once.
            self._optimizer.state[parameter] = {
                name: value.to(parameter.device)
                if name == "step"
                else torch.empty_like(parameter).copy_(value)
                for name, value in kept.items()
            }

    def _set_learning_rate(self, step: int) -> None:
        # Up over the first tenth, then along half a cosine to nothing.
        progress = step / self._steps
        rising = min(1.0, progress / 0.1 + 0.02)
        falling = 0.5 * (1 + math.cos(math.pi * max(0.0, progress - 0.1) / 0.9))
        for group in self._optimizer.param_groups:
            group["lr"] = self.config.learning_rate * rising * falling

    def _move_average(self, step: int) -> None:
        decay = min(self.config.average_decay, (1 + step) / (10 + step))
        with torch.no_grad():
            ours, theirs = self.average.state_dict(), self.network.state_dict()
            floats = [name for name, tensor in ours.items() if tensor.is_floating_point()]
            torch._foreach_lerp_(
                [ours[name] for name in floats], [theirs[name] for name in floats], 1 - decay
            )


def loss_of(
    logits: Tensor, labels: Tensor, taught: Tensor | None, *, config: RecordConfig
) -> Tensor:
    """Cross-entropy with the labels, mixed with the divergence from what a teacher said.

    logits, taught: (N, 11), labels (N,); of pairs, (N, 22) and (N, 2). The teacher's share
    of the loss is `config.distillation`; both sides are softened by `config.softness`, and the square of
    it keeps the gradients' size (Hinton et al. 2015).
    """
    logits = logits.view(-1, CLASS_COUNT + 1)
    hard = functional.cross_entropy(logits, labels.flatten())
    if taught is None:
        return hard
    soft = functional.kl_div(
        functional.log_softmax(logits / config.softness, dim=1),
        functional.log_softmax(taught.view_as(logits) / config.softness, dim=1),
        log_target=True,
        reduction="batchmean",
    )
    share = config.distillation
    return (1 - share) * hard + share * config.softness**2 * soft


def autocast(device: torch.device) -> torch.autocast:
    """Products in bfloat16 where the processor has instructions for them: there, twice as fast."""
    # Elsewhere they would be emulated, slower than float32.
    has_bfloat16 = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16)
