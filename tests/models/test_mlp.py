import math

import pytest
import torch
from torch import nn

from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP, logits_of


def test_the_notebook_preset_is_its_network_on_normalized_pixels() -> None:
    model = MLP(MLPConfig(), generator=torch.Generator().manual_seed(0)).eval()
    assert model.config.layer_sizes == (784, 128, 64, 10)
    assert model.parameter_count == 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    first, second, third = model.linear_layers
    notebook = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third, nn.LogSoftmax(dim=1))
    images = torch.rand(5, 28, 28)
    expected = notebook(((images - 0.5) / 0.5).view(5, -1))
    torch.testing.assert_close(model.log_probabilities(images), expected)


@pytest.mark.parametrize(
    "config",
    [
        MLPConfig(),
        MLPConfig(hidden_sizes=()),
        MLPConfig(hidden_sizes=(256,), activation="sigmoid"),
        MLPConfig(normalization="batch", dropout=0.5, rejects=True, temperature=2.0),
    ],
)
def test_probabilities_sum_to_one(config: MLPConfig) -> None:
    model = MLP(config).eval()
    probabilities = model.probabilities(torch.rand(4, 28, 28))
    assert probabilities.shape == (4, 10)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(4))


def test_uniform_logits_give_a_loss_of_ln_10() -> None:
    model = MLP()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    loss = -model.log_probabilities(torch.rand(3, 28, 28))[:, 0]
    torch.testing.assert_close(loss, torch.full((3,), math.log(10)))


def test_temperature_softens_probabilities_and_keeps_the_answer() -> None:
    sharp = MLP(MLPConfig(), generator=torch.Generator().manual_seed(3)).eval()
    soft = MLP(MLPConfig(temperature=4.0), generator=torch.Generator().manual_seed(3)).eval()
    images = torch.rand(6, 28, 28)
    assert (soft.probabilities(images).amax(1) < sharp.probabilities(images).amax(1)).all()
    assert torch.equal(soft(images).argmax(1), sharp(images).argmax(1))


def test_a_model_that_rejects_tells_digits_from_other_ink() -> None:
    model = MLP(MLPConfig(rejects=True)).eval()
    images = torch.rand(4, 28, 28)
    assert model(images).shape == (4, 11)
    expected = 1 - torch.softmax(model(images), dim=1)[:, 10]
    torch.testing.assert_close(model.digit_likeness(images), expected)
    assert model.probabilities(images).shape == (4, 10)
    assert torch.equal(MLP().digit_likeness(images), torch.ones(4))


def test_the_same_seed_gives_the_same_weights() -> None:
    models = [MLP(generator=torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)]
    weights = [model.output.weight for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("config", [MLPConfig(), MLPConfig(normalization="batch", rejects=True)])
def test_logits_in_parts_are_those_in_one(config: MLPConfig) -> None:
    model = MLP(config).eval()
    images = torch.rand(7, 28, 28)
    sizes: list[int] = []

    def network(part: torch.Tensor) -> torch.Tensor:
        sizes.append(len(part))
        logits: torch.Tensor = model(part)
        return logits

    logits = logits_of(network, images, batch_size=3)
    assert sizes == [3, 3, 1]
    assert not logits.requires_grad
    torch.testing.assert_close(logits, model(images).detach())
    pixels = model.standardize(images)
    torch.testing.assert_close(logits_of(model.logits_from_pixels, pixels), logits)
    assert logits_of(model, images[:0]).shape == (0, config.layer_sizes[-1])
