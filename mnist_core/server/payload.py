"""What a page sends, checked once, at the edge."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_core.errors import RefusedError


class Payload(BaseModel):
    """One kind of request; what else came with it is left alone."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


Request = TypeVar("Request", bound=Payload)


def parsed(kind: type[Request], payload: object) -> Request:
    """The request in `payload`, as it came from the network; `RefusedError` "payload" if there is none."""
    try:
        return kind.model_validate(payload)
    except ValidationError:
        # What pydantic says repeats what came.
        raise unexpected() from None


def unexpected() -> RefusedError:
    """A request of another form than the page sends."""
    return RefusedError("payload", "The page sent something unexpected. Reload it, please.")
