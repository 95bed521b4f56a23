import pytest

from mnist_core.training.config import TrainConfig


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", -0.1),
        ("weight_decay", -1.0),
        ("dropout", 1.0),
        ("optimizer", "lbfgs"),
        ("schedule", "cosine"),
        ("train_size", 0),
    ],
)
def test_a_bad_setting_is_named_with_its_rule(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field}: expected"):
        TrainConfig(**{field: value})  # type: ignore[arg-type]
