"""The server of an AI is asked for its models, with the key where its vendor wants it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ipcom_chat.assistant.endpoint import Endpoint, Vendor
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.services.reach import Reached, reach
from tests.support.proxy import refused_port

Asked = tuple[str, list[tuple[str, dict[str, str]]]]
"""The address of a server, and the paths and headers that it was asked with."""


@pytest.fixture
def asked() -> Iterator[Asked]:
    """Give a server that takes the key `right`, its address, and what it was asked."""
    seen: list[tuple[str, dict[str, str]]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.append((self.path, headers))
            self.send_response(200 if "right" in str(headers) else 401)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("vendor", "path", "header", "value"),
    [
        ("openai-compatible", "/models", "authorization", "Bearer right"),
        ("anthropic", "/v1/models", "x-api-key", "right"),
        ("google", "/v1beta/models", "x-goog-api-key", "right"),
    ],
)
def test_the_key_goes_where_the_vendor_wants_it(
    asked: Asked,
    vendor: Vendor,
    path: str,
    header: str,
    value: str,
) -> None:
    url, seen = asked
    endpoint = Endpoint.parse(vendor, url)
    found = reach(endpoint, "right")
    assert (found.host, found.status, found.is_refused) == ("127.0.0.1", 200, False)
    assert (seen[0][0], seen[0][1][header]) == (path, value)
    assert reach(endpoint, "wrong").is_refused
    assert reach(endpoint, None).is_refused


def test_nobody_there_is_said_without_the_key() -> None:
    with refused_port() as port:
        endpoint = Endpoint.parse("openai-compatible", f"http://127.0.0.1:{port}/v1")
        with pytest.raises(AssistantSetupError, match=r"127\.0\.0\.1 cannot be reached") as error:
            reach(endpoint, "my-key")
    assert "my-key" not in str(error.value)


def test_what_answers_with_a_fault_is_broken() -> None:
    assert Reached(host="h", status=500, took_ms=1).is_broken
    assert not Reached(host="h", status=404, took_ms=1).is_broken
