import math

import pytest

from mnist_core.models.config import MLPConfig


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden_sizes", (0,)),
        ("hidden_sizes", (5000,)),
        ("hidden_sizes", [128]),
        ("hidden_sizes", (10,) * 9),
        ("hidden_sizes", (1.5,)),
        ("activation", "swish"),
        ("normalization", "layer"),
        ("dropout", 1.0),
        ("dropout", math.nan),
        ("std", 0.0),
        ("mean", math.inf),
        ("temperature", -1.0),
        ("reject_below", 2.0),
    ],
)
def test_a_bad_setting_is_named_with_its_rule(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field}: expected"):
        MLPConfig(**{field: value})  # type: ignore[arg-type]
