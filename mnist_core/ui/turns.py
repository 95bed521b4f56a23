"""Whose turn it is: a queue that is fair between addresses, however much one of them asks for."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

# After so many were served a turn is over, and no newcomer passes those who wait for the next: else
# a stream of them would let nobody else through.
_TURN = 10


@dataclass(frozen=True, slots=True)
class _Place(Generic[Item]):
    turn: int
    address: str
    item: Item


class Turns(Generic[Item]):
    """Items that wait, at most `limit`, those of one address a turn apart.

    Start-time fair queueing (Goyal, Vin and Cheng 1996): addresses take turns, and whoever has not
    been served lately goes before the second item of somebody who has. From one address alone it is
    first come, first served. Not safe for threads by itself.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._places: list[_Place[Item]] = []  # in the order in which they are served
        self._turn = 0
        self._last: dict[str, int] = {}  # the last turn given to an address

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Item]:
        return (place.item for place in self._places)

    def add(self, item: Item, *, address: str) -> Item | None:
        """Put `item` where its turn is; what lost its place for that, `item` itself where it has none.

        A full queue gives up its last item for one whose turn comes before.
        """
        turn = self._turn
        if address in self._last:
            turn = max(turn, self._last[address] + _TURN)
        lost: Item | None = None
        if len(self._places) >= self._limit:
            if self._places[-1].turn <= turn:
                return item
            lost = self._places[-1].item
            self.remove(lost)
        bisect.insort(self._places, _Place(turn, address, item), key=lambda place: place.turn)
        self._last[address] = turn
        return lost

    def remove(self, item: Item) -> bool:
        """Take `item` out, as if it had never waited; False where it does not wait."""
        place = self._taken(item)
        if place is None:
            return False
        # Those behind it keep their turns; only the next one counts from the turn before.
        if self._last.get(place.address) == place.turn:
            self._last[place.address] -= _TURN
        return True

    def serve(self, item: Item) -> None:
        """Take `item` out because its turn has come."""
        place = self._taken(item)
        if place is None:
            raise ValueError("expected an item that waits")
        self._turn = max(self._turn, place.turn) + 1
        # Nobody whose next turn would be now anyway needs to be remembered.
        self._last = {who: last for who, last in self._last.items() if last + _TURN > self._turn}

    def position(self, item: Item) -> int | None:
        """How many are served before `item`; None where it does not wait."""
        return next((index for index, each in enumerate(self) if each is item), None)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._places.clear()

    def _taken(self, item: Item) -> _Place[Item] | None:
        index = self.position(item)
        return None if index is None else self._places.pop(index)
