"""Serves the dashboard until a signal ends it.

Invariants: the replica is used by the storage thread alone; a signal ends the streams, then the
server, then what follows the primary and the index; the token is told to nobody and logged nowhere.
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Final

import msgspec
import uvicorn

from ipcom_chat import host as machine
from ipcom_chat.domain.entry import Scope
from ipcom_chat.errors import IpcomChatError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.web.app import Pages
from ipcom_chat.web.guard import Guard
from ipcom_chat.web.peers import is_own
from ipcom_chat.web.reading import Reader
from ipcom_chat.web.tokens import VARIABLE, Token

FLEET_S: Final = 60.0
PATIENCE_S: Final = 3
CONNECTIONS_MAX: Final = 200
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOG = logging.getLogger(__name__)


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server listens, and for whom."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    """Under which it is reached, beside those of this machine."""
    token: Token | None = None


class _Server(uvicorn.Server):
    """Leaves the signals to us: the streams have to end first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn."""
        yield


def serve(runtime: Runtime, scope: Scope, where: Listening, started: Callable[[str], None]) -> None:
    """Serve until a signal comes. The caller closes the runtime.

    Args:
        runtime: open.
        scope: which history is shown.
        where: the address, and who may come.
        started: told the address once it is listened on.

    Raises:
        UsageError: the address cannot be listened on, or others could come without a token.
    """
    if where.token is None and (where.names or not _is_loopback(where.host)):
        raise UsageError(
            _("Others than this machine need a token: --token-file FILE, or {variable} in the "
              "environment.", variable=VARIABLE)
        )  # fmt: skip
    listener = _listener(where)
    runtime.keep_measuring()
    storage = StorageThread()
    beside = (runtime.open_indexing(), runtime.open_counting())
    sync, stopping = runtime.open_sync(lambda _status: None), threading.Event()
    try:
        for each in beside:
            each.start()
        if sync is not None:
            sync.start()
            _ask_primary(runtime, storage, stopping)
        asyncio.run(_serve(runtime, Reader(runtime, storage, scope), where, listener, started))
    finally:
        stopping.set()
        listener.close()
        storage.close()
        if sync is not None:
            sync.stop()
        for each in beside:
            each.stop()


async def _serve(
    runtime: Runtime, reader: Reader, where: Listening, listener: socket.socket,
    started: Callable[[str], None],
) -> None:  # fmt: skip
    pages = Pages(reader, where.token, runtime.clock)
    guard = Guard(pages.app(), where.token, _names(where), is_own, runtime.clock)
    server = _Server(uvicorn.Config(
        guard, log_config=None, access_log=False, server_header=False, date_header=True,
        proxy_headers=False, lifespan="off", ws="none", limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=PATIENCE_S, http="h11",
    ))  # fmt: skip

    def stop() -> None:
        pages.stop()
        server.should_exit = True

    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    started(_address(listener))
    await server.serve(sockets=[listener])


def _listener(where: Listening) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _kind, _protocol, _name, address = found[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(CONNECTIONS_MAX)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(
            _("Cannot listen on {host}:{port}: {reason}.", host=where.host, port=where.port,
              reason=reason_of(error))
        ) from error  # fmt: skip
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names(where: Listening) -> frozenset[str]:
    own = {"localhost", machine.hostname().lower(), socket.getfqdn().lower(), where.host.lower()}
    return frozenset(own | {name.lower() for name in where.names})


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _ask_primary(runtime: Runtime, storage: StorageThread, stopping: threading.Event) -> None:
    """Ask the primary about all machines, now and then; a page never waits for it."""
    sync = runtime.sync

    def ask() -> None:
        while not stopping.is_set():
            try:
                fleet = sync.fetch_fleet()
                with suppress(RuntimeError):  # the storage thread has ended meanwhile
                    storage.submit(sync.store_fleet, fleet).result()
            except IpcomChatError as error:
                _LOG.warning("the primary told nothing of the machines: %s", error.code)
            stopping.wait(FLEET_S)

    threading.Thread(target=ask, name="fleet", daemon=True).start()
