"""An asynchronous client of one libSQL server.

A call is one HTTP request that opens a stream, carries out its statements and closes the stream:
nothing is left behind on the server, which keeps 128 streams at most. Only `transaction` holds a
stream, for as short a time as its caller needs. Nothing is tried again here: `retryable` of the
error says what the caller may do. A call that failed may still have been carried out, so what it
asks for must bear being asked twice.

The token goes to the configured host alone, never unencrypted over a network, and stands in no
message, `repr` or log.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import httpx2

from ipcom_chat.errors import PrimaryError, PrimarySetupError, StatementError
from ipcom_chat.i18n import _
from ipcom_chat.libsql import faults, hrana
from ipcom_chat.libsql.address import LOOPBACK, Address
from ipcom_chat.libsql.hrana import Result, Script, Statement

CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 90.0
"""Longer than the time between two synchronisations, so that TLS is set up once."""
MAX_CONNECTIONS = 16
"""Of one process; far below the 128 requests at a time that a server takes from everybody."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Twice what a server gives; more than this is no answer but an attack."""
MAX_ERROR_BYTES = 64 * 1024
CLOSE_TIMEOUT_S = 2.0
PIPELINE = "/v3/pipeline"

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")


def http_client(
    *, timeout_s: float, connect_timeout_s: float = CONNECT_TIMEOUT_S
) -> httpx2.AsyncClient:
    """Return the pool of connections that all clients of the process share; close it at the end.

    Certificates are those of the system, or of SSL_CERT_FILE; proxies those of HTTPS_PROXY, but
    for servers on this machine. Reading the certificates takes tens of milliseconds.

    Args:
        timeout_s: how long a whole call may take, unless it says otherwise.
        connect_timeout_s: how long setting up a connection may take.

    Raises:
        PrimarySetupError: the certificates or the address of the proxy cannot be used.
    """
    try:
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, connect_timeout_s)),
            limits=httpx2.Limits(
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE_S,
            ),
            # A company's proxy cannot reach this machine, and must not see what goes to it.
            mounts={_pattern(host): None for host in LOOPBACK},
            headers={"accept-encoding": "gzip", "user-agent": "ipcom-chat"},
            follow_redirects=False,
        )
    # OSError: a file of certificates, ImportError: a SOCKS proxy, ValueError: its address.
    except (OSError, ImportError, ValueError, httpx2.InvalidURL) as error:
        raise PrimarySetupError(
            _(
                "The network cannot be used as it is configured; nothing was sent. Check the"
                " variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE."
            )
        ) from error


def _pattern(host: str) -> str:
    return f"all://[{host}]" if ":" in host else f"all://{host}"


class Client:
    """Talks to the libSQL server at one address.

    Args:
        url: `libsql://`, `https://` or, to this machine, `http://`.
        token: the JWT, if the server wants one.
        http: from `http_client`; it stays the caller's to close.
        allow_http: lets unencrypted requests leave this machine, without a token only.

    Raises:
        PrimarySetupError: the address or the token cannot be used.
    """

    def __init__(
        self, url: str, *, token: str | None, http: httpx2.AsyncClient, allow_http: bool = False
    ) -> None:
        self._address = Address.parse(url)
        self._address.check_privacy(has_token=bool(token), allow_http=allow_http)
        self._link = _Link(self._address.shown, _checked(token), http)

    def __repr__(self) -> str:
        return f"Client({self.host!r})"

    @property
    def host(self) -> str:
        """What messages call the server."""
        return self._address.shown

    @property
    def requests(self) -> int:
        """How many HTTP requests were sent."""
        return self._link.requests

    @property
    def sent_bytes(self) -> int:
        """Heads and bodies sent, without TLS."""
        return self._link.sent_bytes

    @property
    def received_bytes(self) -> int:
        """Heads and bodies received, bodies as compressed, without TLS and chunk marks."""
        return self._link.received_bytes

    async def execute(
        self, *requests: Statement | Script, timeout_s: float | None = None
    ) -> list[Result]:
        """Carry out statements in one request and return their results.

        Each statement is a transaction of its own, and those after a refused one are carried out
        as well: what belongs together is one statement, or goes into `transaction`.

        Raises:
            PrimaryError: one of its kinds; of several refused statements, the first.
        """
        return [self._accepted(one) for one in await self.pipeline(*requests, timeout_s=timeout_s)]

    async def pipeline(
        self, *requests: Statement | Script, timeout_s: float | None = None
    ) -> list[Result | StatementError]:
        """Carry out statements in one request and return the result, or the error, of each.

        Raises:
            PrimaryError: the request as a whole failed.
        """
        reply = await self._link.send(self._address, requests, timeout_s=timeout_s)
        return reply.results

    def meaning(self, error: StatementError) -> PrimaryError:
        """Return what an error among the results of `pipeline` means, as `execute` raises it."""
        return faults.of_statement(error, self.host)

    @asynccontextmanager
    async def transaction(
        self, *, timeout_s: float | None = None
    ) -> AsyncGenerator["Transaction", None]:
        """Hold the server's write lock for a block; commit at its end, or roll all of it back.

        The server takes the lock away after 5 s if others wait for it; the next statement then
        fails with a `PrimaryUnreachableError`. If the connection is lost during the commit, the
        same error leaves open whether it was carried out.

        Raises:
            PrimaryError: one of its kinds; nothing was changed, but for what is said above.
        """
        transaction = Transaction(self._link, self._address, timeout_s)
        try:
            await transaction.begin()
            yield transaction
            await transaction.commit()
        finally:
            await transaction.close()

    def _accepted(self, result: Result | StatementError) -> Result:
        if isinstance(result, StatementError):
            raise self.meaning(result) from None
        return result


class Transaction:
    """A write transaction on a stream of its own; made by `Client.transaction`."""

    def __init__(self, link: "_Link", address: Address, timeout_s: float | None) -> None:
        self._link = link
        self._address = address
        self._timeout_s = timeout_s
        self._baton: str | None = None
        self._failure: PrimaryError | None = None

    async def execute(self, *requests: Statement | Script) -> list[Result]:
        """Carry out statements, one request each; the first error ends the transaction.

        Raises:
            PrimaryError: one of its kinds; it comes again at the end if it is held back here.
        """
        results = []
        for index, request in enumerate(requests):
            # One by one: if the server has taken the lock away, only the next statement fails,
            # and those behind it in the same request would be committed each for itself.
            results.append(await self._one(request, index))
        return results

    async def begin(self) -> None:
        """Open the stream and wait for the write lock."""
        await self._send(Statement("BEGIN IMMEDIATE"), 0, close=False)

    async def commit(self) -> None:
        """Commit and close the stream."""
        await self._one(Statement("COMMIT"), 0, close=True)

    async def close(self) -> None:
        """Close the stream if it is open, which rolls back; errors do not matter any more."""
        baton, self._baton = self._baton, None
        if baton is not None:
            with suppress(PrimaryError):
                await self._link.send(self._address, (), baton=baton, timeout_s=CLOSE_TIMEOUT_S)

    async def _one(self, request: Statement | Script, index: int, *, close: bool = False) -> Result:
        if self._failure is not None:
            raise self._failure
        if self._baton is None:
            # The stream is gone; without a baton the server would open another, without the lock.
            raise faults.unreachable(self._link.host, _("the transaction was given up"))
        return await self._send(request, index, close=close)

    async def _send(self, request: Statement | Script, index: int, *, close: bool) -> Result:
        # A baton is good for one request: while that is on its way, there is none.
        baton, self._baton = self._baton, None
        try:
            reply = await self._link.send(
                self._address, (request,), baton=baton, close=close, timeout_s=self._timeout_s
            )
            self._baton = reply.baton
            self._follow(reply.base_url)
            return self._accepted(reply.results[0], index)
        except PrimaryError as error:
            self._failure = error
            raise

    def _accepted(self, result: Result | StatementError, index: int) -> Result:
        if isinstance(result, StatementError):
            result.index = index
            raise faults.of_statement(result, self._link.host)
        return result

    def _follow(self, base_url: str | None) -> None:
        """Go on where the server wants it, if the token may go there."""
        if base_url is None:
            return
        with suppress(PrimarySetupError):
            other = Address.parse(base_url)
            if self._address.may_move_to(other):
                self._address = other


class _Link:
    """Sends pipelines to a server and counts what goes over the wire."""

    def __init__(self, host: str, token: str, http: httpx2.AsyncClient) -> None:
        self.host = host
        self.requests = self.sent_bytes = self.received_bytes = 0
        self._token = token
        self._http = http

    async def send(
        self,
        address: Address,
        requests: Sequence[Statement | Script],
        *,
        baton: str | None = None,
        close: bool = True,
        timeout_s: float | None = None,
    ) -> hrana.Reply:
        """Send one pipeline and return its answer.

        Raises:
            PrimaryError: one of its kinds, but for those of single statements.
        """
        body = hrana.encode(requests, baton=baton, close=close)
        answer = await self._post_in_time(address.base + PIPELINE, body, timeout_s)
        try:
            return hrana.decode(answer, len(requests), hide=self._token)
        except hrana.MalformedError as error:
            raise faults.unreachable(self.host, _("its answer arrived damaged")) from error

    async def _post_in_time(self, url: str, body: bytes, timeout_s: float | None) -> bytes:
        """Post within a limit for the whole call: a trickle of bytes must not hold it for ever."""
        limits = self._limits(timeout_s)
        try:
            async with asyncio.timeout(limits.read):
                return await self._post(url, body, limits)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise faults.unreachable(self.host, _("it took too long")) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise faults.of_transport(error, self.host, hide=self._token) from error

    def _limits(self, timeout_s: float | None) -> httpx2.Timeout:
        default = self._http.timeout
        if timeout_s is None:
            return default
        return httpx2.Timeout(timeout_s, connect=min(timeout_s, default.connect or timeout_s))

    async def _post(self, url: str, body: bytes, limits: httpx2.Timeout) -> bytes:
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        if httpx2.URL(url).host in LOOPBACK:
            # sqld sends compressed answers in chunks of 64 bytes: ten times the work, nothing won.
            headers["accept-encoding"] = "identity"
        request = self._http.build_request(
            "POST", url, content=body, headers=headers, timeout=limits
        )
        self.requests += 1
        self.sent_bytes += _request_bytes(request) + len(body)
        response = await self._http.send(request, stream=True)
        try:
            return await self._answer(response)
        finally:
            self.received_bytes += _response_bytes(response) + response.num_bytes_downloaded
            await response.aclose()

    async def _answer(self, response: httpx2.Response) -> bytes:
        """Return the body of a good answer.

        Raises:
            PrimaryError: one of its kinds.
        """
        if response.status_code != HTTPStatus.OK:
            body = await _read(response, MAX_ERROR_BYTES)
            raise faults.of_status(response.status_code, body, self.host, hide=self._token)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise faults.not_a_primary(self.host, _("it sent a page, not data"))
        body = await _read(response, MAX_ANSWER_BYTES)
        if len(body) > MAX_ANSWER_BYTES:
            raise faults.too_large(self.host)
        return body


def _checked(token: str | None) -> str:
    """Return the token, or nothing for none; a wrong one would stand in an error of the library."""
    if token and not _TOKEN.fullmatch(token):
        raise PrimarySetupError(
            _("TURSO_AUTH_TOKEN holds characters that no token has; nothing was sent.")
        )
    return token or ""


async def _read(response: httpx2.Response, limit_bytes: int) -> bytes:
    """Return the body, or what is a little more than the limit of it."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit_bytes:
            break
    return bytes(body)


def _request_bytes(request: httpx2.Request) -> int:
    line = len(request.method) + len(request.url.raw_path) + len("  HTTP/1.1\r\n")
    return line + _header_bytes(request.headers)


def _response_bytes(response: httpx2.Response) -> int:
    line = len(f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n")
    return line + _header_bytes(response.headers)


def _header_bytes(headers: httpx2.Headers) -> int:
    """Return the length of all lines, each with `: ` and an end, and of the empty line."""
    return sum(len(name) + len(value) + 4 for name, value in headers.raw) + 2
