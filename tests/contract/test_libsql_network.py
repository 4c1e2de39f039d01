"""The client of libSQL where the network, or what answers, is not as it should be."""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from ipcom_chat.errors import (
    PrimaryAuthError,
    PrimaryError,
    PrimaryReadOnlyError,
    PrimarySetupError,
    PrimaryTooLargeError,
    PrimaryUnreachableError,
)
from ipcom_chat.libsql import client as client_module
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Script, Statement
from tests.support.proxy import Faults, Proxy, refused_port
from tests.support.sqld import Sqld, self_signed
from tests.support.tmux import requires_tool
from tests.support.waiting import until

ONE = Statement("SELECT 1")
GOOD_BODY = (
    b'{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":'
    b'{"cols":[{"name":"1"}],"rows":[[{"type":"integer","value":"1"}]],"affected_row_count":0}}},'
    b'{"type":"ok","response":{"type":"close"}}]}'
)
TOKEN = "s3cret.t0ken"


def answer(status: int, body: bytes = b"", kind: str = "application/json", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} Scripted", f"content-type: {kind}", f"content-length: {len(body)}"]
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


class Scripted:
    """Answers every request with the same bytes, and keeps what came."""

    def __init__(self, reply: bytes, *, byte_delay_s: float = 0.0) -> None:
        self.heads: list[bytes] = []
        self.port = 0
        self._reply = reply
        self._byte_delay_s = byte_delay_s

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await self._send(writer)
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        if not self._byte_delay_s:
            writer.write(self._reply)
        else:
            for place in range(len(self._reply)):
                writer.write(self._reply[place : place + 1])
                await asyncio.sleep(self._byte_delay_s)
        await writer.drain()


@contextlib.asynccontextmanager
async def scripted(
    reply: bytes, *, byte_delay_s: float = 0.0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Scripted]:
    script = Scripted(reply, byte_delay_s=byte_delay_s)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=tls)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with http_client(timeout_s=5) as client:
        yield client


@pytest.fixture
def proxy(sqld: Sqld) -> Iterator[Proxy]:
    with Proxy(sqld.port) as proxy:
        yield proxy


@pytest.fixture
async def client(sqld: Sqld, proxy: Proxy, http: httpx2.AsyncClient) -> Client:
    await Client(sqld.url, token=None, http=http).execute(Script("CREATE TABLE t (a)"))
    return Client(proxy.url, token=None, http=http)


# --- the way there and back ---


@pytest.mark.parametrize(("here", "encoding"), [(("127.0.0.1",), b"identity"), ((), b"gzip")])
async def test_only_answers_from_afar_are_compressed(
    here: tuple[str, ...],
    encoding: bytes,
    http: httpx2.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What sqld compresses comes in chunks of 64 bytes, each of which costs as much as a row."""
    monkeypatch.setattr(client_module, "LOOPBACK", here)
    async with scripted(answer(200, GOOD_BODY)) as server:
        await Client(server.url, token=None, http=http).execute(ONE)
    fields = [line for line in server.heads[0].lower().split(b"\r\n") if b"accept-encoding" in line]
    assert fields == [b"accept-encoding: " + encoding]


async def test_a_slow_network_is_no_error(client: Client, proxy: Proxy) -> None:
    proxy.faults = Faults(delay_up_s=0.1, delay_down_s=0.1)
    await client.execute(ONE)


@pytest.mark.parametrize(
    "faults", [Faults(stall_up=True), Faults(stall_down=True), Faults(delay_down_s=30)]
)
async def test_silence_ends_with_the_time_of_the_call(
    client: Client, proxy: Proxy, faults: Faults
) -> None:
    await client.execute(ONE)
    proxy.faults = faults
    with pytest.raises(PrimaryUnreachableError, match="took too long"):
        await client.execute(ONE, timeout_s=0.2)
    proxy.faults = Faults()
    await client.execute(ONE)


@pytest.mark.parametrize("after_bytes", [0, 10, 100, 300, 500])
async def test_an_answer_that_is_cut_off(client: Client, proxy: Proxy, after_bytes: int) -> None:
    proxy.faults = Faults(cut_down_after=after_bytes)
    with pytest.raises(PrimaryUnreachableError):
        await client.execute(Statement("SELECT hex(randomblob(1000))"))
    proxy.faults = Faults()
    await client.execute(ONE)


async def test_a_request_that_is_cut_off_is_not_carried_out(client: Client, proxy: Proxy) -> None:
    proxy.faults = Faults(cut_up_after=300)
    with pytest.raises(PrimaryUnreachableError):
        await client.execute(Statement("INSERT INTO t VALUES (?)", ("x" * 1000,)))
    proxy.faults = Faults()
    (result,) = await client.execute(Statement("SELECT count(*) FROM t"))
    assert result.rows == [(0,)]


async def test_a_request_whose_answer_is_lost_was_carried_out(client: Client, proxy: Proxy) -> None:
    proxy.faults = Faults(swallow=True)
    with pytest.raises(PrimaryUnreachableError):
        await client.execute(Statement("INSERT INTO t VALUES (1)"))
    proxy.faults = Faults()
    (result,) = await client.execute(Statement("SELECT count(*) FROM t"))
    assert result.rows == [(1,)]


async def test_a_damaged_answer_is_an_error_of_ours_or_harmless(
    client: Client, proxy: Proxy
) -> None:
    failed = 0
    for place in range(0, 500, 7):
        proxy.faults = Faults(corrupt_down_at=place)
        try:
            await client.execute(ONE, timeout_s=0.5)
        except PrimaryError:
            failed += 1
    assert failed > 20


async def test_connections_that_are_refused_and_accepted_again(
    client: Client, proxy: Proxy
) -> None:
    await client.execute(ONE)
    proxy.faults = Faults(refuse=True)
    with pytest.raises(PrimaryUnreachableError):
        await client.execute(ONE)
    proxy.faults = Faults()
    await client.execute(ONE)


async def test_the_reason_of_a_refused_connection(http: httpx2.AsyncClient) -> None:
    with refused_port() as port:
        client = Client(f"http://127.0.0.1:{port}", token=None, http=http)
        with pytest.raises(PrimaryUnreachableError, match=f"127.0.0.1:{port} .*") as caught:
            await client.execute(ONE)
    assert caught.value.retryable


async def test_a_name_that_nobody_knows(http: httpx2.AsyncClient) -> None:
    with pytest.raises(PrimaryUnreachableError, match="no-such-host"):
        await Client("libsql://no-such-host.invalid", token=None, http=http).execute(ONE)


async def test_a_cancelled_call_hangs_up(client: Client, proxy: Proxy) -> None:
    proxy.faults = Faults(stall_down=True)
    task = asyncio.create_task(client.execute(ONE))
    await until(lambda: proxy.open_connections == 1 and proxy.down_bytes > 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    proxy.faults = Faults()
    await until(lambda: proxy.open_connections == 0)


async def test_a_connection_is_used_again(client: Client, proxy: Proxy) -> None:
    for _ in range(5):
        await client.execute(ONE)
    assert proxy.accepted == 1


async def test_a_lost_commit_is_said_to_be_lost(client: Client, proxy: Proxy) -> None:
    async def work() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(Statement("INSERT INTO t VALUES (1)"))
            proxy.faults = Faults(swallow=True)

    with pytest.raises(PrimaryUnreachableError):
        await work()


# --- what answers is not the server, or is in trouble ---


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer(200, b"<html>Sign in</html>", "text/html"), PrimarySetupError),
        (answer(200, b"ok", "text/plain"), PrimarySetupError),
        (answer(200, b"<html>"), PrimaryUnreachableError),
        (answer(200, b"{}"), PrimaryUnreachableError),
        (answer(200, b""), PrimaryUnreachableError),
        (answer(200, GOOD_BODY[:-1]), PrimaryUnreachableError),
        (
            answer(200, b"xyz", "application/json", "content-encoding: gzip"),
            PrimaryUnreachableError,
        ),
        (answer(301, b"", "text/html", "location: http://127.0.0.1:1/"), PrimarySetupError),
        (answer(400, b"<html>", "text/html"), PrimarySetupError),
        (answer(401, b"<html>", "text/html"), PrimaryAuthError),
        (answer(403, b'{"error":"no Write permission"}'), PrimaryReadOnlyError),
        (answer(403, b"<html>Blocked by policy", "text/html"), PrimarySetupError),
        (answer(404, b"<html>", "text/html"), PrimarySetupError),
        (answer(404, b'{"error":"Namespace `x` does not exist"}'), PrimarySetupError),
        (answer(405), PrimarySetupError),
        (answer(407, b"<html>", "text/html"), PrimarySetupError),
        (answer(408), PrimaryUnreachableError),
        (answer(413, b"<html>", "text/html"), PrimaryTooLargeError),
        (answer(429, b'{"error":"Too many concurrent requests"}'), PrimaryUnreachableError),
        (answer(500, b'{"error":"Internal"}'), PrimaryUnreachableError),
        (answer(502, b"<html>", "text/html"), PrimaryUnreachableError),
        (answer(503), PrimaryUnreachableError),
        (b"SSH-2.0-OpenSSH_9.2\r\n", PrimaryUnreachableError),
        (b"", PrimaryUnreachableError),
    ],
)
async def test_what_an_answer_means(
    http: httpx2.AsyncClient, reply: bytes, kind: type[PrimaryError]
) -> None:
    async with scripted(reply) as server:
        with pytest.raises(kind) as caught:
            await Client(server.url, token=TOKEN, http=http).execute(ONE)
    assert "<html>" not in str(caught.value)
    assert len(server.heads) == 1  # no redirect was followed, nothing was tried again


async def test_a_stream_that_the_server_gave_up_may_be_tried_again(
    http: httpx2.AsyncClient,
) -> None:
    expired = b'{"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"}'
    for reply in (answer(400, expired), answer(400, b"Received an invalid baton", "text/plain")):
        async with scripted(reply) as server:
            with pytest.raises(PrimaryUnreachableError, match="given up"):
                await Client(server.url, token=None, http=http).execute(ONE)


async def test_an_answer_that_trickles_does_not_hold_the_call(http: httpx2.AsyncClient) -> None:
    async with scripted(answer(200, GOOD_BODY), byte_delay_s=0.05) as server:
        with pytest.raises(PrimaryUnreachableError, match="took too long"):
            await Client(server.url, token=None, http=http).execute(ONE, timeout_s=0.3)


async def test_an_answer_without_an_end(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 1_000_000)
    bomb = answer(
        200, gzip.compress(b" " * 50_000_000), "application/json", "content-encoding: gzip"
    )
    async with scripted(bomb) as server:
        with pytest.raises(PrimaryTooLargeError):
            await Client(server.url, token=None, http=http).execute(ONE)


async def test_a_server_that_repeats_the_token_does_not_make_us_show_it(
    http: httpx2.AsyncClient,
) -> None:
    echo = b'{"error":"bad authorization: Bearer %s"}' % TOKEN.encode()
    refusal = b'{"results":[{"type":"error","error":{"message":"%s","code":"X"}}]}' % TOKEN.encode()
    for reply in (answer(403, echo), answer(500, echo), answer(404, echo), answer(200, refusal)):
        async with scripted(reply) as server:
            with pytest.raises(PrimaryError) as caught:
                await Client(server.url, token=TOKEN, http=http).execute(ONE)
        assert TOKEN not in str(caught.value)
        assert b"authorization: Bearer " + TOKEN.encode() in server.heads[0].replace(
            b"Authorization", b"authorization"
        )


@pytest.mark.parametrize("token", ["with blank", "line\r\nfeed", "ação", '"quoted"', "a\x00b"])
def test_a_token_that_is_none(token: str) -> None:
    # The HTTP library would show such a token in its error.
    with pytest.raises(PrimarySetupError) as caught:
        Client("https://h.example.com", token=token, http=httpx2.AsyncClient())
    assert token not in str(caught.value)


def test_a_token_never_goes_over_a_network_unencrypted() -> None:
    for allow_http in (False, True):
        with pytest.raises(PrimarySetupError, match="token would go"):
            Client("http://10.0.0.5", token=TOKEN, http=httpx2.AsyncClient(), allow_http=allow_http)


async def test_a_host_name_that_cannot_be(http: httpx2.AsyncClient) -> None:
    with pytest.raises(PrimarySetupError, match="address is not valid"):
        await Client("https://-ä.com", token=None, http=http).execute(ONE)


async def test_a_stream_that_the_server_closes_by_itself_is_not_opened_again(
    http: httpx2.AsyncClient,
) -> None:
    async def work(client: Client) -> None:
        async with client.transaction() as transaction:
            await transaction.execute(ONE)

    async with scripted(answer(200, GOOD_BODY)) as server:
        with pytest.raises(PrimaryUnreachableError, match="given up"):
            await work(Client(server.url, token=None, http=http))
    assert len(server.heads) == 1


# --- TLS and proxies ---


async def test_a_certificate_that_nobody_vouches_for(
    tmp_path: Path, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires_tool("openssl")
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with scripted(answer(200, GOOD_BODY), tls=tls) as server:
        url = f"libsql://127.0.0.1:{server.port}"
        with pytest.raises(PrimarySetupError, match="self-signed"):
            await Client(url, token=TOKEN, http=http).execute(ONE)
        assert server.heads == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with http_client(timeout_s=5) as trusting:
            (result,) = await Client(url, token=TOKEN, http=trusting).execute(ONE)
    assert result.rows == [(1,)]


async def test_https_to_a_server_without_it(sqld: Sqld, http: httpx2.AsyncClient) -> None:
    with pytest.raises(PrimaryError):
        await Client(f"https://127.0.0.1:{sqld.port}", token=TOKEN, http=http).execute(ONE)


async def test_a_proxy_is_used_for_servers_elsewhere_only(
    sqld: Sqld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted(answer(502, b"<html>", "text/html")) as company:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
            monkeypatch.setenv(name, company.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with http_client(timeout_s=5) as http:
            await Client(sqld.url, token=TOKEN, http=http).execute(ONE)
            assert company.heads == []
            with pytest.raises(PrimaryUnreachableError):
                await Client("libsql://h.example.com", token=TOKEN, http=http).execute(ONE)
    assert company.heads[0].startswith(b"CONNECT h.example.com:443")
    assert TOKEN.encode() not in company.heads[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTPS_PROXY", "nonsense://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/no/such/file"),
        ("SSL_CERT_FILE", "/etc/passwd"),
    ],
)
def test_a_network_that_is_configured_wrongly(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PrimarySetupError, match=name):
        http_client(timeout_s=5)
