"""The way to the primary over HTTP: which address is asked, and in which order.

The first address of the primary is the primary itself, and only what it says of its timeline
counts; others may be replicas of it, which pass writes on and may be behind in what they show.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from ipcom_chat.daemon_thread import in_daemon_thread
from ipcom_chat.errors import (
    PrimaryAuthError,
    PrimaryError,
    PrimaryReadOnlyError,
    PrimarySetupError,
    PrimaryUnreachableError,
    SettingsError,
    StatementError,
)
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.sync.target import Target

AVOID_S = 30.0
"""How long an address that did not answer is asked last."""


class Primary:
    """The primary as seen from one process. Close it in the event loop that used it.

    Raises:
        PrimarySetupError: an address, the token or the network's configuration cannot be used.
    """

    def __init__(self, target: Target) -> None:
        self._http = http_client(timeout_s=target.timeout_ms / 1000)
        clients = {
            url: Client(url, token=target.token, http=self._http, allow_http=target.allow_http)
            for url in (*target.urls, *([target.read_url] if target.read_url else []))
        }
        self._clients = clients
        self._writers = [clients[url] for url in target.urls]
        self._readers = [*([clients[target.read_url]] if target.read_url else []), *self._writers]
        self._avoided: dict[Client, float] = {}

    @property
    def host(self) -> str:
        """What messages call the primary."""
        return self._writers[0].host

    @property
    def authority(self) -> Client:
        """The primary itself, for what must be decided there."""
        return self._writers[0]

    @property
    def has_readers(self) -> bool:
        """Whether another address can show what the primary has."""
        return len(self._clients) > 1

    @property
    def traffic(self) -> tuple[int, int, int]:
        """How many requests were made, bytes sent and bytes received."""
        clients = list(self._clients.values())
        return (
            sum(client.requests for client in clients),
            sum(client.sent_bytes for client in clients),
            sum(client.received_bytes for client in clients),
        )

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        """Send one request; return each result, and whether the primary itself answered.

        Raises:
            PrimaryUnreachableError: none of the addresses answered.
            PrimaryError: the one that answered cannot be used.
        """
        failure: PrimaryUnreachableError | None = None
        for client in self._in_order(self._writers if at_primary else self._readers):
            try:
                results = await client.pipeline(*requests)
            except PrimaryUnreachableError as error:
                self._avoided[client] = monotonic() + AVOID_S
                failure = failure or error
                continue
            self._avoided.pop(client, None)
            return [_meant(client, each) for each in results], client is self.authority
        assert failure is not None  # noqa: S101 - there is at least one address
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _in_order(self, clients: Sequence[Client]) -> list[Client]:
        now = monotonic()
        return sorted(clients, key=lambda client: self._avoided.get(client, 0.0) > now)


def _meant(client: Client, result: Result | StatementError) -> Result | PrimaryError:
    return client.meaning(result) if isinstance(result, StatementError) else result


class LatePrimary:
    """The primary of a process that should not wait for it: set up in the first exchange.

    A token that was refused, or may not write, is read anew at once; if another one is there by
    now, the exchange is made with it, so nobody notices that tokens are rotated. If not, it is
    forgotten, and the next exchange looks again.

    Args:
        resolve: returns where the primary is; it may read files and run commands.
        has_readers: whether several addresses are configured.
    """

    def __init__(self, resolve: Callable[[], Target], *, has_readers: bool = False) -> None:
        self.has_readers = has_readers
        self._resolve = resolve
        self._primary: Primary | None = None
        self._token: str | None = None

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        """See `Primary.exchange`.

        Raises:
            PrimaryError: also where the settings are wrong.
        """
        try:
            return await self._exchange(requests, at_primary=at_primary)
        except (PrimaryAuthError, PrimaryReadOnlyError):
            if not await self._is_renewed():
                raise
        return await self._exchange(requests, at_primary=at_primary)

    async def _exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        primary = await self.ready()
        try:
            return await primary.exchange(requests, at_primary=at_primary)
        except (PrimaryAuthError, PrimaryReadOnlyError):
            await self.close()
            raise

    async def _is_renewed(self) -> bool:
        """Return whether the settings give another token than the one that was refused."""
        refused = self._token
        with suppress(PrimarySetupError):  # that the old one was refused says more
            await self.ready()
        return self._primary is not None and self._token != refused

    async def ready(self) -> Primary:
        """Return the primary, set up now if it was not.

        Raises:
            PrimarySetupError: the settings are wrong.
        """
        if self._primary is None:
            try:
                target = await in_daemon_thread(self._resolve)
                self._primary, self._token = Primary(target), target.token
            except SettingsError as error:
                raise PrimarySetupError(str(error)) from error
        return self._primary

    async def close(self) -> None:
        """Close the connections; a later exchange makes new ones."""
        primary, self._primary = self._primary, None
        if primary is not None:
            await primary.close()
