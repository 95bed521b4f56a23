import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoint_reading import tensor_shapes
from mnist_core.models.checkpoints import load_checkpoint, network_of
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import Activation, MLPConfig, Normalization
from mnist_core.models.mlp import MLP
from tests.support.examples import the_same_each_time

SEVEN = [[(20, 20), (80, 20), (45, 110)]]


@the_same_each_time(25)
@given(
    hidden_sizes=st.lists(st.integers(1, 40), max_size=3).map(tuple),
    activation=st.sampled_from(["relu", "sigmoid", "tanh"]),
    normalization=st.sampled_from(["none", "batch"]),
    rejects=st.booleans(),
    temperature=st.floats(0.5, 2.0),
    seed=st.integers(0, 999),
)
def test_it_answers_as_the_mlp_does(
    hidden_sizes: tuple[int, ...],
    activation: Activation,
    normalization: Normalization,
    rejects: bool,
    temperature: float,
    seed: int,
) -> None:
    config = MLPConfig(
        hidden_sizes=hidden_sizes,
        activation=activation,
        normalization=normalization,
        rejects=rejects,
        temperature=temperature,
        mean=0.1307,
        std=0.3081,
    )
    generator = torch.Generator().manual_seed(seed)
    model = MLP(config, generator=generator)
    for name, tensor in model.state_dict().items():
        if "norm" in name and tensor.ndim:  # as if it had learnt
            tensor.uniform_(0.5, 1.5, generator=generator)
    images = torch.rand(3, 28, 28, generator=generator)
    network = network_of(model.eval())
    with torch.no_grad():
        logits = model(images)
        log_probabilities, likeness = model.answers_from_logits(logits)
    found = network.logits(images.numpy())
    torch.testing.assert_close(torch.from_numpy(found), logits, rtol=1e-5, atol=1e-5)
    probabilities, found_likeness = map(torch.from_numpy, network.answers(found))
    torch.testing.assert_close(probabilities, log_probabilities.exp(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found_likeness, likeness, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_a_file_has_the_tensors_of_its_model(normalization: Normalization) -> None:
    config = MLPConfig(hidden_sizes=(5, 3), normalization=normalization, rejects=True)
    model = MLP(config)
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert tensor_shapes(config) == expected
    assert network_of(model).parameter_count == model.parameter_count


def test_a_loaded_classifier_gives_its_model_on_the_same_memory() -> None:
    classifier = Classifier.load()
    before = classifier.predict(Ink(SEVEN)).probabilities
    assert classifier.model is classifier.model
    torch.testing.assert_close(
        classifier.model.output.weight, load_checkpoint(WEIGHTS).output.weight, rtol=0, atol=0
    )
    with torch.no_grad():
        classifier.model.output.weight.zero_()
    assert (classifier.predict(Ink(SEVEN)).probabilities != before).any()


def test_a_classifier_follows_its_model_as_it_learns() -> None:
    model = MLP(MLPConfig(hidden_sizes=()))
    classifier = Classifier(model)
    before = classifier.predict(Ink(SEVEN)).probabilities
    model.output.weight.data = torch.zeros_like(model.output.weight)  # moved, as a training does
    assert (classifier.predict(Ink(SEVEN)).probabilities != before).any()
