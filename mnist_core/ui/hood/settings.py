"""What the page asks of Under the hood, and what a visitor has set in its steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mnist_core.explain.stages import Stages
from mnist_core.server.payload import Payload
from mnist_core.server.session import Model
from mnist_core.ui.drawings import DrawingRequest

STEPS = 50  # of SGD at most: each click computes all of them again

Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class StagesOn(Payload):
    """Which stages of step 2 are on."""

    crop: bool
    scale: bool
    centre: bool
    pen: bool

    @property
    def on(self) -> Stages:
        return Stages(crop=self.crop, scale=self.scale, centre=self.centre, pen=self.pen)


class Settings(Payload):
    """What the visitor has set in the steps.

    meant: the digit that they meant, None before they choose. weights_seed: of the
    random weights of step 3. factor: what it multiplies the logits by. pixel_seed: of the pixels that
    step 6 checks. steps, learning_rate: of SGD in step 7.
    """

    meant: Annotated[int, Field(ge=0, le=9)] | None = None
    weights_seed: Seed
    factor: Annotated[float, Field(gt=0, le=50)]
    stages: StagesOn
    pixel_seed: Seed
    steps: Annotated[int, Field(ge=0, le=STEPS)]
    learning_rate: Annotated[float, Field(gt=0, le=1)]


class StepsRequest(DrawingRequest):
    """The steps that are open in the page, by their names."""

    open: Annotated[list[str], Field(max_length=20)]
    settings: Settings

    @property
    def meant(self) -> int | None:
        return self.settings.meant


class NotebookRequest(Payload):
    """A set-up, which `parse_setup` reads."""

    setup: object = None


class BatchRequest(Payload):
    seed: Seed
    model: Model


class UnitRequest(DrawingRequest):
    layer: int
    unit: int
