"""What the pool foresees: when each training that waits begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mnist_core.server.estimates import Estimates, waits_s
from mnist_core.server.job import Job
from mnist_core.worker.messages import End, Loaded, Ready, Report, Started

#: The place in the queue from 1, and the wait in seconds; None where nothing can be foreseen.
Place = tuple[int, float | None]

_HOLDS_S = 0.25  # that what was foreseen still holds


@dataclass(slots=True)
class Post:
    """What a worker has to do, when it was started and when it last said or was told something.

    answered_s: how long after its start it first did. begun_at: of its training.
    """

    job: Job | None
    started_at: float
    heard_at: float
    answered_s: float | None = None
    has_data: bool = False
    begun_at: float = math.inf


class Foresight:
    """The place and the wait of each training that waits, from how those before it get on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._estimates = Estimates()
        self._seen_at = -math.inf
        self._seen: dict[Job, Place] = {}

    def anew(self) -> None:
        """Others wait than before."""
        self._seen_at = -math.inf

    def heard(self, post: Post, report: Report) -> None:
        """Learn from what a worker reports of its start and of its training."""
        age_s = post.heard_at - post.started_at
        match report:
            case Ready() if post.answered_s is None:
                post.answered_s = age_s
            case Loaded() if not post.has_data:
                post.has_data = True
                self._estimates.warmed(age_s)
            case Started():
                post.begun_at = post.heard_at
            case End() if post.job is not None and not post.job.rested and not post.job.losses:
                job, took_s = post.job, post.heard_at - post.begun_at
                self._estimates.learn(job.start, job.progress, took_s=took_s)

    def place(
        self, job: Job, *, posts: Collection[Post], waiting: Sequence[Job], places: int
    ) -> Place | None:
        """The job's place among those that wait, and its wait; None: it does not wait.

        posts: of all workers; places: how many there may be.
        """
        now = self._clock()
        if now > self._seen_at + _HOLDS_S:
            begins_s = self._begins_s(posts, waiting, places, now)
            self._seen = {each: (i, begins_s[i - 1]) for i, each in enumerate(waiting, start=1)}
            self._seen_at = now
        return self._seen.get(job)

    def _begins_s(
        self, posts: Collection[Post], waiting: Sequence[Job], places: int, now: float
    ) -> Sequence[float | None]:
        if not posts and not places:
            return [None] * len(waiting)
        estimates = self._estimates
        coming_s = [
            0.0
            if post.has_data
            else estimates.coming_s(now - post.started_at, answered_s=post.answered_s)
            for post in posts
        ]
        running = [(post.job.start, post.job.progress) for post in posts if post.job is not None]
        slowness = estimates.slowness(
            running,
            coming_s=[
                now - post.started_at + left_s
                for post, left_s in zip(posts, coming_s, strict=True)
                if not post.has_data
            ],
        )

        def left_s(job: Job) -> float:
            return estimates.left_s(job.start, job.progress, slowness=slowness(job.start))

        until_free_s = [
            left + (0.0 if post.job is None else left_s(post.job))
            for post, left in zip(posts, coming_s, strict=True)
        ]
        until_free_s += [estimates.warm_up_s] * (places - len(posts))
        return waits_s(until_free_s, map(left_s, waiting))
