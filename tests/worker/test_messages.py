"""What server and worker say to each other, there and back, and what is refused."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.errors import FrameError
from mnist_core.models.config import MLPConfig
from mnist_core.training.config import TrainConfig
from mnist_core.worker.messages import (
    Load,
    Message,
    Moment,
    Order,
    Pictures,
    Progress,
    Report,
    Set,
    Snapshot,
    Start,
    Step,
    from_frame,
    read_order,
    read_report,
    to_frame,
    write_message,
)

st.register_type_strategy(
    MLPConfig,
    st.builds(
        MLPConfig,
        hidden_sizes=st.lists(st.integers(1, 4096), max_size=8).map(tuple),
        dropout=st.floats(0, 0.99),
        mean=st.floats(-1, 1),
        std=st.floats(0.01, 10),
        reject_below=st.floats(0, 1),
        temperature=st.floats(0.01, 10),
    ),
)
st.register_type_strategy(
    TrainConfig,
    st.builds(
        TrainConfig,
        epochs=st.integers(1, 1000),
        batch_size=st.integers(1, 60_000),
        learning_rate=st.floats(0, 1e6),
        weight_decay=st.floats(0, 1e3),
        dropout=st.floats(0, 0.9),
        validation_size=st.integers(0, 59_999),
        train_size=st.none() | st.integers(1, 60_000),
    ),
)

STEP = Step(run=1)
SNAPSHOT = Snapshot(step=1, epoch=1, elapsed_s=1.0, weights=b"abc", predictions=b"de")
MOMENT = Moment(run=1, snapshot=SNAPSHOT)
START = Start(run=1, model=MLPConfig(), train=TrainConfig(), train_size=10, seed=0)


@pytest.mark.parametrize("kind", get_args(Message), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_message_comes_back_as_it_was_written(kind: type, data: st.DataObject) -> None:
    message: Any = data.draw(st.from_type(kind))
    stream = io.BytesIO()
    write_message(stream, message)
    stream.seek(0)
    read: Any = read_order if kind in get_args(Order) else read_report
    again = read(stream)
    # As text: a NaN is unlike itself, and 1 like 1.0.
    assert repr(dataclasses.asdict(again)) == repr(dataclasses.asdict(message))
    assert type(again) is kind
    assert read(stream) is None


def test_numbers_keep_their_types_on_the_way() -> None:
    whole = Set(run=1, train=TrainConfig(learning_rate=1))
    again = from_frame(*through_json(whole))
    assert type(again.train.learning_rate) is float
    assert type(again.train.epochs) is int


def through_json(message: Message, **changes: Any) -> tuple[dict[str, Any], bytes]:
    header, payload = to_frame(message)
    return json.loads(json.dumps(header | changes)), payload


@pytest.mark.parametrize(
    ("message", "changes", "said"),
    [
        (STEP, {"type": "Jump"}, "expected one of Load, .*, got 'Jump'"),
        (STEP, {"type": ["Step"]}, r"expected one of .*, got \['Step'\]"),
        (STEP, {"speed": 1}, r"Step: expected the fields \['run'\], got \['run', 'speed'\]"),
        (STEP, {"run": "1"}, "Step.run: expected int, got '1'"),
        (STEP, {"run": 1.0}, "Step.run: expected int, got 1.0"),
        (STEP, {"run": True}, "Step.run: expected int, got True"),
        (START, {"train": 3}, "Start.train: expected the fields .*, got int"),
        (START, {"max_s": "soon"}, "Start.max_s: expected float, got 'soon'"),
        (START, {"paused": 1}, "Start.paused: expected bool, got 1"),
        (Load(), {"data": 5}, "Load.data: expected str, got 5"),
        (MOMENT, {"snapshot": None}, "Moment.snapshot: expected the fields"),
        (
            Pictures(held="test", images=b"", labels=b""),
            {"held": "all"},
            r"Pictures.held: expected one of \('validation', 'test'\), got 'all'",
        ),
    ],
)
def test_another_header_than_a_messages_is_refused(
    message: Message, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(FrameError, match=said):
        from_frame(*through_json(message, **changes))


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (7, "Progress.points: expected tuple, got 7"),
        ([[1, 0.5]], "Progress.points: expected 4 values, got 2"),
        ([[1.5, 0.5, 0.5, 1.0]], "Progress.points: expected int, got 1.5"),
    ],
)
def test_points_of_another_form_are_refused(points: object, said: str) -> None:
    progress = Progress(
        run=1,
        points=((1, 2.3, 0.1, 0.0),),
        losses=(0.5,),
        step=1,
        epoch=1,
        epochs=2,
        progress=0.1,
        loss=None,
        accuracy=None,
        images_per_s=0.0,
        elapsed_s=0.0,
        left_s=None,
        paused=False,
    )
    assert from_frame(*through_json(progress)) == progress
    with pytest.raises(FrameError, match=said):
        from_frame(*through_json(progress, points=points))


@pytest.mark.parametrize("count", [-1, 6, "3", None, 2.0])
def test_a_length_beyond_the_payload_is_refused(count: object) -> None:
    header, payload = through_json(MOMENT)
    header["snapshot"]["weights"] = count
    with pytest.raises(FrameError, match=r"Moment.snapshot.weights: expected 0 to 5 bytes"):
        from_frame(header, payload)


def test_bytes_that_belong_to_no_field_are_refused() -> None:
    header, payload = through_json(MOMENT)
    with pytest.raises(FrameError, match="Moment: expected 5 bytes behind it, got 6"):
        from_frame(header, payload + b"x")


def test_a_setting_out_of_its_range_is_refused() -> None:
    header, payload = through_json(START)
    header["train"]["epochs"] = 0
    with pytest.raises(FrameError, match=r"Start.train: epochs: expected"):
        from_frame(header, payload)


def test_an_order_is_no_report() -> None:
    with pytest.raises(FrameError, match=r"expected one of Ready, .*, got 'Step'"):
        from_frame(*to_frame(STEP), among=Report)
