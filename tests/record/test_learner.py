import pytest
import torch
from torch.nn import functional

from mnist_core.record.learner import loss_of
from mnist_core.record.pools import RecordConfig


def test_the_teachers_share_of_the_loss_vanishes_where_both_agree() -> None:
    config = RecordConfig(distillation=0.6)
    logits = torch.randn(5, 11, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(5)
    hard = functional.cross_entropy(logits, labels)
    assert torch.equal(loss_of(logits, labels, None, config=config), hard)
    agreed = loss_of(logits, labels, logits + 3.0, config=config)
    assert agreed.item() == pytest.approx(0.4 * hard.item(), abs=1e-5)
    assert loss_of(logits, labels, -logits, config=config) > agreed
