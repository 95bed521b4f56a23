"""Whose turn it is: a queue that is fair between addresses, however much one of them asks for."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

# The items of one address stand so far apart on the queue's clock, which every item that is served
# moves on. So a stream of newcomers passes nobody for longer than this.
_TURN = 10
# By this the clock moves on, or by less where more addresses wait: all of them have their turn in one.
_STEP = 1.0


@dataclass(frozen=True, slots=True)
class _Place(Generic[Item]):
    turn: float
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
        self._clock = 0.0  # the turn that a newcomer gets
        self._served: dict[str, float] = {}  # the last turn that an address has had

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Item]:
        return (place.item for place in self._places)

    def add(self, item: Item, *, address: str) -> Item | None:
        """Put `item` where its turn is; what lost its place for that, `item` itself where it has none.

        A full queue gives up its last item for one whose turn comes before.
        """
        turn = self._next_turn(address)
        lost: Item | None = None
        if len(self._places) >= self._limit:
            if self._places[-1].turn <= turn:
                return item
            lost = self._places.pop().item
        bisect.insort(self._places, _Place(turn, address, item), key=lambda place: place.turn)
        return lost

    def remove(self, item: Item) -> bool:
        """Take `item` out, as if it had never waited; False where it does not wait."""
        return self._taken(item) is not None

    def serve(self, item: Item) -> None:
        """Take `item` out because it is served, be it its turn or those before it not ready."""
        addresses = len({place.address for place in self._places})
        first = self._places[0].turn if self._places else 0.0
        place = self._taken(item)
        if place is None:
            raise ValueError("expected an item that waits")
        moved = max(self._clock, first) + min(_STEP, _TURN / addresses)
        if self._places:
            # Never more than a turn ahead of who waits: a newcomer comes before everybody's second.
            moved = min(moved, self._places[0].turn + _TURN)
        self._clock = max(self._clock, moved)
        self._served[place.address] = max(place.turn, self._served.get(place.address, 0.0))
        # Nobody whose next turn would be now anyway needs to be remembered.
        self._served = {
            who: turn for who, turn in self._served.items() if turn + _TURN > self._clock
        }

    def position(self, item: Item) -> int | None:
        """How many are served before `item`; None where it does not wait."""
        return next((index for index, each in enumerate(self) if each == item), None)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._places.clear()

    def _next_turn(self, address: str) -> float:
        had = [place.turn for place in self._places if place.address == address]
        if address in self._served:
            had.append(self._served[address])
        return max(self._clock, max(had) + _TURN) if had else self._clock

    def _taken(self, item: Item) -> _Place[Item] | None:
        index = self.position(item)
        return None if index is None else self._places.pop(index)
