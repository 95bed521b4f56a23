"""A visitor's own weights over the network: whose, which, and how they are refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import safetensors.torch
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mnist_core.data.datasets import Splits
from mnist_core.errors import RefusedError
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoints import dump_checkpoint, load_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server.limits import Limits
from mnist_core.server.rates import BURST_S
from mnist_core.server.runs import Weights
from mnist_core.server.session import Session
from mnist_core.server.sessions import Sessions
from mnist_core.ui.pad.weights import weights_route
from mnist_core.worker.messages import Live, Snapshot
from tests.support.browser import SEVEN
from tests.support.synthetic import uniform_model
from tests.support.visitors import Clock, Pool

Answered = tuple[dict[str, str], Any]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def sessions(pool: Pool, clock: Clock) -> Sessions:
    ready = Classifier(uniform_model())
    return Sessions(ready=ready, limits=Limits(), pool=pool, clock=clock)  # type: ignore[arg-type]


@pytest.fixture
def client(sessions: Sessions) -> TestClient:
    return TestClient(Starlette(routes=[weights_route(sessions)]))


def ask(client: TestClient, session: Session, **payload: object) -> Answered:
    """Headers, and the bytes or the refusal."""
    response = client.post("/page/weights", json={"token": session.token} | payload)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    is_file = response.headers["content-type"] == "application/octet-stream"
    return dict(response.headers), response.content if is_file else response.json()


def code(client: TestClient, session: Session, **payload: object) -> str:
    _, refusal = ask(client, session, **payload)
    assert refusal["ok"] is False
    assert refusal["error"].endswith(".")
    return str(refusal["code"])


def live(model: MLP, *, step: int) -> Live:
    weights = dump_checkpoint(model, half=True)
    return Live(run=1, snapshot=Snapshot(step=step, epoch=1, elapsed_s=1.0, weights=weights))


def test_the_newest_weights_answer_as_the_server_does(
    client: TestClient, sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    session = sessions.open()
    run = pool.train(session, digits)
    headers, weights = ask(client, session, run=run.id)
    assert (headers["x-step"], headers["x-version"]) == ("300", str(run.weights_version))
    assert run.summary()["weights"] == run.weights_version
    assert safetensors.torch.load(weights)["output.weight"].dtype == torch.float16
    here = Classifier(load_checkpoint(weights)).predict(Ink(SEVEN))
    there = session.classifier_for("yours").predict(Ink(SEVEN))
    assert here.probabilities.tolist() == there.probabilities.tolist()


def test_a_moment_is_found_by_its_step_even_where_others_were_given_up(
    client: TestClient, sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    session = sessions.open()
    run = pool.train(session, digits)
    moment = run.moments[2]
    gone = run.moments[1]
    run.thin()
    headers, weights = ask(client, session, run=run.id, step=moment.step)
    assert weights == moment.weights
    assert (headers["x-step"], headers["x-version"]) == (str(moment.step), "1")
    assert code(client, session, run=run.id, step=gone.step) == "gone"


def test_versions_of_the_newest_weights_only_grow(sessions: Sessions, pool: Pool) -> None:
    run = pool.begin(sessions.open())
    model = MLP(run.setup.model_config())
    assert run.hand_out(None) is None
    assert run.summary()["weights"] is None
    versions = []
    for step in (10, 20, 5):
        run.hear(live(model, step=step))
        run.change(dataclasses.replace(run.setup, learning_rate=step / 1000))
        found = run.hand_out(None)
        assert found is not None
        versions.append(found[1].version)
    assert versions == sorted(set(versions))


def test_of_weights_that_learn_the_last_that_went_out_can_be_had_again(
    sessions: Sessions, pool: Pool
) -> None:
    session = sessions.open()
    run = pool.begin(session)
    model = MLP(run.setup.model_config())
    went_out = []
    for step in range(1, 6):
        run.hear(live(model, step=step))
        if step != 3:  # nobody asked for these
            went_out.append(session.answering_with("yours")[1])
    first, _, before, newest = went_out
    assert first is not None
    assert before is not None
    assert newest == dataclasses.replace(before, version=run.weights_version)
    for weights, step in ((before, 4), (newest, 5)):
        snapshot = run.handed_out(weights)
        assert snapshot is not None
        assert snapshot.step == step
        assert session.classifier_for("yours", weights) is run.classifier_of(snapshot)
        assert run.size_bytes >= 3 * len(snapshot.weights)
    for missing in (first, dataclasses.replace(before, run=9)):
        with pytest.raises(RefusedError) as refused:
            session.classifier_for("yours", missing)
        assert refused.value.code == "overtaken"
    run.give_up_weights()
    assert run.handed_out(before) is None
    assert run.size_bytes == 0


def test_a_moment_can_be_had_again_wherever_the_slider_is_by_then(
    sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    session = sessions.open()
    run = pool.train(session, digits)
    session.show(run, 1)
    then, weights = session.answering_with("yours")
    assert weights == Weights(run=run.id, step=run.moments[1].step, version=1)
    session.show(run, None)
    again = session.classifier_for("yours", weights).predict(Ink(SEVEN)).probabilities
    assert again.tolist() == then.predict(Ink(SEVEN)).probabilities.tolist()


def test_another_visitors_weights_are_nobodys(
    client: TestClient, sessions: Sessions, pool: Pool, digits: Splits
) -> None:
    pool.train(sessions.open(), digits)
    other = sessions.open()
    assert code(client, other, run=1) == "gone"
    assert code(client, other, token="x" * 43, run=1) == "session"
    assert code(client, other, token=None, run=1) == "session"


@pytest.mark.parametrize("payload", [{"run": "1"}, {"run": 1, "step": "0"}, {"run": 1.5}, {}])
def test_a_request_of_another_form_is_refused(
    client: TestClient, sessions: Sessions, payload: dict[str, object]
) -> None:
    assert code(client, sessions.open(), **payload) == "payload"


@pytest.mark.parametrize("body", [b"", b"[1]", b"\xff", b"[" * 100_000, b"1", b'"token"'])
def test_what_is_no_request_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/page/weights", content=body)
    assert json.loads(response.content)["ok"] is False


def test_large_networks_stay_with_the_server(
    client: TestClient, sessions: Sessions, pool: Pool
) -> None:
    session = sessions.open()
    run = pool.begin(session, hidden_sizes=[1024] * 4)
    run.hear(live(MLP(run.setup.model_config()), step=1))
    assert run.summary()["weights"] is None
    assert code(client, session, run=run.id) == "gone"


@pytest.mark.parametrize("half", [False, True])
def test_a_loaded_model_answers_as_the_server_does(
    client: TestClient, sessions: Sessions, pool: Pool, digits: Splits, half: bool
) -> None:
    session = sessions.open()
    run = pool.train(session, digits)
    trained = session.classifier_for("yours").model
    model = trained if half else MLP(trained.config)
    first, second = session.take(Classifier(uniform_model())), session.take(Classifier(model))
    assert len({run.id, first.id, second.id}) == 3
    headers, weights = ask(client, session, run=second.id)
    assert headers["x-version"] == str(second.summary()["weights"])
    kept = torch.float16 if half else torch.float32  # in fewer bytes where they say the same
    assert safetensors.torch.load(weights)["output.weight"].dtype == kept
    here = Classifier(load_checkpoint(weights)).predict(Ink(SEVEN))
    there = session.classifier_for("yours").predict(Ink(SEVEN))
    assert here.probabilities.tolist() == there.probabilities.tolist()
    assert code(client, session, run=second.id, step=0) == "gone"
    assert code(client, session, run=first.id) == "gone"
    assert code(client, sessions.open(), run=second.id) == "gone"
    ask(client, session, run=run.id)  # still there, for a moment of it
    session.show(run, None)
    assert code(client, session, run=second.id) == "gone"


def test_a_large_loaded_model_stays_with_the_server(client: TestClient, sessions: Sessions) -> None:
    session = sessions.open()
    loaded = session.take(Classifier(MLP(MLPConfig(hidden_sizes=(1024,)))))
    assert loaded.summary()["weights"] is None
    assert code(client, session, run=loaded.id) == "gone"
    assert session.size_bytes == 4 * loaded.classifier.model.parameter_count
    small = session.take(Classifier(uniform_model()))
    assert session.size_bytes == 4 * 7850 + len(small.weights)


def test_weights_count_by_their_size(
    client: TestClient, sessions: Sessions, pool: Pool, clock: Clock
) -> None:
    session = sessions.open()
    run = pool.begin(session, hidden_sizes=[1024])
    run.hear(live(MLP(run.setup.model_config()), step=1))
    answers = [ask(client, session, run=run.id)[1] for _ in range(60)]
    given = [each for each in answers if isinstance(each, bytes)]
    most = BURST_S * Limits().requests_per_s
    assert most / 2 < len(given) * (1 + len(given[0]) / 2**18) <= most + len(given)
    assert answers[-1]["code"] == "rate"
    clock.now += 60
    assert isinstance(ask(client, session, run=run.id)[1], bytes)
