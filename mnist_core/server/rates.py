"""How often somebody may ask: token buckets."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

Clock = Callable[[], float]

#: A bucket holds so many seconds' worth of requests: a page that opens asks for much at once.
BURST_S = 3.0
# Addresses remembered; the ones unheard of for longest go first, and start anew with a full bucket.
_MAX_ADDRESSES = 10_000


class Bucket:
    """`per_s` requests a second on average, and `most` at once, by default `BURST_S` seconds' worth."""

    __slots__ = ("_clock", "_filled_at", "_left", "_lock", "_wanted", "per_s")

    def __init__(
        self, per_s: float, *, most: float | None = None, clock: Clock = time.monotonic
    ) -> None:
        self.per_s = per_s
        self._wanted = most
        self._clock = clock
        self._left = self._most
        self._filled_at = clock()
        self._lock = threading.Lock()

    @property
    def _most(self) -> float:
        return max(1.0, BURST_S * self.per_s) if self._wanted is None else self._wanted

    def take(self, cost: float = 1.0) -> bool:
        """Whether one more request is within the limit; if so, it is counted, `cost` times."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._filled_at) * self.per_s)
            self._filled_at = now
            if self._left < min(cost, self._most):
                return False
            self._left -= cost
            return True

    def give_back(self) -> None:
        """Takes back the count of one request."""
        with self._lock:
            self._left = min(self._most, self._left + 1)


class Buckets:
    """A bucket for each address; used from one thread alone, the server's event loop."""

    def __init__(
        self, per_s: float, *, most: float | None = None, clock: Clock = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, cost: float = 1.0) -> bool:
        """Whether one more request from `address` is within the limit."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(
                self._per_s, most=self._most, clock=self._clock
            )
            if len(self._buckets) > _MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(address)
        return bucket.take(cost)

    def give_back(self, address: str) -> None:
        """Takes back the count of one request from `address`."""
        if address in self._buckets:
            self._buckets[address].give_back()
