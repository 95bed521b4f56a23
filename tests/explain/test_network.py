"""Layers, gradients, attributions and SGD steps, with PyTorch as the oracle."""

import copy

import pytest
import torch

from mnist_core.explain.activations import (
    first_weights,
    run_layers,
    strongest_units,
    unit_view,
)
from mnist_core.explain.attribution import evidence, gradient_times_input, integrated_gradients
from mnist_core.explain.gradients import (
    finite_differences,
    gradients_before_and_after,
    input_gradient,
    loss_of,
    private_copy,
)
from mnist_core.explain.loss import digit_logits
from mnist_core.explain.sgd import practise, sgd_step
from mnist_core.models.mlp import MLP, MLPConfig

CONFIGS = {
    "notebook": MLPConfig(),
    "linear": MLPConfig(hidden_sizes=()),
    "rejecting": MLPConfig(
        hidden_sizes=(32, 16), normalization="batch", rejects=True, temperature=1.7, dropout=0.3
    ),
    "sigmoid": MLPConfig(hidden_sizes=(24,), activation="sigmoid"),
    "tanh": MLPConfig(hidden_sizes=(24, 12, 8), activation="tanh"),
}


@pytest.fixture(params=CONFIGS)
def model(request: pytest.FixtureRequest) -> MLP:
    model = MLP(CONFIGS[request.param], generator=torch.Generator().manual_seed(0))
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm1d):
            layer.running_mean += 0.1
            layer.running_var *= 1.3
    return model.eval()


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.tensor([3])


def test_layers_end_in_the_logits_of_the_model(model: MLP, image: torch.Tensor) -> None:
    results, logits = run_layers(model, image)
    torch.testing.assert_close(logits, model(image.unsqueeze(0))[0])
    assert tuple(len(result.outputs) for result in results) == model.config.hidden_sizes


def test_digit_logits_give_the_probabilities_of_the_model(model: MLP, image: torch.Tensor) -> None:
    images = image.unsqueeze(0)
    torch.testing.assert_close(
        digit_logits(model, images).softmax(dim=1), model.probabilities(images)
    )


def test_a_unit_fires_exactly_where_relu_lets_it_through(image: torch.Tensor) -> None:
    results, _ = run_layers(MLP(CONFIGS["notebook"]), image)
    for result in results:
        torch.testing.assert_close(result.outputs, torch.relu(result.sums))


def test_strongest_units_come_first() -> None:
    outputs = torch.tensor([0.0, 2.0, -3.0, 1.0])
    assert strongest_units(outputs, count=2).tolist() == [2, 1]
    assert len(strongest_units(outputs, count=9)) == 4


def test_first_layer_view_is_its_weights_over_the_standard_deviation(image: torch.Tensor) -> None:
    model = MLP(MLPConfig(std=0.3))
    weights = first_weights(model, torch.tensor([5]))[0]
    torch.testing.assert_close(unit_view(model, image, layer=0, unit=5), weights / 0.3)


def test_unit_views_equal_the_jacobian(model: MLP, image: torch.Tensor) -> None:
    jacobian = torch.func.jacrev(lambda x: run_layers(model, x)[1])(image)
    last = len(model.hidden)
    view = unit_view(model, image, layer=last, unit=7)
    torch.testing.assert_close(view, jacobian[7].detach())


def test_gradients_are_none_before_and_those_of_autograd_after(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    images = image.unsqueeze(0)
    before, after = gradients_before_and_after(model, images, labels)
    assert set(before.values()) == {None}
    assert all(parameter.grad is None for parameter in model.parameters())
    loss = loss_of(model, int(labels))(images)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    for gradient, wanted in zip(after.values(), expected, strict=True):
        torch.testing.assert_close(gradient, wanted)


def test_autograd_passes_gradcheck_on_the_pixels(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    function = loss_of(private_copy(model).double(), int(labels))
    assert torch.autograd.gradcheck(function, image.double().unsqueeze(0).requires_grad_())


def test_finite_differences_agree_with_autograd(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    function = loss_of(private_copy(model).double(), int(labels))
    gradient = input_gradient(function, image.double().unsqueeze(0)).flatten()
    pixels = [0, 400, 783]
    slopes = finite_differences(function, image.double(), pixels=pixels, step=1e-5)
    assert slopes.tolist() == pytest.approx(gradient[pixels].tolist(), rel=1e-3, abs=1e-8)


@pytest.mark.parametrize("digit", [0, 7])
def test_integrated_gradients_add_up_to_the_evidence(
    model: MLP, image: torch.Tensor, digit: int
) -> None:
    parts = integrated_gradients(model, image, digit=digit, steps=512)
    both = torch.stack([torch.zeros_like(image), image])
    blank, drawn = evidence(model, both, digit=digit)
    assert parts.sum().item() == pytest.approx((drawn - blank).item(), abs=5e-3)


def test_gradient_times_input_adds_up_exactly_without_biases(image: torch.Tensor) -> None:
    model = MLP(MLPConfig(mean=0.0, std=1.0))
    with torch.no_grad():
        for layer in model.linear_layers:
            layer.bias.zero_()
    parts = gradient_times_input(model, image, digit=4)
    assert parts.sum().item() == pytest.approx(
        evidence(model, image.unsqueeze(0), digit=4).item(), abs=1e-5
    )


def test_blank_paper_speaks_neither_for_nor_against(model: MLP) -> None:
    assert integrated_gradients(model, torch.zeros(28, 28), digit=1).abs().max() == 0


def test_one_step_equals_torch_sgd(model: MLP, image: torch.Tensor, labels: torch.Tensor) -> None:
    images = image.unsqueeze(0)
    ours, theirs = private_copy(model), copy.deepcopy(model)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05)
    sgd_step(ours, images, labels, learning_rate=0.05)
    loss_of(theirs, int(labels))(images).backward()
    optimizer.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_practice_lowers_the_loss_and_leaves_the_model_alone(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    before = copy.deepcopy(model.state_dict())
    images = image.unsqueeze(0)
    _, losses = practise(model, images, labels, steps=10, learning_rate=0.01)
    assert len(losses) == 11
    assert losses[-1] < losses[0]
    assert losses[0] == pytest.approx(loss_of(model, int(labels))(images).item(), rel=1e-5)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_no_step_is_back_to_the_start(
    model: MLP, image: torch.Tensor, labels: torch.Tensor
) -> None:
    same, losses = practise(model, image.unsqueeze(0), labels, steps=0, learning_rate=0.01)
    assert len(losses) == 1
    torch.testing.assert_close(same(image.unsqueeze(0)), model(image.unsqueeze(0)))
