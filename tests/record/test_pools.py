import pytest

from mnist_core.record.pools import RecordConfig


@pytest.mark.parametrize(
    "fault", [{"epochs": 0}, {"teacher_epochs": 0}, {"mnist_share": 0.9}, {"batch_size": 0}]
)
def test_config_is_checked(fault: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected at least 1|add up to 1"):
        RecordConfig(**fault)  # type: ignore[arg-type]
