"""Two runs side by side, as the server compares them."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.errors import RefusedError
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.server.runs import Run
from mnist_core.server.session import Session
from mnist_core.ui.answers import Answer
from mnist_core.ui.lab.beside import DrawnPairRequest, PairRequest, beside, both_say
from mnist_core.worker.measuring import evaluation_set, packed
from mnist_core.worker.messages import End, Held, Moment, Snapshot, Started
from tests.support.browser import SEVEN
from tests.support.visitors import Pool, setup


@pytest.fixture(scope="module")
def application(digits: Splits) -> Application:
    pool = Pool()
    for held in get_args(Held):
        images, labels = packed(evaluation_set(digits, held))
        pool.evaluation[held] = images.reshape(len(labels), -1), labels
    return Application(ready=Classifier(MLP()), pool=pool)  # type: ignore[arg-type]


@pytest.fixture
def session(application: Application) -> Session:
    return application.sessions.open()


def labels_of(application: Application, held: Held) -> list[int]:
    kept = application.measuring_images(held)
    assert kept is not None
    return list(map(int, kept[1]))


def add_run(
    session: Session, said: list[int], *, held: Held = "validation", stride: int = 1
) -> tuple[Run, Classifier]:
    """One more run of that visitor's, of a network that knows nothing, which is over, having said that."""
    number = len(session.runs) + 1
    model = MLP(MLPConfig(hidden_sizes=(8,)), generator=torch.Generator().manual_seed(number))
    weights = dump_checkpoint(model)
    run = Run(run_id=number, setup=setup())
    run.hear(
        Started(
            run=number, train_size=1, measured_on=held, measured_size=len(said), steps_per_epoch=1,
            parameters=model.parameter_count,
        )
    )  # fmt: skip
    snapshot = Snapshot(
        step=1, epoch=1, elapsed_s=1.0, weights=weights, predictions=bytes(said), stride=stride
    )
    run.hear(Moment(run=number, snapshot=snapshot))
    run.hear(End(run=number, outcome="finished", elapsed_s=1.0, snapshot=snapshot))
    session.runs = [*session.runs, run]
    return run, Classifier.load(weights)


def compared(session: Session, application: Application) -> Answer:
    return beside(session, PairRequest(run=2, other=1), application=application)


def read_by(classifier: Classifier, application: Application, held: Held, stride: int) -> list[int]:
    kept = application.measuring_images(held)
    assert kept is not None
    images = np.divide(kept[0][::stride], 255, dtype=np.float32).reshape(-1, 28, 28)
    return list(map(int, classifier.predict_images(images).argmax(axis=1)))


def test_who_is_right_where_and_where_two_runs_disagree(
    session: Session, application: Application
) -> None:
    labels = labels_of(application, "validation")
    wrong = [(label + 1) % 10 for label in labels]
    add_run(session, [wrong[0], wrong[1], *labels[2:]])
    add_run(session, [labels[0], wrong[1], wrong[2], wrong[3], *labels[4:]])
    answer = compared(session, application)
    assert (answer["held"], answer["count"]) == ("validation", len(labels))
    assert answer["differ"] == 3
    assert answer["alone"] == [1, 2]  # the opened run first
    assert (answer["at"], answer["labels"]) == ([0, 2, 3], [labels[at] for at in (0, 2, 3)])
    assert answer["answers"] == [
        [labels[0], wrong[2], wrong[3]],
        [wrong[0], labels[2], labels[3]],
    ]
    matrices = np.array(answer["matrices"]).reshape(2, 10, 10)
    assert [int(np.trace(matrix)) for matrix in matrices] == [len(labels) - 3, len(labels) - 2]
    expected = np.zeros((10, 10), int)
    for truth, said in zip(labels[1:4], wrong[1:4], strict=True):
        expected[truth, said] += 1
    assert (matrices[0] - np.diag(np.diag(matrices[0])) == expected).all()


def test_at_most_24_pictures_are_sent(session: Session, application: Application) -> None:
    labels = labels_of(application, "validation")
    add_run(session, labels)
    add_run(session, [(label + 1) % 10 for label in labels])
    answer = compared(session, application)
    assert answer["differ"] == len(labels) > 24
    assert answer["at"] == list(range(24))


def test_what_was_measured_on_fewer_pictures_is_compared_on_those(
    session: Session, application: Application
) -> None:
    labels = labels_of(application, "validation")
    add_run(session, labels)
    add_run(session, labels[::2], stride=2)
    answer = compared(session, application)
    assert (answer["count"], answer["differ"]) == (len(labels[::2]), 0)


def test_other_pictures_are_read_by_the_network_itself(
    session: Session, application: Application
) -> None:
    """Of what one has learnt from, the other can't be told apart: the test images judge both."""
    labels = labels_of(application, "test")
    _, classifier = add_run(session, labels_of(application, "validation"))
    said = labels[::2]
    add_run(session, said, held="test", stride=2)
    answer = compared(session, application)
    assert (answer["held"], answer["count"]) == ("test", len(said))
    read = read_by(classifier, application, "test", 2)
    differ = [at for at, digit in enumerate(read) if digit != said[at]]
    assert answer["differ"] == len(differ)
    assert answer["at"] == [2 * at for at in differ[:24]]
    assert answer["answers"] == [
        [said[at] for at in differ[:24]],
        [read[at] for at in differ[:24]],
    ]


def test_strides_without_a_common_one_are_read_by_the_network_too(
    session: Session, application: Application
) -> None:
    labels = labels_of(application, "validation")
    _, classifier = add_run(session, labels[::2], stride=2)
    add_run(session, labels[::3], stride=3)
    answer = compared(session, application)
    read = read_by(classifier, application, "validation", 3)
    assert answer["differ"] == sum(a != b for a, b in zip(read, labels[::3], strict=True))


def test_a_run_whose_weights_are_given_up_still_lies_beside_where_it_can(
    session: Session, application: Application
) -> None:
    labels = labels_of(application, "validation")
    given_up, _ = add_run(session, labels)
    _, classifier = add_run(session, labels)
    given_up.give_up_weights()
    assert compared(session, application)["differ"] == 0
    said = both_say(
        session, DrawnPairRequest(run=2, other=1, strokes=SEVEN), limits=Limits()
    )  # fmt: skip
    prediction = classifier.predict(Ink(SEVEN))
    mine = {
        "digit": prediction.digit,
        "probability": round(float(max(prediction.probabilities)), 4),
    }
    assert said == {"blank": False, "says": [mine, None]}
    add_run(session, labels_of(application, "test"), held="test")
    with pytest.raises(RefusedError, match="weights are gone"):
        beside(session, PairRequest(run=3, other=1), application=application)


def test_both_say_nothing_of_a_blank_pad(session: Session, application: Application) -> None:
    for _ in range(2):
        add_run(session, labels_of(application, "validation"))
    request = DrawnPairRequest(run=2, other=1, strokes=[])
    assert both_say(session, request, limits=Limits()) == {"blank": True}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ({"run": 2, "other": 9}, "no such training"),
        ({"run": 9, "other": 1}, "no such training"),
        ({"run": 2, "other": 2}, "beside itself"),
        ({"other": 2}, "beside itself"),  # the newest
        ({"run": 2, "other": 1, "moment": 5}, "not kept"),
        ({"run": 2, "other": 3}, "no such training"),  # another visitor's
    ],
)
def test_what_can_not_lie_side_by_side_is_refused_in_a_sentence(
    session: Session, application: Application, pair: dict[str, Any], words: str
) -> None:
    stranger = application.sessions.open()
    for visitor, count in ((session, 2), (stranger, 3)):
        for _ in range(count):
            add_run(visitor, labels_of(application, "validation"))
    with pytest.raises(RefusedError, match=words):
        beside(session, PairRequest(**pair), application=application)
    with pytest.raises(RefusedError, match=words):
        both_say(session, DrawnPairRequest(**pair, strokes=SEVEN), limits=Limits())


def test_a_run_that_is_not_measured_yet_says_so(session: Session, application: Application) -> None:
    add_run(session, labels_of(application, "validation"))
    session.runs = [*session.runs, Run(run_id=2, setup=setup())]
    with pytest.raises(RefusedError, match="not been measured"):
        compared(session, application)
    request = DrawnPairRequest(run=2, other=1, strokes=SEVEN)
    said = both_say(session, request, limits=Limits())["says"]
    assert isinstance(said, list)
    assert said[0] is None
