"""Networks of every kind, and a drawing for them."""

import pytest
import torch

from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP

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
            for statistic, value in ((layer.running_mean, 0.1), (layer.running_var, 1.3)):
                assert statistic is not None
                statistic.fill_(value)
    return model.eval()


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.tensor([3])
