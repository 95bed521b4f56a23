import math

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import Dataset
from mnist_core.evaluation.measures import (
    auroc,
    evaluate,
    format_report,
    likeness_of,
    mean_loss_and_accuracy,
    reliability,
)
from mnist_core.models.config import MLPConfig
from tests.support.synthetic import synthetic_digits, uniform_model


def digits(count: int = 40) -> Dataset:
    return synthetic_digits(count, generator=torch.Generator().manual_seed(0))


def test_uniform_logits_give_ln_10() -> None:
    evaluation = evaluate(uniform_model(), digits())
    assert math.isclose(evaluation.loss, math.log(10), rel_tol=1e-5)
    loss, accuracy = mean_loss_and_accuracy(uniform_model(), digits())
    assert math.isclose(loss, evaluation.loss, rel_tol=1e-5)
    assert math.isclose(accuracy, evaluation.accuracy)


def test_confusion_counts_true_digits_in_rows_and_answers_in_columns() -> None:
    model = uniform_model()
    with torch.no_grad():
        model.output.bias[3] = 50.0
    data = digits(200)
    evaluation = evaluate(model, data)
    expected = np.bincount(data.labels.numpy(), minlength=10)
    assert np.array_equal(evaluation.confusion[:, 3], expected)
    assert evaluation.count == evaluation.confusion[:, 3].sum() == 200
    assert evaluation.accuracy == expected[3] / 200
    assert evaluation.digit_accuracy[3] == 1.0
    assert evaluation.digit_accuracy[4] == 0.0
    # Sure of every answer and seldom right: the gap is the calibration error.
    assert math.isclose(evaluation.reliability.error, 1 - expected[3] / 200, rel_tol=1e-6)


def test_digits_that_do_not_occur_have_no_accuracy() -> None:
    model = uniform_model()
    with torch.no_grad():
        model.output.bias[3] = 50.0
    data = digits(200)
    data = data.subset((data.labels == 3) | (data.labels == 5))
    evaluation = evaluate(model, data)
    assert np.isnan(evaluation.digit_accuracy[4])
    report = format_report(evaluation, title="threes and fives")
    wrong = int((data.labels == 5).sum())
    assert f"error {wrong / len(data):.2%} ({wrong} wrong)" in report
    rows = dict(line.split()[:2] for line in report.splitlines()[5:])
    assert rows == {str(digit): "-" for digit in range(10)} | {"3": "100.00%", "5": "0.00%"}


def test_calibrated_guesses_have_no_calibration_error() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.1, 1.0, 200_000)
    right = generator.random(200_000) < confidence
    assert reliability(confidence, right).error < 0.01
    assert reliability(np.sqrt(confidence), right).error > 0.05
    ends = reliability(np.array([0.0, 1.0]), np.array([False, True]), bins=4)
    assert ends.counts.tolist() == [1, 0, 0, 1]


def test_auroc_of_known_scores() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auroc(np.array([0.0]), np.array([1.0, 2.0])) == 0.0
    assert auroc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    assert auroc(np.array([1.0, 3.0]), np.array([2.0])) == 0.5
    with pytest.raises(ValueError, match="both kinds"):
        auroc(np.array([]), np.array([1.0]))


def test_acceptance_follows_the_threshold() -> None:
    model = uniform_model(MLPConfig(hidden_sizes=(), rejects=True, reject_below=0.5))
    assert evaluate(model, digits()).accepted == 1.0
    assert np.allclose(likeness_of(model, digits().images), 10 / 11)
    with torch.no_grad():
        model.output.bias[10] = 50.0
    assert evaluate(model, digits()).accepted == 0.0
    strictest = MLPConfig(hidden_sizes=(), reject_below=1.0)  # of one that can't reject
    assert evaluate(uniform_model(strictest), digits()).accepted == 1.0


def test_empty_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        evaluate(uniform_model(), Dataset(torch.zeros(0, 28, 28), torch.zeros(0).long()))


def test_report_shows_each_figure() -> None:
    report = format_report(evaluate(uniform_model(), digits(1500)), title="Made-up digits")
    assert report.startswith("Made-up digits: 1,500 digits")
    for part in ("accuracy", "error", "calibration error", "accepted as digits 100.00%"):
        assert part in report
    assert len(report.splitlines()) == 15
