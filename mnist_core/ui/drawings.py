"""A visitor's drawing and the model that answers for it, as several parts of the page compute on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field

from mnist_core.ink.ink import Ink
from mnist_core.server.images import checked_image
from mnist_core.server.limits import Limits
from mnist_core.server.payload import Payload
from mnist_core.server.runs import Weights
from mnist_core.server.session import Model, Session
from mnist_core.server.strokes import checked_strokes
from mnist_core.ui.answers import Answer

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.models.mlp import MLP

#: Among a visitor's requests, one that computes on a drawing counts as so many predictions.
COST = 3.0
#: A drawing of more points counts as so many more requests.
POINTS_OF_A_DRAWING = 250
#: A digit of a larger probability has next to no loss.
SURE = 0.9


class OwnWeights(Payload):
    """Which of the visitor's own weights, as `Weights` has it."""

    run: int
    step: int | None
    version: int


class Drawn(Payload):
    """What is on the pad.

    strokes: checked by `checked_strokes`. image: where there is a picture in their place, what the model
    sees of it, checked by `checked_image`.
    """

    strokes: object = None
    image: Annotated[str, Field(max_length=5000)] | None = None

    def ink(self, *, max_points: int) -> Ink:
        """What is on the pad; `RefusedError` where it is no drawing."""
        if self.image is not None:
            return checked_image(self.image)
        return Ink(checked_strokes(self.strokes, max_points=max_points))


class DrawingRequest(Drawn):
    """A drawing, and which model answers.

    weights: of the visitor's own model, those that the pad's answer is of; None for the newest.
    """

    model: Model
    weights: OwnWeights | None = None

    @property
    def own_weights(self) -> Weights | None:
        return None if self.weights is None else Weights(**self.weights.model_dump())

    @property
    def meant(self) -> int | None:
        """The digit that the visitor meant, None before they choose."""
        return None


Request = TypeVar("Request", bound=DrawingRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing and the model that answers for it. image: (28, 28). `label` is what was meant."""

    ink: Ink
    model: MLP
    image: Tensor
    probabilities: Tensor
    label: int

    @classmethod
    def of(cls, ink: Ink, model: MLP, *, meant: int | None) -> Drawing:
        import torch  # not before somebody asks: it takes seconds

        image = torch.from_numpy(ink.to_image())
        with torch.no_grad():
            probabilities = model.probabilities(image[None])[0]
        label = _to_begin_with(probabilities) if meant is None else meant
        return cls(ink=ink, model=model, image=image, probabilities=probabilities, label=label)

    @property
    def likeliest(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def images(self) -> Tensor:
        return self.image[None]

    @property
    def labels(self) -> Tensor:
        import torch

        return torch.tensor([self.label])


def _to_begin_with(probabilities: Tensor) -> int:
    """The likeliest digit, or where that is sure the second: its own answer costs a model no loss."""
    first, second = probabilities.topk(2).indices.tolist()
    return int(second if probabilities[first] > SURE else first)


def of_drawing(
    limits: Limits, answer: Callable[[Session, Request, Drawing], Answer]
) -> Callable[[Session, Request], Answer]:
    """`answer` for requests whose drawing is not blank, with {blank} added."""

    def unless_blank(session: Session, request: Request) -> Answer:
        ink = request.ink(max_points=limits.points)
        if ink.is_empty:
            return {"blank": True}
        model = session.classifier_for(request.model, request.own_weights).model
        drawing = Drawing.of(ink, model, meant=request.meant)
        return {"blank": False} | answer(session, request, drawing)

    return unless_blank
