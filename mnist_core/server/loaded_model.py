"""A model that a visitor brought along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mnist_core.models.checkpoint_writing import dump_tensors, fits_half
from mnist_core.models.classifier import Classifier
from mnist_core.server.runs import MAX_TRAVELLING_BYTES, Weights
from mnist_core.worker.messages import Snapshot

_VERSION = 1  # these weights never change


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that a visitor brought along, with an id of its own among those of their runs.

    weights: the same model as a checkpoint, for the visitor's browser; empty where it is too large.
    """

    id: int
    classifier: Classifier
    weights: bytes = field(repr=False)

    @classmethod
    def of(cls, classifier: Classifier, *, number: int) -> LoadedModel:
        """That model under the id `number`."""
        network = classifier.network
        weights = dump_tensors(network.config, network.tensors, half=fits_half(network))
        travels = len(weights) <= MAX_TRAVELLING_BYTES
        return cls(id=number, classifier=classifier, weights=weights if travels else b"")

    @property
    def size_bytes(self) -> int:
        return 4 * self.classifier.network.parameter_count + len(self.weights)

    @property
    def which(self) -> Weights:
        """What its weights are called among the visitor's own."""
        return Weights(run=self.id, step=None, version=_VERSION)

    def hand_out(self, step: int | None) -> tuple[Snapshot, Weights] | None:
        """The weights, as a run's `hand_out`: a loaded model has no steps."""
        if step is not None or not self.weights:
            return None
        return Snapshot(step=0, epoch=0, elapsed_s=0.0, weights=self.weights), self.which

    def summary(self) -> dict[str, Any]:
        """What the page needs: its id, and the version of its weights; None where they stay here."""
        return {"id": self.id, "weights": _VERSION if self.weights else None}
