"""How good a model is: accuracy, confusion, calibration, and telling digits from other ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mnist_core.data.datasets import Dataset
from mnist_core.models.config import CLASS_COUNT
from mnist_core.models.mlp import MLP, logits_of

BIN_COUNT = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Probabilities of the chosen digit against how often they were right, in bins of equal width.

    counts, confidence, accuracy: (bins,); empty bins have NaN in the last two.
    """

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error (Guo et al. 2017): the bins' mean gap, weighted by count."""
        gaps = np.nan_to_num(np.abs(self.confidence - self.accuracy))
        return float(gaps @ self.counts / max(self.counts.sum(), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a model made of labelled digits.

    confusion: (10, 10) counts, a row for each true digit and a column for each answer.
    accepted: the share of digits whose digit-likeness passes the model's threshold.
    answers, confidence, likeness: (N,) per image: the digit chosen, its probability, digit-likeness.
    """

    loss: float
    confusion: NDArray[np.int64]
    reliability: Reliability
    accepted: float
    answers: NDArray[np.int64]
    confidence: NDArray[np.float64]
    likeness: NDArray[np.float64]

    @property
    def count(self) -> int:
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """The share of right answers, digits that look like none to the model included."""
        return float(np.trace(self.confusion)) / self.count

    @property
    def digit_accuracy(self) -> NDArray[np.float64]:
        """(10,) the share of right answers for each true digit; NaN where there is none."""
        totals = self.confusion.sum(axis=1)
        shares = np.full(CLASS_COUNT, np.nan)
        np.divide(np.diag(self.confusion), totals, out=shares, where=totals > 0)
        return shares


def evaluate(model: MLP, dataset: Dataset) -> Evaluation:
    """What `model`, in evaluation mode, makes of `dataset`. ValueError for an empty one."""
    if not len(dataset):
        raise ValueError("dataset: expected at least one image, got none")
    log_probabilities, likeness = _answers(model, dataset.images)
    confidence, answers = log_probabilities.exp().max(dim=1)
    labels = dataset.labels.cpu()
    confusion = np.zeros((CLASS_COUNT, CLASS_COUNT), np.int64)
    np.add.at(confusion, (labels.numpy(), answers.numpy()), 1)
    sure = confidence.double().numpy()
    return Evaluation(
        loss=float(functional.nll_loss(log_probabilities, labels)),
        confusion=confusion,
        reliability=reliability(sure, (answers == labels).numpy()),
        accepted=float((likeness >= model.config.reject_below).float().mean()),
        answers=answers.numpy(),
        confidence=sure,
        likeness=likeness.double().numpy(),
    )


def reliability(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = BIN_COUNT
) -> Reliability:
    """How well `confidence`, (N,) in [0, 1], foretells which answers are `right`, (N,)."""
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, confidence, bins) / counts
        accuracy = np.bincount(place, right.astype(np.float64), bins) / counts
    return Reliability(counts=counts, confidence=mean_confidence, accuracy=accuracy)


def auroc(digits: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The chance that a digit scores above other ink, ties counting half (Mann and Whitney).

    Both (N,) scores. ValueError where either is empty.
    """
    if not len(digits) or not len(others):
        raise ValueError(f"expected scores of both kinds, got {len(digits)} and {len(others)}")
    ranked = np.sort(others)
    below = np.searchsorted(ranked, digits, side="left")
    not_above = np.searchsorted(ranked, digits, side="right")
    return float((below + not_above).mean() / (2 * len(others)))


def likeness_of(model: MLP, images: Tensor) -> NDArray[np.float64]:
    """(N, 28, 28) -> (N,) digit-likeness, in batches."""
    return _answers(model, images)[1].double().numpy()


def format_report(evaluation: Evaluation, *, title: str) -> str:
    """The evaluation as text: accuracy, each digit's, the confusion matrix and calibration."""
    wrong = evaluation.count - int(np.trace(evaluation.confusion))
    lines = [
        f"{title}: {evaluation.count:,} digits",
        f"accuracy {evaluation.accuracy:.2%}  error {wrong / evaluation.count:.2%} ({wrong} wrong)",
        f"loss {evaluation.loss:.4f}  calibration error {evaluation.reliability.error:.2%}"
        f"  accepted as digits {evaluation.accepted:.2%}",
        "",
        "true  accuracy  answers:" + "".join(f"{digit:>6}" for digit in range(CLASS_COUNT)),
    ]
    for digit, row in enumerate(evaluation.confusion):
        accuracy = evaluation.digit_accuracy[digit]
        shown = "      -" if np.isnan(accuracy) else f"{accuracy:7.2%}"
        counts = "".join(f"{count or '·':>6}" for count in row.tolist())
        lines.append(f"{digit:>4}  {shown:>8}          {counts}")
    return "\n".join(lines)


def mean_loss_and_accuracy(model: MLP, dataset: Dataset) -> tuple[float, float]:
    """The mean cross-entropy and the accuracy, a fraction, of `model` on `dataset`."""
    log_probabilities, _ = _answers(model, dataset.images)
    labels = dataset.labels.cpu()
    loss = functional.nll_loss(log_probabilities.double(), labels)
    right = torch.count_nonzero(log_probabilities.argmax(dim=1) == labels)
    return float(loss), int(right) / len(labels)


def _answers(model: MLP, images: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities (N, 10) and digit-likeness (N,) on the CPU."""
    return model.answers_from_logits(logits_of(model, images))
