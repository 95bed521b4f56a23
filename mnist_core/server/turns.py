"""Whose turn it is: a queue in which addresses take turns, however much one of them asks for."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import zip_longest
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """Items that wait, at most `limit`: the first of each address, then the second of each, ...

    An address that has had its turn goes behind all others, and so does one that comes anew. Not
    safe for threads by itself.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: OrderedDict[str, deque[Item]] = OrderedDict()  # whose turn is next, first

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[Item]:
        """The items in the order in which they are served."""
        nobody = object()
        for turn in zip_longest(*self._waiting.values(), fillvalue=nobody):
            yield from (item for item in turn if item is not nobody)  # type: ignore[misc]

    def add(self, item: Item, *, address: str) -> Item | None:
        """Put `item` behind those of its address; what lost its place for that, perhaps `item` itself.

        In a full queue, the address with most items makes room for one with fewer.
        """
        lost = None
        if len(self) >= self._limit:
            most = max(reversed(self._waiting), key=lambda each: len(self._waiting[each]))
            if len(self._waiting[most]) <= len(self._waiting.get(address, ())) + 1:
                return item
            lost = self._waiting[most].pop()
        self._waiting.setdefault(address, deque()).append(item)
        return lost

    def remove(self, item: Item) -> bool:
        """Take `item` out, as if it had never waited; False where it does not wait."""
        return self._taken(item) is not None

    def serve(self, item: Item) -> None:
        """Take `item` out because it is served, be it its turn or those before it not ready."""
        address = self._taken(item)
        if address is None:
            raise ValueError("expected an item that waits")
        if address in self._waiting:
            self._waiting.move_to_end(address)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._waiting.clear()

    def _taken(self, item: Item) -> str | None:
        """The address that `item` was taken from."""
        for address, items in self._waiting.items():
            if item in items:
                items.remove(item)
                if not items:
                    del self._waiting[address]
                return address
        return None
