"""Visitors, their runs and limits; with a pool whose workers are made up, so that time is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from mnist_core.models.classifier import Classifier
from mnist_core.models.mlp import MLP
from mnist_core.server.limits import Limits
from mnist_core.server.runs import Run, first_layer
from mnist_core.server.session import Session, VisitorError
from mnist_core.server.sessions import Sessions
from mnist_core.server.setup import LAB_PRESETS, Setup, SetupError, parse_setup
from mnist_core.server.worker_pool import Job
from mnist_core.training.config import TrainConfig
from mnist_core.worker.live_training import Practice
from mnist_core.worker.measuring import pack_weights


class Pool:
    """A pool whose trainings only do what a test makes them do."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.addresses: list[str] = []
        self.orders: list[dict[str, Any]] = []
        self.waiting = 0
        self.evaluation: dict[str, Any] = {}

    def submit(self, order: dict[str, Any], listener: Any, *, address: str, is_wanted: Any) -> Job:
        self.addresses.append(address)
        self.jobs.append(Job(order, listener, is_wanted))
        return self.jobs[-1]

    def order(self, job: Job, order: dict[str, Any]) -> None:
        self.orders.append(order)

    def cancel(self, job: Job) -> bool:
        return False

    def place(self, job: Job) -> None:
        return None

    def close(self) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def ready() -> Classifier:
    return Classifier(MLP(generator=torch.Generator().manual_seed(1)))


@pytest.fixture
def sessions(ready: Classifier) -> Iterator[Sessions]:
    kept = Sessions(ready=ready, limits=Limits(sessions=3, runs=2))
    kept.pool = Pool()  # type: ignore[assignment]
    yield kept
    kept.close()


def test_a_training_waits_under_its_visitors_address(sessions: Sessions) -> None:
    for address in ("1.2.3.4", "5.6.7.8"):
        sessions.open(address=address).start(setup())
    assert sessions.pool.addresses == ["1.2.3.4", "5.6.7.8"]  # type: ignore[attr-defined]


def setup(**changes: Any) -> Setup:
    return parse_setup({"preset": "notebook"} | changes, limits=Limits())


def reports(digits: Any, run: Run, **changes: Any) -> list[tuple[dict[str, Any], bytes]]:
    """What a worker would say of a short training of `run`."""
    from queue import SimpleQueue

    frames: list[tuple[dict[str, Any], bytes]] = []
    order = {
        "run": run.id,
        "model": {"hidden_sizes": run.setup.hidden_sizes},
        "train": {"epochs": 30, "batch_size": 20, "learning_rate": 0.1},
        "train_size": 200,
        "seed": 0,
    }
    Practice(order | changes, digits, lambda h, p=b"": frames.append((h, p))).follow(SimpleQueue())
    return frames


def trained(session: Session, digits: Any) -> Run:
    run = session.start(setup())
    assert run is not None
    for header, payload in reports(digits, run):
        session._hear(run, header, payload)
    return run


def test_a_token_is_long_and_opens_one_session_only(sessions: Sessions) -> None:
    first, second = sessions.open(), sessions.open()
    assert len(first.token) >= 43
    assert first.token != second.token
    assert sessions.open(first.token) is first
    assert sessions.get(second.token) is second


@pytest.mark.parametrize("token", [None, "", "x", 3, [], {}, float("nan")])
def test_no_other_value_is_a_token(sessions: Sessions, token: object) -> None:
    sessions.open()
    assert sessions.get(token) is None


def test_the_least_recently_used_session_goes_first(sessions: Sessions) -> None:
    first, second, third = (sessions.open() for _ in range(3))
    sessions.get(first.token)
    sessions.open()
    assert len(sessions) == 3
    assert sessions.get(second.token) is None
    assert sessions.get(first.token) is first
    assert sessions.get(third.token) is third


def test_yours_is_the_ready_made_model_until_there_is_one(
    sessions: Sessions, digits: Any, ready: Classifier
) -> None:
    session = sessions.open()
    assert session.classifier_for("yours") is ready
    assert not session.has_model
    trained(session, digits)
    assert session.has_model
    assert session.classifier_for("yours") is not ready
    assert session.classifier_for("ready") is ready


def test_visitors_never_see_each_others_model(
    sessions: Sessions, digits: Any, ready: Classifier
) -> None:
    trained(sessions.open(), digits)
    assert sessions.open().classifier_for("yours") is ready


def test_a_moment_answers_with_the_weights_of_then(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    run = trained(session, digits)
    session.show(run, 0)
    then = session.classifier_for("yours")
    assert then is session.classifier_for("yours")
    session.show(run, None)
    now = session.classifier_for("yours")
    images = digits.test.images[:50]
    labels = digits.test.labels[:50].numpy()
    right = [(each.predict_images(images).argmax(1) == labels).mean() for each in (then, now)]
    assert right[1] > right[0] + 0.2


def test_first_layer_weights_are_those_of_the_model(sessions: Sessions, digits: Any) -> None:
    run = trained(sessions.open(), digits)
    snapshot = run.at(None)
    assert snapshot is not None
    expected = run.model(snapshot).linear_layers[0].weight.detach().numpy()
    assert first_layer(snapshot.weights, count=5) == pytest.approx(expected[:5])


def test_a_visitor_keeps_the_latest_runs(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    for _ in range(4):
        trained(session, digits)
    assert [run.id for run in session.runs] == [3, 4]


def test_snapshots_thin_out_instead_of_growing(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    trained(session, digits)
    trained(session, digits)
    before = session.size_bytes
    session.trim(before // 2)
    assert session.size_bytes <= before // 2
    assert session.has_model
    assert len(session.runs[1].moments) >= len(session.runs[0].moments)


def test_older_runs_give_up_their_weights_before_the_newest_its_last_moments(
    sessions: Sessions, digits: Any
) -> None:
    session = sessions.open()
    older, newest = trained(session, digits), trained(session, digits)
    accuracy = older.summary()["accuracy"]
    session.trim(1)
    assert older.size_bytes < 64 * (len(older.points) + len(older.measures)) + 1000
    assert older.summary()["accuracy"] == accuracy
    assert 1 <= len(newest.moments) <= 2
    assert session.has_model
    session.trim(0)
    assert not newest.moments


def test_trained_models_too_stay_under_the_cap(ready: Classifier, digits: Any) -> None:
    kept = Sessions(ready=ready, limits=Limits(total_bytes=1_500_000))
    kept.pool = Pool()  # type: ignore[assignment]
    visitors = [kept.open() for _ in range(4)]
    for session in visitors:
        trained(session, digits)
        assert session.has_model  # which builds it
    kept.sweep()
    assert sum(session.size_bytes for session in visitors) <= 1_500_000
    assert [session.is_empty for session in visitors] == [True, True, True, False]
    kept.close()


def test_a_moment_stays_the_one_chosen_while_others_are_given_up(
    sessions: Sessions, digits: Any
) -> None:
    session = sessions.open()
    run = trained(session, digits)
    chosen = run.moments[4]
    session.show(run, 4)
    run.thin()
    shown = session.shown
    assert shown is not None
    assert run.moments[shown] is chosen
    while run.thin():
        pass
    assert session.shown is None
    assert session.has_model  # the newest weights


def test_an_end_that_comes_before_the_stop_stays(sessions: Sessions, digits: Any) -> None:
    run = trained(sessions.open(), digits)
    run.stopping()
    assert run.status == "finished"


def test_a_long_run_of_the_notebooks_network_takes_little_memory(sessions: Sessions) -> None:
    session = sessions.open()
    run = session.start(setup(epochs=20))
    assert run is not None
    model = MLP(run.setup.model_config())
    for kind in ["moment"] * 41 + ["live"]:
        weights = pack_weights(model, half=kind == "moment")
        assert weights is not None
        header = {"type": kind, "step": 0, "epoch": 1, "elapsed_s": 1.0, "loss": 1.0}
        header |= {"accuracy": 0.5, "weights": len(weights)}
        session._hear(run, header, weights + bytes(2500))
    run.points = [[1, 1.0, 1.0, 1.0]] * 460
    assert 5e6 < session.size_bytes < 15e6


def test_all_visitors_together_stay_under_a_cap(ready: Classifier) -> None:
    clock = Clock()
    kept = Sessions(ready=ready, limits=Limits(total_bytes=2_500_000), clock=clock)
    kept.pool = Pool()  # type: ignore[assignment]
    visitors = [kept.open() for _ in range(4)]
    for session in visitors:
        session.upload = bytearray(2**20)
    kept.sweep()
    assert [len(session.upload) > 0 for session in visitors] == [False, False, True, True]
    clock.now += 31
    kept.sweep()
    assert not any(session.upload for session in visitors)
    kept.close()


def test_a_page_that_is_gone_ends_its_training(sessions: Sessions) -> None:
    clock = Clock()
    sessions._clock = clock
    session = sessions.open()
    session.start(setup())
    session.lease_until = clock.now + 15
    sessions.sweep()
    assert not sessions.pool.orders  # type: ignore[attr-defined]
    clock.now += 16
    sessions.sweep()
    assert sessions.pool.orders == [{"type": "stop", "run": 1}]  # type: ignore[attr-defined]


def test_a_goodbye_shortens_the_lease_and_a_return_mends_it(sessions: Sessions) -> None:
    session = sessions.open()
    before = session.lease_until
    session.leave()
    assert session.lease_until < before
    session.touch()
    assert session.lease_until >= before
    assert not session.left


def test_a_pause_gives_way_to_those_who_wait(sessions: Sessions) -> None:
    clock = Clock()
    sessions._clock = clock
    session = sessions.open()
    run = session.start(setup())
    assert run is not None
    run.status = "paused"
    session.lease_until = 1e9
    sessions.sweep()
    sessions.pool.waiting = 1  # type: ignore[misc]
    clock.now += 31
    sessions.sweep()
    assert sessions.pool.orders == [{"type": "stop", "run": 1}]  # type: ignore[attr-defined]


def test_a_lost_worker_leaves_the_last_snapshot(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    run = session.start(setup())
    assert run is not None
    for header, payload in reports(digits, run):
        if header["type"] != "end":
            session._hear(run, header, payload)
    session._hear(run, {"type": "failed", "code": "lost"}, b"")
    assert run.status == "interrupted"
    assert "interrupted" in run.sentence
    assert session.has_model


def test_pages_that_are_gone_share_little_memory(ready: Classifier, digits: Any) -> None:
    clock = Clock()
    kept = Sessions(ready=ready, limits=Limits(away_bytes=1), clock=clock)
    kept.pool = Pool()  # type: ignore[assignment]
    gone, here = kept.open(), kept.open()
    for session in (gone, here):
        trained(session, digits)
        session.lease_until = clock.now + 1e6
    clock.now += 34
    kept.get(here.token)
    kept.sweep()
    assert gone.has_model
    clock.now += 2
    kept.sweep()
    assert not gone.has_model
    assert here.has_model
    assert kept.get(gone.token) is gone  # whoever comes back goes on with an empty session
    kept.close()


def test_whoever_opens_many_sessions_pushes_out_nobody_with_a_model(
    sessions: Sessions, digits: Any
) -> None:
    first = sessions.open()
    trained(first, digits)
    newest = [sessions.open() for _ in range(10)][-1]
    assert sessions.get(first.token) is first
    assert sessions.get(newest.token) is newest
    assert len(sessions) == 3


def test_a_page_is_missed_sooner_while_others_wait(sessions: Sessions) -> None:
    clock = Clock()
    sessions._clock = clock
    session = sessions.open()
    session.start(setup())
    session.lease_until = clock.now + 15
    sessions.pool.waiting = 1  # type: ignore[misc]
    clock.now += 2
    sessions.sweep()
    assert not sessions.pool.orders  # type: ignore[attr-defined]
    clock.now += 2
    sessions.sweep()
    assert sessions.pool.orders == [{"type": "stop", "run": 1}]  # type: ignore[attr-defined]
    assert session.gone


def test_too_many_requests_of_one_visitor_are_refused(ready: Classifier) -> None:
    kept = Sessions(ready=ready, limits=Limits(requests_per_s=1))
    eager, other = kept.open(), kept.open()
    for _ in range(3):
        kept.visit(eager.token)
    with pytest.raises(VisitorError, match="Wait") as refused:
        kept.visit(eager.token)
    assert refused.value.code == "rate"
    assert kept.visit(other.token) is other
    with pytest.raises(VisitorError) as unknown:
        kept.visit("x")
    assert unknown.value.code == "session"
    kept.close()


def test_a_reload_ends_nothing_even_while_others_wait(sessions: Sessions) -> None:
    session = sessions.open()
    session.start(setup())
    sessions.pool.waiting = 1  # type: ignore[misc]
    session.leave()
    sessions.sweep()
    assert not sessions.pool.orders  # type: ignore[attr-defined]
    session.touch()
    sessions.sweep()
    assert not sessions.pool.orders  # type: ignore[attr-defined]


def test_a_reload_loses_no_runs(ready: Classifier, digits: Any) -> None:
    kept = Sessions(ready=ready, limits=Limits(away_bytes=1))
    kept.pool = Pool()  # type: ignore[assignment]
    session = kept.open()
    trained(session, digits)
    session.leave()
    kept.sweep()
    assert session.has_model
    kept.close()


def test_nothing_begins_in_a_session_that_was_forgotten(sessions: Sessions) -> None:
    first = sessions.open()
    for _ in range(3):
        sessions.open()
    with pytest.raises(VisitorError):
        first.start(setup())
    assert not sessions.pool.jobs  # type: ignore[attr-defined]


def test_an_address_opens_only_so_many_sessions(ready: Classifier) -> None:
    kept = Sessions(ready=ready, limits=Limits(api_requests_per_s=1))
    first = kept.open(address="a")
    for _ in range(2):
        kept.open(address="a")
    with pytest.raises(VisitorError):
        kept.open(address="a")
    assert kept.open(first.token, address="a") is first
    assert kept.open(address="b")
    kept.close()


def test_a_run_tells_the_settings_that_changed_on_its_way() -> None:
    run = Run(run_id=1, setup=setup(learning_rate=0.1))
    for rate in (0.5, 0.05):
        run.change(setup(learning_rate=rate))
    assert run.summary()["changed"] == {"learning_rate": [0.1, 0.5, 0.05]}
    for rate in range(1, 50):
        run.change(setup(learning_rate=float(rate)))
    assert len(run.summary()["changed"]["learning_rate"]) == 6
    assert run.summary()["changed"]["learning_rate"][-1] == 49.0


def test_a_run_that_lost_what_it_had_learnt_says_so(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    run = session.start(setup())
    assert run is not None
    for header, payload in reports(digits, run):
        if header["type"] == "end":
            header |= {"accuracy": 0.1}
        session._hear(run, header, payload)
    assert "lost again" in run.sentence


def test_a_reset_forgets_the_run(sessions: Sessions, digits: Any) -> None:
    session = sessions.open()
    trained(session, digits)
    session.reset()
    assert not session.runs
    assert not session.has_model


def test_every_preset_can_be_trained() -> None:
    for preset in LAB_PRESETS.values():
        assert isinstance(preset.train_config(), TrainConfig)
        assert preset.model_config().hidden_sizes == preset.hidden_sizes


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {"preset": "nonsense"},
        {"preset": 3},
        {"epochs": 0},
        {"epochs": 10**9},
        {"epochs": 1.5},
        {"epochs": True},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": -1},
        {"learning_rate": "0.1"},
        {"learning_rate": 10**400},
        {"batch_size": 0},
        {"dropout": 1},
        {"hidden_sizes": [1025]},
        {"hidden_sizes": [1] * 5},
        {"hidden_sizes": [1.5]},
        {"hidden_sizes": "128"},
        {"activation": "step"},
        {"optimizer": None},
        {"augmentation": 1},
        {"train_size": 99},
        {"seed": -1},
        {"seed": 2**40},
    ],
)
def test_a_set_up_out_of_its_range_is_refused_with_a_sentence(values: Any) -> None:
    with pytest.raises(SetupError, match=r"\.$"):
        parse_setup(values, limits=Limits())


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="runs"):
        Limits(runs=0)
    with pytest.raises(ValueError, match="hidden_layers must be at most 8, not 9"):
        Limits(hidden_layers=9)
