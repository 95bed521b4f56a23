import numpy as np
import pytest
import torch

from mnist_core import Classifier, Ink
from mnist_core.data.datasets import Splits
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP

SEVEN = [np.array([[20.0, 20.0], [80.0, 20.0], [45.0, 110.0]])]
ONE = [np.array([[50.0, 10.0], [48.0, 60.0], [46.0, 120.0]])]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.mark.parametrize(("strokes", "digit"), [(SEVEN, 7), (ONE, 1)])
def test_the_shipped_model_reads_plain_strokes(
    classifier: Classifier, strokes: list[np.ndarray], digit: int
) -> None:
    prediction = classifier.predict(Ink(strokes))
    assert prediction.digit == digit
    assert prediction.probabilities.argmax() == digit
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert np.array_equal(prediction.image, Ink(strokes).to_image())
    assert 0 <= prediction.digit_likeness <= 1


def test_blank_ink_is_a_state(classifier: Classifier) -> None:
    prediction = classifier.predict(Ink([]))
    assert prediction.digit is None
    assert prediction.digit_likeness == 0
    assert prediction.probabilities.tolist() == pytest.approx([0.1] * 10)


def test_pictures_and_ink_get_the_same_answer(classifier: Classifier) -> None:
    prediction = classifier.predict(Ink(SEVEN))
    probabilities = classifier.predict_images(prediction.image[None])
    np.testing.assert_allclose(probabilities[0], prediction.probabilities, atol=1e-6)
    assert classifier.predict_images(torch.zeros(0, 28, 28)).shape == (0, 10)
    with pytest.raises(ValueError, match="expected shape"):
        classifier.predict_images(np.zeros((3, 784), dtype=np.float32))


def test_ink_that_is_no_digit_has_no_digit() -> None:
    model = MLP(MLPConfig(rejects=True, reject_below=0.5))
    with torch.no_grad():
        model.output.weight.zero_()
        model.output.bias.zero_()
        model.output.bias[10] = 5.0
    prediction = Classifier(model).predict(Ink(SEVEN))
    assert prediction.digit is None
    assert prediction.digit_likeness < 0.1


def test_the_shipped_weights_name_98_percent_of_the_test_set(
    classifier: Classifier, mnist: Splits
) -> None:
    assert mnist.test is not None
    answers = classifier.predict_images(mnist.test.images).argmax(axis=1)
    assert (answers == mnist.test.labels.numpy()).mean() >= 0.98


@pytest.mark.parametrize("rejects", [False, True])
def test_a_model_whose_numbers_overflow_knows_nothing(rejects: bool) -> None:
    model = MLP(MLPConfig(hidden_sizes=(8,), rejects=rejects))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(3e38)
    classifier = Classifier(model)
    prediction = classifier.predict(Ink([[(20, 20), (80, 20), (45, 110)]]))
    assert prediction.probabilities.tolist() == pytest.approx([0.1] * 10)
    assert 0 <= prediction.digit_likeness <= 1
    assert classifier.predict_images(torch.rand(2, 28, 28)).sum(axis=1) == pytest.approx(1.0)


def test_an_image_in_the_strokes_place_is_read_as_the_one_digit_that_it_is(
    classifier: Classifier,
) -> None:
    drawn = classifier.predict(Ink(SEVEN))
    reading = classifier.read(Ink.from_placed(drawn.image))
    assert reading.text == "7"
    assert np.array_equal(reading.digits[0].probabilities, drawn.probabilities)
