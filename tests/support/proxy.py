"""A proxy that shows an application below a path, as a web server in front of it would."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextlib.contextmanager
def proxy(port: int, *, path: str, strip: bool) -> Iterator[tuple[str, list[str]]]:
    """Its address below `path`, and the paths that were asked for outside it.

    `strip`: the application is asked without the path in front.
    """
    strays: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            if not self.path.startswith(f"{path}/"):
                if self.path != "/favicon.ico":  # browsers ask for that by themselves
                    strays.append(self.path)
                self.send_error(404)
                return
            target = self.path.removeprefix(path) if strip else self.path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
            client = http.client.HTTPConnection("127.0.0.1", port)
            # Either side may leave in the middle of a stream.
            with (
                contextlib.closing(client),
                contextlib.suppress(OSError, http.client.HTTPException),
            ):
                client.request(self.command, target, body or None, headers)
                answer = client.getresponse()
                with answer:
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in ("transfer-encoding", "connection"):
                            self.send_header(name, value)
                    self.end_headers()
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}/", strays
    finally:
        server.shutdown()
        server.server_close()
