from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from mnist_core.data.datasets import Dataset
from mnist_core.models.config import Activation, MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.backpropagation import Backpropagation, FlatParameters
from mnist_core.training.kernels import compiled


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("hidden_sizes", [(), (16,), (128, 64), (8, 8, 8, 8)])
def test_gradients_are_those_of_autograd(
    hidden_sizes: tuple[int, ...], activation: Activation, smoothing: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    config = MLPConfig(hidden_sizes=hidden_sizes, activation=activation, mean=0.1, std=0.3)
    model = MLP(config, generator=generator)
    images = torch.rand(7, 28, 28, generator=generator)
    images[images < 0.7] = 0
    labels = torch.randint(10, (7,), generator=generator)
    logits = model(images)
    expected_loss = functional.cross_entropy(logits, labels)
    smoothed = functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    expected = torch.autograd.grad(smoothed, list(model.parameters()))

    FlatParameters(model)
    others = torch.rand(2, 28, 28, generator=generator)
    data = Dataset(torch.cat([others, images]), torch.cat([torch.tensor([0, 0]), labels]))
    backpropagation = Backpropagation(model, data)
    loss, correct = backpropagation(
        data, torch.arange(2, 9), dropout=0.0, generator=generator, label_smoothing=smoothing
    )

    assert loss == pytest.approx(expected_loss.item(), rel=1e-5)
    assert correct == int((logits.argmax(1) == labels).sum())
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_dropout_silences_units_and_passes_no_gradient_to_them() -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(MLPConfig(hidden_sizes=(1000,)), generator=generator)
    FlatParameters(model)
    data = Dataset(torch.rand(1, 28, 28), torch.tensor([3]))
    Backpropagation(model, data)(data, torch.tensor([0]), dropout=0.9, generator=generator)
    gradient = model.linear_layers[0].weight.grad
    assert gradient is not None
    silent = (gradient == 0).all(dim=1).float().mean().item()
    assert 0.85 < silent < 1.0  # ReLU silences some of the rest


@pytest.mark.parametrize("config", [MLPConfig(normalization="batch"), MLPConfig(rejects=True)])
def test_other_networks_take_autograd_and_start_each_batch_from_zero(config: MLPConfig) -> None:
    generator = torch.Generator().manual_seed(0)
    model = MLP(config, generator=generator)
    FlatParameters(model)
    data = Dataset(torch.rand(9, 28, 28), torch.arange(9))
    backpropagation = Backpropagation(model, data)
    found = []
    for _ in range(2):
        backpropagation(data, torch.arange(9), dropout=0.0, generator=generator)
        found.append(torch.cat([p.grad.flatten() for p in model.parameters()]))  # type: ignore[union-attr]
    assert found[0].abs().sum() > 0
    torch.testing.assert_close(found[0], found[1])


def test_a_label_of_another_model_is_refused() -> None:
    model = MLP()
    FlatParameters(model)
    for label in (-1, 10):
        data = Dataset(torch.rand(2, 28, 28), torch.tensor([3, label]))
        with pytest.raises(ValueError, match=f"labels: expected 0 to 9, got {label}"):
            Backpropagation(model, data)


def test_what_has_no_file_to_be_kept_beside_is_compiled_all_the_same() -> None:
    namespace: dict[str, Callable[[float], float]] = {}
    exec("def double(x): return 2 * x", namespace)
    assert compiled("float64(float64)")(namespace["double"])(2.0) == 4.0


def test_flat_parameters_are_the_models_own() -> None:
    model = MLP()
    flat = FlatParameters(model)
    assert len(flat.values) == model.parameter_count
    flat.values.fill_(0.25)
    assert all((parameter == 0.25).all() for parameter in model.parameters())
