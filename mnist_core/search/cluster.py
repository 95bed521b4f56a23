"""Trials on a Ray cluster, a task each. Ray is imported where a cluster is asked for, not before."""

from __future__ import annotations

import importlib.util
import logging
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from mnist_core.data.datasets import Splits
from mnist_core.files import ROOT
from mnist_core.search.local import Finished
from mnist_core.search.trial import Result, Trial, train_trial

INSTALL = 'pip install "ray[client]==2.60.0"'
_KNOCK_S = 5.0


def train_on_ray(trials: Sequence[Trial], *, data: Splits, address: str) -> Iterator[Finished]:
    """Each trial as it is finished on the cluster at `address`; "local" is one of this machine alone.

    The data travels once to each node. `ValueError` where Ray is missing, `OSError` where nobody answers.
    """
    if importlib.util.find_spec("ray") is None:
        raise ValueError(f"--ray needs one more package: {INSTALL}")
    import ray

    _connect(ray, address)
    try:
        images = ray.put(data)
        task = ray.remote(num_cpus=1)(_train)
        asked = {task.remote(trial, images): trial for trial in trials}
        while asked:
            finished, _ = ray.wait(list(asked))
            for each in finished:
                result, weights = ray.get(each)
                yield asked.pop(each), result, weights
    except ray.exceptions.RayError as error:
        raise OSError(
            f"the cluster lost a training ({type(error).__name__}); what was finished is kept, and the "
            "same command goes on"
        ) from None
    finally:
        ray.shutdown()


def _train(trial: Trial, data: Splits) -> tuple[Result, bytes]:
    import torch

    torch.set_num_threads(1)
    return train_trial(trial, data)


def _connect(ray: Any, address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        # Ray itself would go on trying for a minute.
        try:
            socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
        except OSError:
            raise OSError(
                f"--ray {address}: expected a Ray cluster there, and nobody answers"
            ) from None
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == "local":
            ray.init(address=address, include_dashboard=False, **quiet)
        else:
            # Nodes need Ray and the packages of requirements.txt, no more.
            code = {"py_modules": [str(ROOT / "mnist_core")]}
            ray.init(address=address, runtime_env=code, **quiet)
    except (ImportError, ConnectionError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise OSError(f"--ray {address}: expected a Ray cluster there: {said}") from None
