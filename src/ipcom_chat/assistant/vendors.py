"""The models of the vendors, each over an HTTP client that the caller opens and closes.

Importing this module imports pydantic_ai; each vendor's own package is imported when a model of
that vendor is made.

Invariants: nothing is taken from variables that are meant for another server (base addresses,
organisations, keys); a request is repeated at most `max_retries` times.
"""

from importlib import import_module

import httpx2
import msgspec
from pydantic_ai.models import Model

from ipcom_chat.assistant.endpoint import Endpoint

NO_KEY = "none"
"""The SDKs insist on a key; servers that need none ignore it."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is reached."""

    endpoint: Endpoint
    name: str
    """The name that the server knows it by."""
    key: str | None
    max_retries: int


_MODULES = {"anthropic": "anthropic", "google": "google"}


def load(vendor: str) -> None:
    """Import what the models of a vendor need; about a second, so not in an event loop.

    Raises:
        ImportError: the vendor's package is not installed.
    """
    import_module(f"pydantic_ai.models.{_MODULES.get(vendor, 'openai')}")


def model_of(access: Access, http: httpx2.AsyncClient) -> Model:
    """Return a model whose requests go through `http`; its vendor was loaded before."""
    make = {"anthropic": _anthropic, "google": _google}.get(access.endpoint.vendor, _openai)
    return make(access, http)


def _openai(access: Access, http: httpx2.AsyncClient) -> Model:
    from openai import AsyncOpenAI  # noqa: PLC0415 - only for its models
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    client = AsyncOpenAI(
        base_url=access.endpoint.base_url,
        api_key=access.key or NO_KEY,
        max_retries=access.max_retries,
        http_client=http,
    )
    if access.endpoint.wants_key:
        return OpenAIChatModel(access.name, provider=OpenAIProvider(openai_client=client))
    # The SDK takes these from variables that are meant for OpenAI alone.
    client.organization = client.project = client.admin_api_key = None
    provider = OpenAICompatibleProvider("openai-compatible", openai_client=client)
    return OpenAIChatModel(access.name, provider=provider)


def _anthropic(access: Access, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic  # noqa: PLC0415 - only for its models
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    client = AsyncAnthropic(
        base_url=access.endpoint.base_url,
        api_key=access.key or NO_KEY,
        max_retries=access.max_retries,
        http_client=http,
    )
    client.auth_token = None  # from a variable, for another way of paying
    return AnthropicModel(access.name, provider=AnthropicProvider(anthropic_client=client))


def _google(access: Access, http: httpx2.AsyncClient) -> Model:
    from google.genai.types import HttpRetryOptions  # noqa: PLC0415 - only for its models
    from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415
    from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

    provider = GoogleProvider(
        api_key=access.key or NO_KEY,
        base_url=access.endpoint.base_url,
        http_client=http,
        retry_options=HttpRetryOptions(attempts=access.max_retries + 1),
    )
    return GoogleModel(access.name, provider=provider)
