"""Trials on a Ray cluster, a task each. Ray is imported where a cluster is asked for, not before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mnist_core.cluster import check_cluster, join
from mnist_core.data.datasets import Splits
from mnist_core.search.local import Finished
from mnist_core.search.trial import Result, Trial, train_trial


def train_on_ray(
    trials: Sequence[Trial], *, data: Splits, address: str, cores: int
) -> Iterator[Finished]:
    """Each trial as it is finished on the cluster at `address`; "local" is one of this machine alone.

    cores: of that. The data travels once to each node. `StartError` where there is no cluster, or no Ray.
    """
    check_cluster(address)
    join(address, cores=cores)
    import ray

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
