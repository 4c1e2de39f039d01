"""Asks the server of an AI whether it is there and takes the key; no question is sent.

The list of models is asked for, which every vendor gives away without a charge.

Source: API references of OpenAI, Anthropic and Gemini (list models).
"""

from http import HTTPStatus
from time import monotonic

import msgspec

from ipcom_chat.assistant.endpoint import Endpoint
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _

TIMEOUT_S = 10.0
_ANTHROPIC_VERSION = "2023-06-01"
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """What the server said."""

    host: str
    status: int
    took_ms: float

    @property
    def is_refused(self) -> bool:
        """Whether it does not take the key."""
        return self.status in _REFUSED

    @property
    def is_broken(self) -> bool:
        """Whether it is there and cannot answer."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def reach(endpoint: Endpoint, key: str | None) -> Reached:
    """Ask; the key goes to no other server than the endpoint's, and is in no text.

    Raises:
        AssistantSetupError: the key cannot be sent, or the server not be reached.
    """
    import httpx2  # noqa: PLC0415 - one option of one verb

    path, headers = _call(endpoint, endpoint.checked_key(key))
    start = monotonic()
    try:
        with httpx2.Client(
            verify=httpx2.create_ssl_context(),
            timeout=TIMEOUT_S,
            trust_env=not endpoint.is_loopback,
        ) as http:
            status = http.get(f"{endpoint.base_url.rstrip('/')}{path}", headers=headers).status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise AssistantSetupError(
            _("{host} cannot be reached ({reason}).", host=endpoint.host,
              reason=type(error).__name__)
        ) from error  # fmt: skip
    return Reached(host=endpoint.host, status=status, took_ms=(monotonic() - start) * 1000)


def _call(endpoint: Endpoint, key: str | None) -> tuple[str, dict[str, str]]:
    """Return the path of the list of models, and the headers with the key."""
    match endpoint.vendor:
        case "anthropic":
            own = {"x-api-key": key} if key else {}
            return "/v1/models", {"anthropic-version": _ANTHROPIC_VERSION, **own}
        case "google":
            return "/v1beta/models", {"x-goog-api-key": key} if key else {}
        case _:
            return "/models", {"authorization": f"Bearer {key}"} if key else {}
