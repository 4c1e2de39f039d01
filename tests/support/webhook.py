"""A real receiver of web hooks on loopback: it remembers what it got, and answers as told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Hook:
    """What came, and what is answered next; 200 when nothing is said."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/services/very-secret"
        self.got: list[dict[str, Any]] = []
        self.tried = 0
        self.statuses: list[int] = []
        self.released = threading.Event()
        """While it is not set, a request that is to be kept waiting waits."""
        self.waits = False
        self.arrived = threading.Event()

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """The rule and level of each alert that was accepted."""
        return [(each["alert"], each["level"]) for each in self.got]


@contextmanager
def hook() -> Iterator[Hook]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["content-length"]))
            found.tried += 1
            found.arrived.set()
            if found.waits:
                found.released.wait(30)
            status = found.statuses.pop(0) if found.statuses else 200
            if status == 200:
                found.got.append(msgspec.json.decode(data))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Hook(server.server_address[1])
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
