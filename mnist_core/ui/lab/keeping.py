"""A trained model to keep: as a file to take along, and back from one."""

from __future__ import annotations

import base64
import logging
from typing import Literal

from mnist_core.errors import CheckpointError, CheckpointFault, RefusedError
from mnist_core.models.checkpoint_writing import dump_tensors
from mnist_core.models.classifier import Classifier
from mnist_core.server.payload import Payload
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.component import read_asset

log = logging.getLogger(__name__)

_LOADER = "use_model.py"
_FAULTS: dict[CheckpointFault, str] = {
    "not-safetensors": (
        "That is not a model file: a .safetensors file that was downloaded here is needed."
    ),
    "foreign": "That is a safetensors file, but not a model that was downloaded here.",
    "damaged": "That model file is damaged: its weights do not fit its description.",
    "not-finite": "That model holds weights that give no numbers, so it can't answer.",
    "too-large": "That model file is too large.",
}


class DownloadRequest(Payload):
    """The model's weights, or the Python file that loads them."""

    kind: Literal["model", "loader"] = "model"


class UploadRequest(Payload):
    """A piece of a model file in base64, perhaps the first, perhaps the last."""

    data: str
    begin: bool = False
    end: bool = False


def download(session: Session, request: DownloadRequest) -> Answer:
    """The model that answers, as a safetensors file, or the Python file that loads it."""
    if request.kind == "loader":
        return {"text": read_asset(_LOADER)}
    if not session.has_model:
        raise RefusedError("refused", "There is no model of your own yet. Train one first.")
    network = session.classifier_for("yours").network
    return {"data": base64.b64encode(dump_tensors(network.config, network.tensors)).decode()}


def upload(session: Session, request: UploadRequest) -> Answer:
    """Take in a model file, piece by piece; it answers once the last piece is there."""
    if request.begin:
        session.file.drop()
    session.file.add(request.data)
    if not request.end:
        return {}
    try:
        classifier = Classifier.load(session.file.take())
    except CheckpointError as error:
        log.info("a model file was refused", extra={"fault": error.fault})
        raise RefusedError("foreign", _FAULTS[error.fault]) from error
    session.stop()
    loaded = session.take(classifier)
    sizes = [784, *classifier.config.hidden_sizes, 10]
    return {
        "layers": sizes,
        "parameters": classifier.network.parameter_count,
        "loaded": loaded.summary(),
    }
