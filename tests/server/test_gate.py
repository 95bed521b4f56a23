"""The gate: which routes are open, how much, how often, and what an error looks like."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.server.gate.gate import Gate
from mnist_core.server.limits import Limits
from tests.support.loops import run

OPEN = [
    "/",
    "/config",
    "/assets/index-1.js",
    "/page/0123456789abcdef/shared/page.js",
    "/page/0123456789abcdef/mnist.safetensors",
    "/page/weights",
    "/page/picture",
    "/theme.css",
    "/login",
    "/gradio_api/component_server",
    "/gradio_api/call/predict",
    "/gradio_api/call/predict/0123",
    "/gradio_api/upload",
    "/gradio_api/queue/data",
    "/gradio_api/info",
]
CLOSED = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file/tmp/x",
    "/gradio_api/proxy=http://example.org",
    "/gradio_api/vibe-edit",
    "/gradio_api/dev/reload",
    "/gradio_api/token",
    "/gradio_api/stream/x",
    "/gradio_api/process_recording",
    "/gradio_api/run-history/records",
    "/gradio_api/deep_link",
    "/gradio_api/mcp",
    "/gradio_api/mcp/",
    "/monitoring",
    "/runs",
    "/docs",
    "/openapi.json",
    "/../etc/passwd",
    "/page/0123456789abcdef/other.safetensors",
    "/page/mnist.safetensors",
    "/page/weights/1",
    "/page/picture/1",
    "/page/0123456789abcdef/../../app.py",
]


class App:
    """What lies behind the gate: answers "fine", or raises, or what a test puts in place of that."""

    def __init__(self) -> None:
        self.answer: ASGIApp = self
        self.fault: Exception | None = None
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        if self.fault is not None:
            raise self.fault
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'"fine"'})


def ask(
    gate: Gate, path: str, *, method: str = "GET", root_path: str = "", **headers: str
) -> tuple[int, Any, Any]:
    """Status, headers and body that the gate sends."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": path,
        "root_path": root_path,
        "method": method,
        "client": ("192.0.2.1", 1),
        "headers": [
            (k.replace("_", "-").encode(), v.encode())
            for k, v in ({"host": "page.example"} | headers).items()
        ],
    }
    run(gate(scope, receive, send))
    start, *bodies = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], told, json.loads(b"".join(each.get("body", b"") for each in bodies))


def gate_with(*, body_s: float = 30.0, **limits: float) -> tuple[Gate, App]:
    app = App()
    gate = Gate(
        lambda *request: app.answer(*request),
        limits=Limits(**limits),  # type: ignore[arg-type]
        is_well=lambda: True,
        body_s=body_s,
    )
    return gate, app


@pytest.mark.parametrize("path", OPEN)
def test_the_pages_own_routes_are_open(path: str) -> None:
    gate, app = gate_with()
    assert ask(gate, path)[0] == 200
    assert app.paths == [path]


@pytest.mark.parametrize("path", CLOSED)
def test_every_other_route_is_closed(path: str) -> None:
    gate, app = gate_with()
    status, _, body = ask(gate, path)
    assert status == 404
    assert body == {"error": "There is nothing here."}
    assert app.paths == []


def test_only_the_methods_of_a_page_are_taken() -> None:
    gate, _ = gate_with()
    assert ask(gate, "/", method="DELETE")[0] == 405


@pytest.mark.parametrize("status", [200, 404, 400])
def test_every_answer_has_the_security_headers(status: int) -> None:
    gate, app = gate_with()
    app.fault = ValueError("secret") if status == 400 else None
    got, headers, body = ask(gate, "/nowhere" if status == 404 else "/")
    assert got == status
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "object-src 'none'" in policy
    assert "https://huggingface.co" in policy  # the page works in a Space's frame
    assert "x-frame-options" not in headers
    assert "secret" not in json.dumps(body)


def test_bodies_are_refused_by_the_length_that_they_state() -> None:
    gate, app = gate_with(request_bytes=2**20, picture_bytes=2 * 2**20, large_bytes_per_s=1e9)
    path = "/gradio_api/component_server"
    assert ask(gate, path, method="POST", content_length=str(2**20))[0] == 200
    refused = ask(gate, path, method="POST", content_length=str(2**20 + 1))
    assert refused[0] == 413
    assert refused[2] == {"error": "Expected a request of at most 1,024 kB."}
    form = {"content_type": "multipart/form-data; boundary=x"}
    upload = "/gradio_api/upload"
    assert ask(gate, upload, method="POST", content_length=str(2 * 2**20), **form)[0] == 200
    assert ask(gate, upload, method="POST", content_length=str(3 * 2**20), **form)[0] == 413
    photo = "/page/picture"
    assert ask(gate, photo, method="POST", content_length=str(2 * 2**20))[0] == 200
    assert ask(gate, photo, method="POST", content_length=str(2 * 2**20 + 1))[0] == 413
    assert ask(gate, photo, method="POST", content_length="9", **form)[0] == 415
    event = "/gradio_api/call/predict"
    assert ask(gate, event, method="POST", content_length=str(2**18))[0] == 200
    assert ask(gate, event, method="POST", content_length=str(2**18 + 1))[0] == 413
    assert ask(gate, event, method="POST", content_length="9", **form)[0] == 415
    assert ask(gate, path, method="POST", content_length="-1")[0] == 413
    assert ask(gate, path, method="POST", transfer_encoding="chunked")[0] == 411
    assert len(app.paths) == 4


def test_what_gradio_finds_wrong_is_not_repeated() -> None:
    async def complain(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 422, "headers": []})
        await send({"type": "http.response.body", "body": b'{"input":', "more_body": True})
        await send({"type": "http.response.body", "body": b'"what a visitor sent"}'})

    gate, app = gate_with()
    app.answer = complain
    status, headers, body = ask(gate, "/gradio_api/run/predict", method="POST")
    assert status == 400
    assert body == {"error": "The request could not be understood."}
    assert "content-security-policy" in headers


def test_the_gate_stands_where_the_page_is_mounted() -> None:
    gate, _ = gate_with()
    assert ask(gate, "/digits/config", root_path="/digits")[0] == 200
    assert ask(gate, "/digits/monitoring", root_path="/digits")[0] == 404
    assert ask(gate, "/digits/health", root_path="/digits")[2] == {"status": "ok"}


def test_large_bodies_are_counted_by_their_bytes() -> None:
    gate, _ = gate_with(large_bytes_per_s=20_000)
    path = "/gradio_api/component_server"
    statuses = [ask(gate, path, method="POST", content_length="20000")[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert ask(gate, path, method="POST", content_length="10000")[0] == 200


def test_a_class_behind_one_address_sends_its_photos_at_once() -> None:
    gate, _ = gate_with(large_bytes_per_s=20_000, api_requests_per_s=2.0)
    sent = [ask(gate, "/page/picture", method="POST", content_length="9000000") for _ in range(30)]
    assert {status for status, _, _ in sent} == {200}


def test_large_bodies_share_the_memory_for_them() -> None:
    gate, app = gate_with(arriving_bytes=3 * 2**20, request_bytes=2 * 2**20, large_bytes_per_s=1e9)
    path, large = "/gradio_api/component_server", str(2 * 2**20)
    statuses: list[int] = []

    async def while_one_is_under_way(scope: Scope, receive: Receive, send: Send) -> None:
        app.answer = app
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1"})
        statuses.append(ask(gate, path, method="POST", content_length=large)[0])
        statuses.append(ask(gate, path, method="POST", content_length="1000")[0])

    app.answer = while_one_is_under_way
    assert ask(gate, path, method="POST", content_length=large)[0] == 200
    assert statuses == [503, 200]
    assert ask(gate, path, method="POST", content_length=large)[0] == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/gradio_api/component_server", 400), ("/page/picture", 200)]
)
def test_a_body_that_stops_arriving_is_given_up_but_a_photo_may_take_its_time(
    path: str, status: int
) -> None:
    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await app(scope, receive, send)

    sent: list[Message] = []
    pieces = [b"x", b"x"]

    async def receive() -> Message:
        if len(pieces) == 1:  # for longer than other bodies have
            await asyncio.sleep(0.1)
        return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    gate, app = gate_with(body_s=0.05)
    app.answer = read
    scope: Scope = {
        "type": "http",
        "path": path,
        "method": "POST",
        "headers": [(b"host", b"page.example"), (b"content-length", b"1000000")],
        "client": None,
    }
    run(gate(scope, receive, send))
    assert sent[0]["status"] == status


def test_the_api_is_bounded_by_address_and_the_pages_own_calls_are_not() -> None:
    gate, _ = gate_with(api_requests_per_s=2.0)
    statuses = [ask(gate, "/gradio_api/call/predict", method="POST")[0] for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    page = [ask(gate, "/gradio_api/component_server", method="POST")[0] for _ in range(20)]
    assert page == [200] * 20


def test_health_tells_whether_visitors_are_served() -> None:
    well = True
    gate = Gate(App(), limits=Limits(), is_well=lambda: well)
    assert ask(gate, "/health")[::2] == (200, {"status": "ok"})
    well = False
    assert ask(gate, "/health")[::2] == (503, {"status": "ending"})


def test_nothing_but_http_comes_in() -> None:
    gate, app = gate_with()

    async def never() -> Message:
        raise AssertionError

    run(gate({"type": "websocket", "path": "/"}, never, never))  # type: ignore[arg-type]
    assert app.paths == []


@pytest.mark.parametrize("path", ["/", "/config"])
def test_who_says_no_host_learns_what_is_missing(path: str) -> None:
    """The page would send browsers to an address of this machine's own."""
    gate, app = gate_with()
    for host in ("", " "):
        status, _, body = ask(gate, path, host=host)
        assert status == 400
        assert "Host" in body["error"]
    assert ask(gate, path, host="", x_forwarded_host="page.example")[0] == 200
    assert ask(gate, "/health", host="")[0] == 200
    assert len(app.paths) == 1


def sign_in(status: int) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b'"fine"'})

    return answer


def test_wrong_passwords_of_an_address_are_few_and_right_ones_free() -> None:
    gate, app = gate_with()
    app.answer = sign_in(200)
    assert {ask(gate, "/login", method="POST")[0] for _ in range(30)} == {200}
    app.answer = sign_in(400)
    told = [ask(gate, "/login", method="POST")[0] for _ in range(30)]
    assert told == [400] * 10 + [429] * 20
    assert ask(gate, "/login/", method="POST")[0] == 429
    app.answer = sign_in(200)
    assert ask(gate, "/login", method="POST")[0] == 429
    assert ask(gate, "/login")[0] == 200


def test_the_tools_are_open_where_they_are_served_and_under_the_pages_passwords() -> None:
    path = "/gradio_api/mcp"
    served = Gate(App(), limits=Limits(), is_well=lambda: True, tools=True)
    assert [ask(served, each)[0] for each in (path, f"{path}/", f"{path}/schema")] == [200] * 3
    assert [ask(served, f"{path}/{each}")[0] for each in ("sse", "messages/")] == [404] * 2
    gate = Gate(App(), limits=Limits(), is_well=lambda: True, tools=True, accounts=[("a", "b:c")])

    def asked(pair: bytes, scheme: str = "Basic") -> int:
        authorization = f"{scheme} {base64.b64encode(pair).decode()}"
        return ask(gate, path, method="POST", authorization=authorization)[0]

    status, headers, _ = ask(gate, path, method="POST")
    assert (status, headers["www-authenticate"][:5]) == (401, "Basic")
    assert {asked(b"a:b:c") for _ in range(30)} == {200}
    assert ask(gate, path, authorization="Basic ?")[0] == 401
    assert asked(b"a:b:c", scheme="Bearer") == 401
    assert [asked(b"a:b") for _ in range(10)] == [401] * 8 + [429] * 2
    assert asked(b"a:b:c") == 429
    assert ask(gate, "/login", method="POST")[0] == 429  # its guesses are the same
    assert ask(gate, "/config")[0] == 200
