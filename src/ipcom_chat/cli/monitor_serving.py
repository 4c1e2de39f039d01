"""What `monitor serve` answers: `/metrics` for Prometheus, `/healthz` for whoever asks if it lives.

Invariants: it only reads; one look at a time, at most one in `FRESH_S` seconds, however many ask; a
client that sends nothing is let go.
"""

import logging
import signal
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from types import FrameType
from typing import Final

from ipcom_chat.cli import output
from ipcom_chat.errors import IpcomChatError, StorageError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.monitoring import Health, MonitoringService, Snapshot, View
from ipcom_chat.services.prometheus import CONTENT_TYPE, exposition
from ipcom_chat.services.sync import SyncService

FRESH_S: Final = 2.0
PATIENCE_S: Final = 10.0
FLEET_S: Final = 60.0
_LOG = logging.getLogger(__name__)
_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"

Answer = tuple[int, str, str]
"""Status, content type, body."""


class _Answers:
    """What the paths answer; any thread may ask."""

    def __init__(self, service: MonitoringService, view: View, *, fleet: bool) -> None:
        self._service = service
        self._view = view
        self._fleet = fleet
        self._lock = threading.Lock()
        self._seen: tuple[float, Snapshot, str] | None = None
        self._is_closed = False

    def answer(self, path: str) -> Answer:
        """Return what a path answers."""
        if path not in {"/metrics", "/healthz"}:
            return 404, _TEXT, "not found\n"
        try:
            seen, metrics = self._look()
        except IpcomChatError as error:
            return 503, _JSON, f"{json_text({'health': 'failing', 'error': error.code})}\n"
        if path == "/metrics":
            return 200, CONTENT_TYPE, metrics
        told = {"health": seen.health, "reasons": seen.reasons, "at": seen.at}
        return 503 if seen.health is Health.FAILING else 200, _JSON, f"{json_text(told)}\n"

    def ask_primary(self, sync: SyncService, stopping: threading.Event) -> None:
        """Ask the primary about all machines, now and then, until told to stop."""
        while not stopping.is_set():
            try:
                fleet = sync.fetch_fleet()
                with self._lock:
                    if self._is_closed:
                        return
                    sync.store_fleet(fleet)
            except IpcomChatError as error:
                _LOG.warning("the primary told nothing of the machines: %s", error.code)
            stopping.wait(FLEET_S)

    def close(self) -> None:
        """Look no more: the replica is about to be closed."""
        with self._lock:
            self._is_closed = True

    def _look(self) -> tuple[Snapshot, str]:
        with self._lock:
            if self._is_closed:
                raise StorageError(_("The server is ending."))
            if self._seen is None or monotonic() - self._seen[0] > FRESH_S:
                seen = self._service.snapshot(self._view)
                text = exposition(seen, self._service.totals(), fleet=self._fleet)
                self._seen = monotonic(), seen, text
            return self._seen[1], self._seen[2]


def serve_metrics(runtime: Runtime, view: View, address: tuple[str, int], *, fleet: bool) -> None:
    """Serve until a signal ends it.

    Raises:
        UsageError: the address cannot be listened on.
    """
    answers = _Answers(runtime.monitoring, view, fleet=fleet)
    stopping = threading.Event()
    if fleet:
        asked = (runtime.sync, stopping)
        threading.Thread(target=answers.ask_primary, args=asked, daemon=True).start()
    with _listening(address, _handler_of(answers)) as server:
        host, port = server.server_address[:2]
        output.note(_("Serving http://{host}:{port}/metrics and /healthz.", host=host, port=port))
        _until_stopped(server)
    stopping.set()
    answers.close()


def _handler_of(answers: _Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S
        server_version = "ipcom-chat"
        sys_version = ""

        def do_GET(self) -> None:
            self._send(body=True)

        def do_HEAD(self) -> None:
            self._send(body=False)

        def _send(self, *, body: bool) -> None:
            status, kind, text = answers.answer(self.path.partition("?")[0])
            data = text.encode()
            with suppress(OSError):  # the client has gone
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                if body:
                    self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing: stderr is for people."""

    return Handler


def _listening(
    address: tuple[str, int], handler: type[BaseHTTPRequestHandler]
) -> ThreadingHTTPServer:
    try:
        server = ThreadingHTTPServer(address, handler)
    except (OSError, OverflowError) as error:
        raise UsageError(
            _("Cannot listen on {host}:{port}: {reason}.", host=address[0], port=address[1],
              reason=reason_of(error))
        ) from error  # fmt: skip
    server.daemon_threads = True
    return server


def _until_stopped(server: ThreadingHTTPServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # `shutdown` waits for the loop, which runs in this thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.serve_forever(poll_interval=0.2)
