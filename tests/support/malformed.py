"""Requests that no page would send, of many kinds, made up by Hypothesis."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from tests.support.examples import the_same_each_time

JSON = {"Content-Type": "application/json"}

# Values of every JSON type, deep, large, odd.
_TEXTS = st.text(max_size=40) | st.sampled_from(
    ["", "0", "null", "../../etc/passwd", "<script>alert(1)</script>", "${1+1}", "{{7*7}}", "\x00"]
)
_NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([0, -1, 10**400, 1e308, float("nan")])
)
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXTS
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_POINTS = st.lists(_SCALARS | st.lists(_SCALARS, max_size=3), max_size=4)
_STROKES = st.lists(_POINTS | _SCALARS, max_size=3)
# What a picture became: the right length of any numbers, or anything.
_IMAGES = _SCALARS | st.binary(min_size=3136, max_size=3136).map(
    lambda data: base64.b64encode(data).decode()
)
_PATHS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=30
)


@dataclass(frozen=True)
class Request:
    """One request, and which kind of nonsense it is."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What nonsense is built around: server functions by name, and a living session's secret."""

    components: dict[str, int]
    token: str | None

    def call(self, draw: Any, kind: str, name: str, data: Any, **changes: Any) -> Request:
        body = {
            "data": data,
            "component_id": self.components[name],
            "fn_name": name,
            "session_hash": "odd",
        }
        return Request(
            kind, "POST", "/gradio_api/component_server", _json(body | changes), dict(JSON)
        )


Maker = Callable[[Any, Target, str], Request]
KINDS: dict[str, Maker] = {}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _kind(name: str) -> Callable[[Maker], Maker]:
    def add(maker: Maker) -> Maker:
        KINDS[name] = maker
        return maker

    return add


def malformed_requests(
    count: int, *, components: dict[str, int], token: str | None
) -> Iterator[Request]:
    """`count` requests, all kinds in turn. The same call gives the same requests."""
    target = Target(components, token)
    each = max(1, -(-count // len(KINDS)))
    made = {name: _made(name, target, each) for name in KINDS}
    for index in range(count):
        name = list(KINDS)[index % len(KINDS)]
        yield made[name][(index // len(KINDS)) % len(made[name])]


def _made(kind: str, target: Target, count: int) -> list[Request]:
    """At most `count` requests of one kind, as Hypothesis finds them."""
    requests: list[Request] = []

    @the_same_each_time(count)
    @given(st.data())
    def collect(data: Any) -> None:
        requests.append(KINDS[kind](data.draw, target, kind))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return requests


def _with_payload(name: str) -> None:
    """A kind for each server function: its own fields, each with any value or missing."""
    fields = {
        "predict": {"strokes": _STROKES, "image": _IMAGES, "model": VALUES, "seq": VALUES},
        "open_session": {},
        "why": {"strokes": _STROKES, "image": _IMAGES, "model": VALUES},
        "hood_steps_of": {"strokes": _STROKES, "model": VALUES, "open": VALUES, "settings": VALUES},
        "hood_unit": {"strokes": _STROKES, "model": VALUES, "layer": VALUES, "unit": VALUES},
        "hood_figure": {"strokes": _STROKES, "model": VALUES},
        "hood_batch": {"seed": VALUES, "model": VALUES},
        "hood_notebook": {"setup": VALUES},
        "lab_poll": {"known": VALUES, "all": VALUES, "hidden": VALUES},
        "lab_order": {"order": VALUES},
        "lab_set": {"values": VALUES},
        "lab_leave": {},
        "lab_name": {"run": VALUES, "name": VALUES},
        "lab_delete": {"run": VALUES},
        "lab_near": {},
        "lab_show": {"run": VALUES, "moment": VALUES},
        "lab_start": {"setup": VALUES, "paused": VALUES},
        "lab_views": {"run": VALUES, "moment": VALUES},
        "lab_mistakes": {"run": VALUES, "moment": VALUES, "truth": VALUES, "guess": VALUES},
        "lab_gallery": {"run": VALUES, "moment": VALUES},
        "lab_pictures": {"held": VALUES, "at": VALUES},
        "lab_beside": {"run": VALUES, "moment": VALUES, "other": VALUES},
        "lab_both_say": {"run": VALUES, "other": VALUES, "strokes": _STROKES, "image": _IMAGES},
        "lab_inside": {"model": VALUES, "known": VALUES, "strokes": _STROKES, "image": _IMAGES},
        "lab_download": {"kind": VALUES},
        "lab_upload": {"begin": VALUES, "data": VALUES, "end": VALUES},
    }[name]

    def maker(draw: Any, target: Target, kind: str) -> Request:
        payload = draw(st.fixed_dictionaries({}, optional=fields))
        # Half of them with a living session, so that more than the first check is reached. Only a
        # goodbye or a training would change that one; those use none.
        quiet = name not in ("lab_start", "lab_leave", "lab_order", "lab_upload")
        payload["token"] = target.token if quiet and draw(st.booleans()) else draw(VALUES)
        return target.call(draw, kind, name, payload)

    KINDS[f"{name}: odd fields"] = maker


SERVER_FUNCTIONS = (
    "predict", "open_session", "why", "hood_steps_of", "hood_unit", "hood_figure", "hood_batch",
    "hood_notebook", "lab_poll", "lab_order", "lab_set", "lab_leave", "lab_near", "lab_name", "lab_delete",
    "lab_show", "lab_start", "lab_views", "lab_mistakes", "lab_gallery",
    "lab_pictures", "lab_download", "lab_upload", "lab_beside", "lab_both_say", "lab_inside",
)  # fmt: skip
for _name in SERVER_FUNCTIONS:
    _with_payload(_name)


@_kind("any server function: no object as payload")
def _(draw: Any, target: Target, kind: str) -> Request:
    return target.call(draw, kind, draw(st.sampled_from(SERVER_FUNCTIONS)), draw(VALUES))


@_kind("an unknown function")
def _(draw: Any, target: Target, kind: str) -> Request:
    odd = draw(VALUES | st.sampled_from(["__class__", "__init__", "postprocess", "get_config"]))
    return target.call(draw, kind, "predict", {}, fn_name=odd)


@_kind("an unknown component")
def _(draw: Any, target: Target, kind: str) -> Request:
    return target.call(draw, kind, "predict", {}, component_id=draw(VALUES))


@_kind("an odd session hash")
def _(draw: Any, target: Target, kind: str) -> Request:
    return target.call(draw, kind, "predict", {}, session_hash=draw(VALUES))


@_kind("a call with fields missing")
def _(draw: Any, target: Target, kind: str) -> Request:
    body = {"data": 1, "component_id": 1, "fn_name": "predict", "session_hash": "x"}
    kept = draw(st.sets(st.sampled_from(list(body)), max_size=3))
    return Request(
        kind,
        "POST",
        "/gradio_api/component_server",
        _json({k: body[k] for k in sorted(kept)}),
        dict(JSON),
    )


@_kind("bytes instead of JSON")
def _(draw: Any, target: Target, kind: str) -> Request:
    path = draw(
        st.sampled_from(
            ["component_server", "queue/join", "call/predict", "run/predict", "cancel", "reset"]
        )
    )
    return Request(kind, "POST", f"/gradio_api/{path}", draw(st.binary(max_size=200)), dict(JSON))


@_kind("JSON cut short")
def _(draw: Any, target: Target, kind: str) -> Request:
    whole = target.call(draw, kind, "predict", draw(VALUES)).body
    return Request(
        kind,
        "POST",
        "/gradio_api/component_server",
        whole[: draw(st.integers(0, len(whole) - 1))],
        dict(JSON),
    )


@_kind("JSON nested without end")
def _(draw: Any, target: Target, kind: str) -> Request:
    depth = draw(st.integers(500, 20_000))
    return Request(
        kind, "POST", "/gradio_api/component_server", b"[" * depth + b"]" * depth, dict(JSON)
    )


@_kind("another content type")
def _(draw: Any, target: Target, kind: str) -> Request:
    types = [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "a/b; c=\x7f",
    ]
    headers = {"Content-Type": draw(st.sampled_from(types))}
    return Request(kind, "POST", "/gradio_api/component_server", _json(draw(VALUES)), headers)


def _api_kind(path: str) -> None:
    def maker(draw: Any, target: Target, kind: str) -> Request:
        body = draw(VALUES | st.fixed_dictionaries({"data": st.lists(VALUES, max_size=3)}))
        return Request(kind, "POST", path, _json(body), dict(JSON))

    KINDS[f"{path}: odd body"] = maker


for _path in (
    "/gradio_api/call/predict",
    "/gradio_api/call/predict_image",
    "/gradio_api/call/read",
    "/gradio_api/run/predict",
    "/gradio_api/run/predict_image",
    "/gradio_api/run/read",
    "/gradio_api/call/v2/predict",
    "/gradio_api/queue/join",
    "/gradio_api/cancel",
    "/gradio_api/reset",
):
    _api_kind(_path)


@_kind("an unknown endpoint")
def _(draw: Any, target: Target, kind: str) -> Request:
    return Request(
        kind, "POST", f"/gradio_api/run/{draw(_PATHS)}", _json({"data": [draw(VALUES)]}), dict(JSON)
    )


@_kind("an unknown event")
def _(draw: Any, target: Target, kind: str) -> Request:
    return Request(kind, "GET", f"/gradio_api/call/predict/{draw(_PATHS)}")


@_kind("a file that is nobody's business")
def _(draw: Any, target: Target, kind: str) -> Request:
    path = draw(_PATHS | st.sampled_from(["/etc/passwd", "app.py", "../app.py", "%2e%2e/app.py"]))
    return Request(kind, "GET", f"/gradio_api/file={path}")


@_kind("an asset outside the assets")
def _(draw: Any, target: Target, kind: str) -> Request:
    path = draw(_PATHS | st.sampled_from(["../app.py", "%2e%2e%2fapp.py", "..%5capp.py"]))
    folders = ["assets", "static", "svelte", "page", "page/0123456789abcdef/pad"]
    where = draw(st.sampled_from([*folders, "gradio_api/custom_component"]))
    return Request(kind, "GET", f"/{where}/{path}")


@_kind("an upload that is no form")
def _(draw: Any, target: Target, kind: str) -> Request:
    headers = {"Content-Type": "multipart/form-data; boundary=" + draw(st.sampled_from(["", "x"]))}
    return Request(kind, "POST", "/gradio_api/upload", draw(st.binary(max_size=300)), headers)


@_kind("a picture that is none")
def _(draw: Any, target: Target, kind: str) -> Request:
    starts = [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF0000WEBP",
        b"II*\x00",
        b"BM",
    ]
    token = target.token if target.token and draw(st.booleans()) else draw(_PATHS)
    body = draw(st.sampled_from(starts)) + draw(st.binary(max_size=300))
    return Request(kind, "POST", "/page/picture", body, {"X-Session": token})


@_kind("a path of any characters")
def _(draw: Any, target: Target, kind: str) -> Request:
    return Request(kind, "GET", f"/{draw(_PATHS)}")


@_kind("an unusual method")
def _(draw: Any, target: Target, kind: str) -> Request:
    method = draw(st.sampled_from(["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"]))
    path = draw(st.sampled_from(["/", "/config", "/gradio_api/component_server", "/health"]))
    return Request(kind, method, path)


@_kind("a length that is no number")
def _(draw: Any, target: Target, kind: str) -> Request:
    length = draw(st.sampled_from(["-1", "x", "1e3", "99999999999999", "5, 5"]))
    return Request(
        kind,
        "POST",
        "/gradio_api/component_server",
        b"",
        {"Content-Length": length, "Connection": "close"},
    )


@_kind("a drawing of too many points")
def _(draw: Any, target: Target, kind: str) -> Request:
    point = draw(st.lists(st.integers(-5, 5), min_size=2, max_size=2))
    strokes = [[point] * draw(st.integers(10_001, 12_000))]
    return target.call(
        draw,
        kind,
        "predict",
        {"token": target.token, "strokes": strokes, "model": "ready", "seq": 1},
    )


@_kind("a set-up out of its ranges")
def _(draw: Any, target: Target, kind: str) -> Request:
    names = ["epochs", "learning_rate", "batch_size", "hidden_sizes", "seed", "preset", "dropout"]
    setup = draw(st.dictionaries(st.sampled_from(names), VALUES, min_size=1))
    setup["epochs"] = draw(st.sampled_from([0, -3, 10**9, None, "x"]))
    return target.call(draw, kind, "lab_start", {"token": target.token, "setup": setup})
