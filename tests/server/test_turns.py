"""The queue's promises: fair between addresses, first come first served within one, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.server.turns import Item, Turns


def filled(*names: str, limit: int = 100) -> Turns[str]:
    """A queue of items such as "a1", whose letter is their address."""
    turns: Turns[str] = Turns(limit)
    for name in names:
        assert turns.add(name, address=name[0]) is None
    return turns


def position(turns: Turns[Item], item: Item) -> int | None:
    """How many are served before `item`; None where it does not wait."""
    return next((index for index, each in enumerate(turns) if each == item), None)


def served(turns: Turns[str]) -> list[str]:
    order = []
    while len(turns):
        order.append(next(iter(turns)))
        turns.serve(order[-1])
    return order


def test_one_address_is_served_in_the_order_of_asking() -> None:
    assert served(filled("a1", "a2", "a3")) == ["a1", "a2", "a3"]


def test_addresses_take_turns_however_much_one_asks_for() -> None:
    turns = filled("a1", "a2", "a3", "a4", "b1", "c1", "b2")
    assert served(turns) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


def test_whoever_was_served_goes_behind_the_others() -> None:
    turns = filled("a1", "a2", "b1")
    turns.serve("a1")
    turns.add("c1", address="c")
    assert served(turns) == ["b1", "a2", "c1"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60))
def test_newcomers_never_pass_the_next_of_an_address(steps: list[tuple[str, bool]]) -> None:
    turns: Turns[tuple[str, int]] = Turns(100)
    for number, (address, is_served) in enumerate(steps):
        firsts = {item[0]: item for item in reversed(list(turns))}
        before = {who: position(turns, item) for who, item in firsts.items()}
        turns.add((address, number), address=address)
        assert {who: position(turns, item) for who, item in firsts.items()} == before
        if is_served:
            turns.serve(next(iter(turns)))


def test_nothing_waits_after_a_clear() -> None:
    turns = filled("a1", "b1")
    turns.clear()
    assert served(turns) == []


def test_a_full_queue_makes_room_for_an_address_with_fewer_and_for_no_other() -> None:
    turns = filled("a1", "a2", "a3", limit=3)
    assert turns.add("a4", address="a") == "a4"
    assert turns.add("b1", address="b") == "a3"
    assert turns.add("c1", address="c") == "a2"
    assert turns.add("d1", address="d") == "d1"
    assert served(turns) == ["a1", "b1", "c1"]


def test_what_was_taken_out_costs_no_turn() -> None:
    turns = filled("a1", "b1")
    for _ in range(5):
        turns.add("a2", address="a")
        assert turns.remove("a2")
    turns.add("a2", address="a")
    turns.add("b2", address="b")
    assert served(turns) == ["a1", "b1", "a2", "b2"]
    assert not turns.remove("a2")
    with pytest.raises(ValueError, match="that waits"):
        turns.serve("a2")


@given(st.lists(st.sampled_from(["ask a", "ask b", "ask c", "serve", "drop"]), max_size=120))
def test_whatever_happens_it_is_bounded_and_each_address_in_order(steps: list[str]) -> None:
    turns: Turns[tuple[str, int]] = Turns(8)
    done: list[tuple[str, int]] = []
    for number, step in enumerate(steps):
        if step.startswith("ask"):
            item = (step[-1], number)
            lost = turns.add(item, address=item[0])
            assert lost is None or lost not in turns
            assert (lost == item) == (item not in turns)
        elif waiting := list(turns):
            if step == "serve":
                turns.serve(waiting[0])
                done.append(waiting[0])
            else:
                assert turns.remove(waiting[-1])
        assert len(turns) <= 8
        assert [position(turns, item) for item in turns] == list(range(len(turns)))
    for address in "abc":
        numbers = [number for who, number in [*done, *turns] if who == address]
        assert numbers == sorted(numbers)


def test_serving_out_of_turn_puts_nobody_behind_those_who_were_passed() -> None:
    turns = filled(*(f"a{number}" for number in range(50)))
    turns.serve("a49")
    turns.add("b1", address="b")
    assert position(turns, "b1") == 1


def test_cancelled_waits_leave_no_debt() -> None:
    turns: Turns[str] = Turns(100)
    for number in range(50):
        turns.add(f"first {number}", address="a")
        turns.add(f"second {number}", address="a")
        turns.remove(f"first {number}")
        turns.remove(f"second {number}")
    turns.add("a1", address="a")
    turns.add("b1", address="b")
    assert served(turns) == ["a1", "b1"]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=150),
    st.integers(1, 10),
)
def test_a_newcomer_comes_before_the_second_item_of_everybody(
    steps: list[tuple[int, bool]], asked: int
) -> None:
    turns: Turns[tuple[str, int]] = Turns(1000)
    for number, (who, is_served) in enumerate(steps):
        for each in range(asked):
            turns.add((f"{who}", number * asked + each), address=f"{who}")
        if is_served:
            turns.serve(next(iter(turns)))
    newcomer = ("newcomer", 0)
    turns.add(newcomer, address="newcomer")
    before = [who for who, _ in list(turns)[: position(turns, newcomer)]]
    assert len(before) == len(set(before))
