"""Networks and trainings by name."""

from __future__ import annotations

from mnist_core.training.config import TrainConfig

TRAIN_PRESETS: dict[str, TrainConfig] = {
    "notebook": TrainConfig(),
    "fast": TrainConfig(
        epochs=6,
        batch_size=256,
        learning_rate=0.15,
        optimizer="momentum",
        schedule="one-cycle",
        validation_size=5_000,
    ),
    "augmented": TrainConfig(
        epochs=30,
        batch_size=128,
        learning_rate=0.08,
        optimizer="momentum",
        schedule="one-cycle",
        augment=True,
        validation_size=5_000,
    ),
}
